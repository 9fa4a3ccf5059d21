import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import { coverageOf } from '../../src/testing/index.ts';

/** What generated paths have to meet, all of it: transition pairs, of which guards forbid many, are only counted. */
export const DEMANDED = ['states', 'events', 'transitions', 'guards', 'delays'] as const;
export type Demanded = (typeof DEMANDED)[number];

/** One thing that has to be met. */
export interface Wanted {
  machine: string;
  kind: Demanded;
  key: string;
}

const charts = coverageOf(recoveryMachine);
export const stateOfPath = (path: string): string => `recovery.verifying.${path}`;
const CHOICE = 'recovery.choosing.deciding always';

function wantedOf(machine: string): (Wanted & { state: string })[] {
  const chart = charts.find((each) => each.machine === machine);
  if (!chart) throw new Error(`there is no machine '${machine}'`);
  return DEMANDED.flatMap((kind) => chart.parts[kind].map(({ key, state }) => ({ machine, kind, key, state })));
}

/** The parent's part in a path: that it begins, after the paths before it were asked, and all of its state. */
function ofParent(path: string): Wanted[] {
  const place = paths.findIndex(({ id }) => id === path) + 1; // before the first is one for a choice that is lost
  const begins = [
    `${CHOICE} ${place}`,
    `${CHOICE} ${place} true`,
    ...(place > 1 ? [`${CHOICE} ${place - 1} false`] : []),
  ];
  return wantedOf(recoveryMachine.id).filter(({ key, state }) => state === stateOfPath(path) || begins.includes(key));
}

/** Everything of a path's machine, and the parent's part in it. */
export const wantedFor = (path: string): Wanted[] => [...wantedOf(path), ...ofParent(path)];

/** What of the parent is no path's. */
export function wantedForParent(): Wanted[] {
  const others = new Set(paths.flatMap(({ id }) => ofParent(id)).map(({ key }) => key));
  return wantedOf(recoveryMachine.id).filter(({ key }) => !others.has(key));
}
