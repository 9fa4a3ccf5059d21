import { type ChartDefinition, type ChartNode, nodesOf } from '../chart/definition.ts';
import { transitionText } from '../chart/scene.ts';
import type { ChartWords } from '../chart/words.ts';

/** What the labels are written with. */
export interface MermaidOptions {
  words: ChartWords;
  delayOf?: (chart: ChartDefinition, name: string) => number | undefined;
}

/**
 * A chart as Mermaid's `stateDiagram-v2`. Regions of parallel states are drawn side by side; Mermaid knows no history
 * states, entry or exit actions: the former are written as states, the latter into notes.
 */
export function mermaidOf(chart: ChartDefinition, options: MermaidOptions): string {
  const ids = new Map([...nodesOf(chart.root)].map((node, index) => [node.id, nameOf(node, index)]));
  const lines = ['stateDiagram-v2'];
  state(chart.root, '  ', ids, lines);
  for (const node of nodesOf(chart.root)) {
    for (const transition of node.transitions) {
      const text = label(transitionText(transition, chart, options, true));
      const targets = transition.targets.length === 0 ? [node.id] : transition.targets;
      for (const target of targets) lines.push(`  ${ids.get(node.id)} --> ${ids.get(target)} : ${text}`);
    }
  }
  notes(chart, options, ids, lines);
  return `${lines.join('\n')}\n`;
}

/** Names without signs that mean something to Mermaid; unique by their number. */
const nameOf = ({ key }: ChartNode, index: number) => `s${index}_${key.replace(/[^A-Za-z0-9]/g, '_')}`;

function state(node: ChartNode, indent: string, ids: ReadonlyMap<string, string>, lines: string[]): void {
  const id = ids.get(node.id) ?? '';
  lines.push(`${indent}state "${label(titleOf(node))}" as ${id}`);
  if (node.children.length === 0) {
    if (node.type === 'final') lines.push(`${indent}${id} --> [*]`);
    return;
  }
  lines.push(`${indent}state ${id} {`);
  const inner = `${indent}  `;
  if (node.initial !== undefined) lines.push(`${inner}[*] --> ${ids.get(node.initial)}`);
  for (const [index, child] of node.children.entries()) {
    if (node.type === 'parallel' && index > 0) lines.push(`${inner}--`);
    state(child, inner, ids, lines);
  }
  lines.push(`${indent}}`);
}

const titleOf = ({ key, type, history }: ChartNode) => (type === 'history' ? (history === 'deep' ? 'H*' : 'H') : key);

function notes(
  chart: ChartDefinition,
  { words }: MermaidOptions,
  ids: ReadonlyMap<string, string>,
  lines: string[],
): void {
  for (const node of nodesOf(chart.root)) {
    const said = [
      ...(node.entry.length > 0 ? [`${words.entry} / ${node.entry.join(', ')}`] : []),
      ...node.invokes.map(({ id, src }) => (id === src ? src : `${id}, ${src}`)),
      ...(node.exit.length > 0 ? [`${words.exit} / ${node.exit.join(', ')}`] : []),
    ];
    if (said.length === 0) continue;
    lines.push(`  note right of ${ids.get(node.id)}`, ...said.map((line) => `    ${label(line)}`), '  end note');
  }
}

/** What ends a label, begins a comment or quotes is written otherwise. */
const label = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/["']/g, '’')
    .replace(/[:;]/g, ',')
    .replace(/%%/g, '% %')
    .replace(/#/g, '＃')
    .replace(/[{}<>]/g, (sign) => ({ '{': '(', '}': ')', '<': '‹', '>': '›' })[sign] ?? '');
