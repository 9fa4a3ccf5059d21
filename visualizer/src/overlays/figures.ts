import type { ChartDefinition } from '../chart/definition.ts';
import type { Mark } from '../chart/scene.ts';
import { type ChartWords, delayInWords } from '../chart/words.ts';
import type { Statistics } from './statistics.ts';

const SECOND = 1_000;

/** A length of time as figures have it: to the second, shorter ones in ms. */
export const lengthInWords = (ms: number, words: Pick<ChartWords, 'units'>): string =>
  delayInWords(ms < SECOND ? Math.round(ms) : Math.round(ms / SECOND) * SECOND, words);

/** `12 × 3 minutes`: how often each state was entered, and the median time in it. */
export function figureMarks(
  { id }: ChartDefinition,
  { machines }: Statistics,
  words: Pick<ChartWords, 'units'>,
): Map<string, Mark> {
  return new Map(
    [...(machines.get(id) ?? [])].map(([state, { entered, median }]) => [
      state,
      { text: `${entered} ×${median === undefined ? '' : ` ${lengthInWords(median, words)}`}`, level: 'plain' },
    ]),
  );
}
