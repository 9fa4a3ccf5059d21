import { createHash } from 'node:crypto';
import type { Mutant } from './mutate.ts';

/** What each check reaches, by its name. */
export type Reach = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The checks that can tell a mutant from its machine, likely killers first: those that reach the surest place before others,
 * and those that reach little else before those that reach much.
 */
export function killersOf({ places }: Mutant, reach: Reach): string[] {
  const rank = (reached: ReadonlySet<string>) => places.findIndex((place) => reached.has(place));
  return [...reach]
    .map(([name, reached]) => ({ name, rank: rank(reached), size: reached.size }))
    .filter((each) => each.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.size - b.size || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** An order in which any beginning is a sample of the whole, and the same each time. */
export function sampled<T>(all: readonly T[], idOf: (each: T) => string): T[] {
  const key = (each: T) => createHash('sha256').update(idOf(each)).digest('hex');
  return all
    .map((each) => ({ each, key: key(each) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ each }) => each);
}
