import { escaped } from './escape.ts';
import { guardKey } from './keys.ts';
import type { MachineReport } from './report.ts';

/**
 * Coverage in the form of Cobertura, which CI tools read. A chart has no lines: each machine is a class, each state a method,
 * and the states and transitions are numbered in the order of the definition; the two outcomes of a guard are the
 * branches of its transition.
 * @param timestamp instant of the report, in ms.
 */
export function coberturaOf(reports: readonly MachineReport[], timestamp: number): string {
  const classes = reports.map(classOf);
  const sum = (of: (each: Class) => number) => classes.reduce((total, each) => total + of(each), 0);
  const lines = ratesOf(
    sum(({ hit }) => hit),
    sum(({ lines }) => lines),
  );
  const branches = ratesOf(
    sum(({ outcomesHit }) => outcomesHit),
    sum(({ outcomes }) => outcomes),
  );
  const attributes =
    `line-rate="${lines.rate}" branch-rate="${branches.rate}" lines-covered="${lines.hit}" lines-valid="${lines.all}" ` +
    `branches-covered="${branches.hit}" branches-valid="${branches.all}" complexity="0" version="1"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage ${attributes} timestamp="${timestamp}">
  <sources/>
  <packages>
    <package name="machines" line-rate="${lines.rate}" branch-rate="${branches.rate}" complexity="0">
      <classes>
${classes.map(({ xml }) => xml).join('\n')}
      </classes>
    </package>
  </packages>
</coverage>
`;
}

interface Class {
  xml: string;
  lines: number;
  hit: number;
  outcomes: number;
  outcomesHit: number;
}

interface Line {
  state: string;
  hits: number;
  /** Outcomes of the guard that were met; unset without a guard. */
  outcomes?: number;
}

function classOf({ machine, parts, hits }: MachineReport): Class {
  const all: Line[] = parts.states.flatMap(({ key, state }) => [
    { state, hits: hits('states', key) },
    ...parts.transitions
      .filter((transition) => transition.state === state)
      .map((transition) => ({ state, ...lineOf(transition.key) })),
  ]);
  function lineOf(key: string): Pick<Line, 'hits' | 'outcomes'> {
    const taken = { hits: hits('transitions', key) };
    const isGuarded = parts.guards.some((guard) => guard.key === guardKey(key, true));
    return isGuarded
      ? { ...taken, outcomes: [true, false].filter((so) => hits('guards', guardKey(key, so)) > 0).length }
      : taken;
  }
  const numbered = all.map((line, index) => ({ ...line, xml: lineXml(line, index + 1) }));
  const lines = ratesOf(all.filter((line) => line.hits > 0).length, all.length);
  const guarded = all.flatMap(({ outcomes }) => outcomes ?? []);
  const branches = ratesOf(
    guarded.reduce((total, met) => total + met, 0),
    guarded.length * 2,
  );
  const methods = parts.states.map(({ state }) => {
    const own = numbered.filter((line) => line.state === state);
    const rate = ratesOf(own.filter((line) => line.hits > 0).length, own.length).rate;
    return `            <method name="${escaped(state)}" signature="" line-rate="${rate}" branch-rate="1" complexity="0">
              <lines>
${own.map(({ xml }) => `                ${xml}`).join('\n')}
              </lines>
            </method>`;
  });
  const name = escaped(machine);
  const xml = `        <class name="${name}" filename="${name}" line-rate="${lines.rate}" branch-rate="${branches.rate}" complexity="0">
          <methods>
${methods.join('\n')}
          </methods>
          <lines>
${numbered.map((line) => `            ${line.xml}`).join('\n')}
          </lines>
        </class>`;
  return { xml, lines: lines.all, hit: lines.hit, outcomes: branches.all, outcomesHit: branches.hit };
}

function lineXml({ hits, outcomes }: Line, number: number): string {
  const line = `<line number="${number}" hits="${hits}"`;
  if (outcomes === undefined) return `${line} branch="false"/>`;
  return `${line} branch="true" condition-coverage="${outcomes * 50}% (${outcomes}/2)"/>`;
}

const ratesOf = (hit: number, all: number) => ({ hit, all, rate: all === 0 ? '1' : (hit / all).toFixed(4) });
