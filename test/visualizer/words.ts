import type { ChartWords } from '../../visualizer/src/chart/words.ts';

/** Words as plain as can be. */
export const words: ChartWords = {
  after: (delay) => `after ${delay}`,
  done: (actor) => `done ${actor}`,
  error: (actor) => `error ${actor}`,
  snapshot: (actor) => `snapshot ${actor}`,
  completion: 'done',
  always: 'always',
  any: 'any event',
  entry: 'entry',
  exit: 'exit',
  units: (amount, unit) => `${amount} ${unit}`,
};
