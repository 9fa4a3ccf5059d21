import { measure } from 'mitata';
import { type Figure, type Spread, spread } from './figures.ts';

/** One of the things that are compared. */
export interface Side {
  name: string;
  /** Does it once, or as often as `times` says. */
  run: () => unknown;
  times?: number;
}

export interface Rounds {
  rounds: number;
  /** For each side of a round. */
  ms: number;
}

const NS_A_MS = 1e6;
const NS_A_US = 1e3;
const NS_A_S = 1e9;

/**
 * Measures sides in turns: in each round every one of them, so that what the machine does meanwhile meets them all. A round's
 * figure is the median of its samples; its ratio is to the first side in the same round.
 * @param unit `us`: time for one; `/s`: how many in a second.
 */
export async function compare(
  sides: readonly Side[],
  { rounds, ms }: Rounds,
  unit: 'us' | '/s' = 'us',
): Promise<Figure[]> {
  const found = sides.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const index = (turn + round) % sides.length;
      const { run, times = 1 } = sides[index] as Side;
      const { p50 } = await measure(run, { min_cpu_time: ms * NS_A_MS, min_samples: 12 });
      found[index]?.push(unit === 'us' ? p50 / times / NS_A_US : (NS_A_S / p50) * times);
    }
  }
  return sides.map(({ name }, index) => ({
    name,
    unit,
    value: spread(found[index] ?? []),
    ratio: ratios(found[index] ?? [], found[0] ?? []),
  }));
}

function ratios(values: readonly number[], base: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (base[round] ?? 1)));
}

/** The ratio of a figure, by its name. */
export function ratioOf(figures: readonly Figure[], name: string): number {
  const found = figures.find((figure) => figure.name === name);
  if (!found?.ratio) throw new Error(`there is no ratio of '${name}'`);
  return found.ratio.median;
}
