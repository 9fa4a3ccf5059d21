import type { AnyStateMachine } from 'xstate';
import type { InspectedEntry } from '../../../src/http/inspector-view.ts';
import { TrailCoverage, type TrailEntry } from '../../../src/testing/coverage/trail.ts';
import { standingsOf } from '../../../src/testing/coverage/trail-states.ts';
import type { ChartDefinition } from '../chart/definition.ts';
import type { ChartInstance } from '../chart/scene.ts';

/** The parent's machine with its chart, and those of the paths. */
export interface Charts {
  machine: AnyStateMachine;
  definition: ChartDefinition;
}

/** What is active after one entry of a history, and what was taken with it. */
export interface Moment {
  /** Ids of states by path of the machine. */
  active: Map<string, Set<string>>;
  taken: Map<string, Set<string>>;
}

/**
 * What a history tells of the chart after one of its entries: the last by default.
 * Transitions are those that certainly were taken; of several that lead from one state to the same other none is said.
 * @returns undefined when the states are none of this chart's, as those of another version may be.
 */
export function momentOf(
  machine: AnyStateMachine,
  history: readonly InspectedEntry[],
  upTo = history.length - 1,
): Moment | undefined {
  const state = stateAfter(history, upTo);
  const standings = state === undefined ? undefined : standingsOf(machine, state);
  if (!standings) return undefined;
  const active = new Map([...standings].map(([path, { nodes }]) => [path, new Set([...nodes].map(({ id }) => id))]));
  return { active, taken: takenWith(machine, history, upTo) };
}

/** The state in which a recovery was after an entry: entries that change nothing name none. */
export function stateAfter(history: readonly InspectedEntry[], index: number): string | undefined {
  for (let at = index; at >= 0; at--) {
    const to = history[at]?.data.to;
    if (to !== undefined) return to;
  }
  return undefined;
}

/** Ids of the transitions that the last change up to an entry certainly took, by path of the machine. */
function takenWith(machine: AnyStateMachine, history: readonly InspectedEntry[], upTo: number): Moment['taken'] {
  let at = upTo;
  while (at > 0 && history[at]?.data.to === undefined) at--;
  const entry = history[at];
  if (!entry) return new Map();
  const coverage = new TrailCoverage(machine);
  coverage.add([entry as TrailEntry]);
  return new Map(
    Object.entries(coverage.certain.machines).map(([id, { transitions }]) => [
      id === machine.id ? '' : id,
      new Set(Object.keys(transitions)),
    ]),
  );
}

/** The chart with what is active and was taken; the path under way as its child. */
export function instanceOf(
  { definition }: Charts,
  moment: Moment | undefined,
  allowed?: readonly string[],
): ChartInstance {
  if (!moment) return { definition };
  const possible = allowed && new Set(allowed);
  const of = (path: string, chart: ChartDefinition): ChartInstance => {
    const [active, taken] = [moment.active.get(path), moment.taken.get(path)];
    return {
      definition: chart,
      ...(active ? { active } : {}),
      ...(taken ? { taken } : {}),
      ...(possible && active ? { possible } : {}),
    };
  };
  const paths = new Set([...moment.active.keys(), ...moment.taken.keys()].filter((path) => path !== ''));
  const children = Object.fromEntries(
    [...paths].flatMap((path) => {
      const chart = definition.actors[path] ?? Object.values(definition.actors).find(({ id }) => id === path);
      return chart ? [[path, of(path, chart)]] : [];
    }),
  );
  return { ...of('', definition), children };
}
