import type { ChartTransition } from './definition.ts';

/** Words that differ by language, for what happens of itself. */
export interface ChartWords {
  after: (delay: string) => string;
  done: (actor: string) => string;
  error: (actor: string) => string;
  snapshot: (actor: string) => string;
  completion: string;
  always: string;
  any: string;
  entry: string;
  exit: string;
  /** Name of a unit with its amount: `45 minutes`. */
  units: (amount: number, unit: Unit) => string;
}

/** Length in ms of a delay that has a name, where it is known. */
export type DelayOf = (name: string) => number | undefined;

export type Unit = 'ms' | 's' | 'min' | 'h' | 'd';

const UNITS: [Unit, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** A delay in ms as one would say it: `45 minutes`, `1 hour 30 minutes`. */
export function delayInWords(ms: number, words: Pick<ChartWords, 'units'>): string {
  const parts: string[] = [];
  let left = ms;
  for (const [unit, length] of UNITS) {
    const amount = Math.floor(left / length);
    if (amount === 0 || parts.length === 2) continue;
    parts.push(words.units(amount, unit));
    left -= amount * length;
  }
  return parts.length === 0 ? words.units(0, 's') : parts.join(' ');
}

/** What sets a transition off: `path.choose`, `after 45 minutes`. */
export function triggerText(
  { kind, type, delay, actor = '' }: ChartTransition,
  words: ChartWords,
  delayOf: DelayOf = () => undefined,
): string {
  if (kind === 'always') return words.always;
  if (kind === 'completion') return words.completion;
  if (kind === 'after') return delayText(delay ?? 0, words, delayOf);
  if (kind === 'event') return type === '*' ? words.any : type;
  return words[kind](actor);
}

/** A delay that has a name is told with its length where that is known. */
function delayText(delay: number | string, words: ChartWords, delayOf: DelayOf): string {
  if (typeof delay === 'number') return words.after(delayInWords(delay, words));
  const ms = delayOf(delay);
  return ms === undefined ? words.after(delay) : `${words.after(delayInWords(ms, words))} (${delay})`;
}
