import type { AnyStateNode } from 'xstate';
import { KINDS } from './data.ts';
import { describe } from './definition.ts';
import { escaped } from './escape.ts';
import {
  candidatesOf,
  delayKey,
  eventKey,
  guardKey,
  isNamed,
  placesOf,
  readableEvent,
  type Transition,
} from './keys.ts';
import { targetsOf } from './nodes.ts';
import { SCRIPT, STYLE } from './page.ts';
import type { CoverageTally, MachineReport } from './report.ts';

/** The charts as one page that needs nothing else: nested states with their transitions, what was not met in colour. */
export function coverageHtml(reports: readonly MachineReport[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Coverage of ${escaped(reports[0]?.machine ?? '')}</title>
<style>${STYLE}</style>
<header>
<h1>Coverage of ${escaped(reports[0]?.machine ?? 'nothing')}</h1>
<p class="legend"><b class="met">met</b> <b class="missed">not met</b> hover over a part to see how often
<label><input type="checkbox" id="missing"> only what is not met</label></p>
<table>
<thead><tr><th>machine</th>${KINDS.map((kind) => `<th>${kind}</th>`).join('')}</tr></thead>
<tbody>
${reports.map(row).join('\n')}
</tbody>
</table>
</header>
<main>
${reports.map(section).join('\n')}
</main>
<script>${SCRIPT}</script>
</html>
`;
}

function row({ machine, tallies }: MachineReport): string {
  const name = escaped(machine);
  return `<tr><th><a href="#${name}">${name}</a></th>${KINDS.map((kind) => cell(tallies[kind])).join('')}</tr>`;
}

function cell({ covered, total, percent }: CoverageTally): string {
  if (total === 0) return '<td class="none">none</td>';
  return `<td class="${covered === total ? 'all' : 'part'}"><meter min="0" max="100" value="${percent}"></meter> ${percent} % <small>${covered}/${total}</small></td>`;
}

function section(report: MachineReport): string {
  const { machine, chart } = report;
  return `<section id="${escaped(machine)}"><h2>${escaped(machine)}</h2>${stateHtml(report, chart.root)}</section>`;
}

function stateHtml(report: MachineReport, node: AnyStateNode): string {
  const { machine, hits } = report;
  const isHistory = node.type === 'history';
  const times = hits('states', node.id);
  const kind = node.type === 'atomic' || node.type === 'compound' ? '' : ` <i>${node.type}</i>`;
  const isFirst = node.parent?.type === 'compound' && targetsOf(node.parent.initial).includes(node);
  const children = Object.values(node.states);
  const invokes = node.invoke.map(({ id }) => ` <i>invokes ${escaped(id)}</i>`).join('');
  return `<div class="state ${isHistory ? '' : met(times)}" id="${anchor(machine, node)}">
<h3 title="entered ${times} times">${isFirst ? '<span title="begins here">●</span> ' : ''}${escaped(node.key)}${kind}${invokes}</h3>
<ul>${transitionsOf(report, node)}</ul>
${children.length > 0 ? `<div class="within${node.type === 'parallel' ? ' parallel' : ''}">${children.map((child) => stateHtml(report, child)).join('\n')}</div>` : ''}
</div>`;
}

function transitionsOf(report: MachineReport, node: AnyStateNode): string {
  return [...candidatesOf(node)]
    .map(([type, candidates]) => {
      const lines = candidates.map((transition) => transitionHtml(report, transition)).join('');
      const kind = candidates.length === 1 ? 'event one' : 'event';
      return lines === ''
        ? ''
        : `<li class="${kind}"><span>${eventHtml(report, node, type)}</span><ol>${lines}</ol></li>`;
    })
    .join('\n');
}

function eventHtml({ hits, parts }: MachineReport, node: AnyStateNode, type: string): string {
  const name = escaped(readableEvent(type, node.id));
  const delays = (['fired', 'cancelled'] as const)
    .filter((what) => parts.delays.some(({ key }) => key === delayKey(type, what)))
    .map((what) => chip(what, hits('delays', delayKey(type, what)), `${what} `))
    .join('');
  if (!isNamed(type)) return `<code>${name}</code>${delays}`;
  const times = hits('events', eventKey(node, type));
  return `<code class="${met(times)}" title="came ${times} times">${name}</code>${delays}`;
}

function transitionHtml({ machine, hits }: MachineReport, transition: Transition): string {
  const key = placesOf(transition.source.machine).get(transition)?.key ?? '';
  const times = hits('transitions', key);
  const [, guard] = /\[(.*)\]/.exec(describe(transition)) ?? [];
  const outcomes = [true, false]
    .map((so) => chip(so ? '✓' : '✗', hits('guards', guardKey(key, so)), `guard ${so} `))
    .join('');
  const targets = targetsOf(transition).map(
    (node) => `<a href="#${anchor(machine, node)}">${escaped(node.path.join('.') || node.key)}</a>`,
  );
  return `<li class="${met(times)}" title="taken ${times} times">${guard === undefined ? '' : `<span class="guard">if ${escaped(guard)}</span>${outcomes} `}${targets.length > 0 ? `<span>→ ${targets.join(', ')}</span>` : '<i>stays</i>'}<small>${times}</small></li>`;
}

const chip = (text: string, times: number, what: string) =>
  `<span class="chip ${met(times)}" title="${what}${times} times">${text}</span>`;
const met = (times: number) => (times > 0 ? 'met' : 'missed');
const anchor = (machine: string, node: AnyStateNode) => escaped(`${machine}/${node.id}`.replace(/\s/g, '_'));
