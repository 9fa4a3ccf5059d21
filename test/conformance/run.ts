import { isDeepStrictEqual } from 'node:util';
import type { Case } from './case.ts';
import type { HostKind } from './host.ts';
import { inMemory } from './sqlite.ts';

/** What came of some cases. */
export interface Tally {
  /** Cases that came out as they must, by kind of case: in memory, and on the host under test. */
  counts: Record<string, { reference: number; host: number }>;
  /** What went wrong, or differs. */
  faults: string[];
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function outcomeOf(each: Case, openPlace: HostKind['openPlace']): Promise<unknown> {
  const place = await openPlace();
  try {
    return json(await each.run(place));
  } finally {
    await place.close();
  }
}

/** The first place at which two outcomes differ. */
function difference(reference: unknown, host: unknown, where = ''): string {
  const isPart = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (isPart(reference) && isPart(host)) {
    for (const key of new Set([...Object.keys(reference), ...Object.keys(host)])) {
      if (!isDeepStrictEqual(reference[key], host[key]))
        return difference(reference[key], host[key], `${where}/${key}`);
    }
  }
  return `at ${where || '/'}\n  in memory: ${JSON.stringify(reference)}\n  here:      ${JSON.stringify(host)}`;
}

/** Runs each case in memory and on the host, and holds one against the other. */
export async function runCases(groups: Record<string, readonly Case[]>, kind: HostKind): Promise<Tally> {
  const tally: Tally = { counts: {}, faults: [] };
  const queue = Object.entries(groups).flatMap(([group, cases]) => cases.map((each) => ({ group, each })));
  for (const group of Object.keys(groups)) tally.counts[group] = { reference: 0, host: 0 };
  const one = async (group: string, each: Case) => {
    const count = tally.counts[group] ?? { reference: 0, host: 0 };
    try {
      const reference = await outcomeOf(each, inMemory);
      count.reference += 1;
      const host = await outcomeOf(each, () => kind.openPlace());
      if (isDeepStrictEqual(reference, host)) count.host += 1;
      else tally.faults.push(`${each.name}: differs ${difference(reference, host)}`);
    } catch (error) {
      tally.faults.push(`${each.name}: ${error instanceof Error ? error.stack : error}`);
    }
  };
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await one(next.group, next.each);
  };
  await Promise.all(Array.from({ length: kind.atOnce }, worker));
  return tally;
}
