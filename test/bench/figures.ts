/** What a part of the benchmarks gives to the report. */

/** The median over rounds, with the lowest and the highest round. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

export interface Figure {
  name: string;
  unit: string;
  value: Spread;
  /** Against the first figure of its part that it is compared with, run in turns with it. */
  ratio?: Spread;
}

export interface Goal {
  goal: string;
  figure: string;
  met: boolean;
  /** Why it is not met. */
  reason?: string;
}

export interface Plot {
  /** Name of the file, without its ending. */
  name: string;
  title: string;
  x: { title: string; log?: boolean };
  y: { title: string; log?: boolean };
  series: { name: string; points: [x: number, y: number][] }[];
}

export interface Part {
  id: string;
  title: string;
  /** What is measured, how, and with which settings. */
  about: string;
  figures: Figure[];
  goals: Goal[];
  notes?: string[];
  plots?: Plot[];
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted.at(0), sorted.at(-1)];
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { median: median ?? 0, low, high };
}

const DIGITS = 3;
/** Three digits that count, without an exponent. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const whole = Math.abs(value) >= 10 ** (DIGITS - 1);
  return whole ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(DIGITS)));
}

/** A goal for a figure: `at most` or `at least` a limit. */
export function goal(
  what: string,
  { figure, limit, is, unit = '' }: { figure: number; limit: number; is: 'at most' | 'at least'; unit?: string },
  reason: string,
): Goal {
  const met = is === 'at most' ? figure <= limit : figure >= limit;
  const shown = (value: number) => `${round(value)}${unit}`;
  return { goal: `${what}: ${is} ${shown(limit)}`, figure: shown(figure), met, ...(met ? {} : { reason }) };
}
