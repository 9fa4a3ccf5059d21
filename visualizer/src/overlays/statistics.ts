import type { AnyStateMachine } from 'xstate';
import { standingsOf } from '../../../src/testing/coverage/trail-states.ts';

/** An entry of an audit trail, as far as it tells of states; `at` in ms. */
export interface Moved {
  at: number;
  /** Active states, where the entry changed them. */
  to?: string | undefined;
}

interface StateFigures {
  /** How often it was entered. */
  entered: number;
  /** Recoveries that are in it still. */
  within: number;
  /** In ms, of the times that are over; undefined where none is. */
  median?: number;
  longest?: number;
}

export interface Statistics {
  /** Figures of states by machine and state. */
  machines: Map<string, Map<string, StateFigures>>;
  recoveries: number;
  entries: number;
}

/**
 * How often each state was entered, and how long it was stayed in.
 * A trail holds the states after each input: one that was passed within one input, or left and entered again by it, is
 * not told. Entries of states that the chart does not have are passed over.
 * @param trails those of several recoveries, each in its order.
 */
export function statisticsOf(machine: AnyStateMachine, trails: readonly (readonly Moved[])[]): Statistics {
  const times = new Map<string, Map<string, { entered: number; within: number; over: number[] }>>();
  const of = (chart: string, state: string) => {
    const states = times.get(chart) ?? new Map();
    times.set(chart, states);
    const known = states.get(state) ?? { entered: 0, within: 0, over: [] };
    states.set(state, known);
    return known;
  };
  for (const trail of trails) {
    const since = new Map<string, { chart: string; state: string; at: number }>();
    for (const { at, to } of trail) {
      const standings = to === undefined ? undefined : standingsOf(machine, to);
      if (!standings) continue;
      const now = new Map<string, { chart: string; state: string; at: number }>(
        [...standings].flatMap(([path, { machine: chart, nodes }]) =>
          [...nodes].map((node) => [`${path}/${node.id}`, { chart: chart.id, state: node.id, at }] as const),
        ),
      );
      for (const [key, { chart, state, at: from }] of since) {
        if (now.has(key)) continue;
        of(chart, state).over.push(at - from);
        since.delete(key);
      }
      for (const [key, place] of now) {
        if (since.has(key)) continue;
        of(place.chart, place.state).entered += 1;
        since.set(key, place);
      }
    }
    for (const { chart, state } of since.values()) of(chart, state).within += 1;
  }
  const machines = new Map(
    [...times].map(([chart, states]) => [
      chart,
      new Map([...states].map(([state, { over, ...counts }]) => [state, { ...counts, ...lengths(over) }])),
    ]),
  );
  return { machines, recoveries: trails.length, entries: trails.reduce((sum, { length }) => sum + length, 0) };
}

function lengths(over: number[]): Pick<StateFigures, 'median' | 'longest'> {
  if (over.length === 0) return {};
  const sorted = [...over].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { median: (low + high) / 2, longest: sorted.at(-1) ?? 0 };
}
