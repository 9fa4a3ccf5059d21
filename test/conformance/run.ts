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

/** What a share tells its parent: how far it is, and at the end what came of it. */
export type Told = { done: number; of: number } | { tally: Tally };

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export interface Entry {
  at: unknown;
  kind?: string;
  input?: string;
  data?: Record<string, unknown>;
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && 'at' in value && ('kind' in value || 'input' in value);
const isNotice = ({ kind, input }: Entry) => kind === 'notice' || input?.startsWith('notice ') === true;

/**
 * A notice goes out beside the call of the same step, and nobody waits for it: which of the two is noted first is chance. In
 * trails and traces the notices of an instant are put behind all else of it, without what says where they were.
 */
function beside(value: unknown): unknown {
  if (Array.isArray(value)) return value.every(isEntry) ? inOrder(value) : value.map(beside);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, beside(part)]));
}

export function inOrder(entries: readonly Entry[]): unknown[] {
  const ordered: Entry[] = [];
  for (let from = 0; from < entries.length; ) {
    const at = entries[from]?.at;
    let to = from;
    while (to < entries.length && entries[to]?.at === at) to += 1;
    const together = entries.slice(from, to);
    const notices = together.filter(isNotice).map((entry) => ({ ...entry, state: undefined, seq: undefined }));
    notices.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    ordered.push(...answersInOrder(together.filter((entry) => !isNotice(entry))), ...notices);
    from = to;
  }
  return ordered.map((entry) => ({ ...entry, seq: undefined }));
}

/**
 * Calls that are awaited at once are answered in any order: of the answers that follow each other in one instant, which comes first is
 * chance. They are put in the order of their keys; between which states the first of them led, and the next, stays where it was.
 */
function answersInOrder(entries: readonly Entry[]): Entry[] {
  const ordered: Entry[] = [];
  for (let from = 0; from < entries.length; ) {
    let to = from;
    while (to < entries.length && isAnswer(entries[to])) to += 1;
    const answers = entries.slice(from, to);
    const sorted = [...answers].sort((a, b) => (String(a.data?.key) < String(b.data?.key) ? -1 : 1));
    ordered.push(...answers.map(({ data }, index) => withRoute(sorted[index] as Entry, data)));
    if (to < entries.length) ordered.push(entries[to] as Entry);
    from = to + 1;
  }
  return ordered;
}

const ANSWERS = ['answer', 'failure', 'dropped'];
const isAnswer = (entry: Entry | undefined) => entry?.data?.key !== undefined && ANSWERS.includes(String(entry.kind));
const withRoute = (entry: Entry, route: Entry['data']): Entry => ({
  ...entry,
  data: { ...entry.data, from: route?.from, to: route?.to },
});

async function outcomeOf(each: Case, openPlace: HostKind['openPlace']): Promise<unknown> {
  const place = await openPlace();
  try {
    return beside(json(await each.run(place)));
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

/** Runs each case in memory and on the host, and holds one against the other; tells of each that is done. */
export async function runCases(
  groups: Record<string, readonly Case[]>,
  kind: HostKind,
  onDone: (done: number, of: number) => void,
): Promise<Tally> {
  const tally: Tally = { counts: {}, faults: [] };
  const queue = Object.entries(groups).flatMap(([group, cases]) => cases.map((each) => ({ group, each })));
  const all = queue.length;
  let done = 0;
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
    for (let next = queue.shift(); next; next = queue.shift()) {
      await one(next.group, next.each);
      onDone(++done, all);
    }
  };
  await Promise.all(Array.from({ length: kind.atOnce }, worker));
  return tally;
}
