import { createHash, randomBytes } from 'node:crypto';
import type { AuditEntry, Tampering, TrailHead } from './types.ts';

/** The last entry of a trail: what the next one is chained to. Before the first it is 0 and the empty text. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/**
 * An entry as it is kept. Its hash covers a digest of the data, not the data: what is erased later, data and salt, breaks no
 * chain, and without the salt nobody can guess the data from the digest.
 */
export interface ChainedEntry extends ChainHead, Pick<AuditEntry, 'at' | 'kind'> {
  /** JSON; null once it was erased. */
  data: string | null;
  /** Random, of this entry alone; null once the data were erased. */
  salt: string | null;
  digest: string;
}

const SALT_BYTES = 16;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const digestOf = (salt: string, data: string) => sha256(JSON.stringify([salt, data]));

type Hashed = Pick<ChainedEntry, 'seq' | 'at' | 'kind' | 'digest'>;
const hashOf = (recoveryId: string, before: string, { seq, at, kind, digest }: Hashed) =>
  sha256(JSON.stringify([before, recoveryId, seq, at, kind, digest]));

/**
 * Chains new entries to the end of a trail.
 * @param random gives bytes that nobody can guess, for the salts.
 */
export function chained(
  recoveryId: string,
  head: ChainHead,
  entries: readonly AuditEntry[],
  random: (size: number) => Buffer = randomBytes,
): ChainedEntry[] {
  let { seq, hash } = head;
  return entries.map(({ at, kind, data }) => {
    const text = JSON.stringify(data);
    const salt = random(SALT_BYTES).toString('hex');
    const digest = digestOf(salt, text);
    seq += 1;
    hash = hashOf(recoveryId, hash, { seq, at, kind, digest });
    return { seq, at, kind, data: text, salt, digest, hash };
  });
}

/** Whether the data of an entry are what they were when it was written. */
const isIntact = ({ data, salt, digest }: ChainedEntry) =>
  data !== null && salt !== null && digestOf(salt, data) === digest;

/** Numbers of the entries that later entries say were erased. An entry that is itself not intact says nothing. */
function erasedIn(entries: readonly ChainedEntry[]): Set<number> {
  const erased = new Set<number>();
  for (const entry of entries) {
    if (entry.kind !== 'erased' || !isIntact(entry)) continue;
    for (const seq of seqsIn(entry.data)) if (seq < entry.seq) erased.add(seq);
  }
  return erased;
}

/** What was put in by hand may be anything. */
function seqsIn(data: string | null): number[] {
  try {
    const { entries } = JSON.parse(data ?? '') as { entries?: unknown };
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}

/**
 * Holds a trail against its hashes (R53). Each entry's hash covers the one before, so what was changed, taken out, put in
 * or moved shows at its place; what was cut off the end shows by the head, which is kept with the recovery. Data may be
 * gone only where a later entry says that they were erased (R55).
 * @param entries in the order of `seq`.
 */
export function tamperings(recoveryId: string, entries: readonly ChainedEntry[], head: ChainHead): Tampering[] {
  const found: Tampering[] = [];
  const erased = erasedIn(entries);
  const holds = (entry: ChainedEntry) =>
    entry.data === null ? entry.salt === null && erased.has(entry.seq) : isIntact(entry);
  let before: ChainHead = { seq: 0, hash: '' };
  for (const entry of entries) {
    for (let seq = before.seq + 1; seq < entry.seq; seq++) found.push({ recoveryId, seq, what: 'missing' });
    const gap = entry.seq !== before.seq + 1;
    const follows = gap || hashOf(recoveryId, before.hash, entry) === entry.hash;
    if (!follows || !holds(entry)) found.push({ recoveryId, seq: entry.seq, what: 'changed' });
    before = entry;
  }
  for (let seq = before.seq + 1; seq <= head.seq; seq++) found.push({ recoveryId, seq, what: 'cut off' });
  for (const { seq } of entries.filter((entry) => entry.seq > head.seq))
    found.push({ recoveryId, seq, what: 'inserted' });
  if (found.length === 0 && before.hash !== head.hash) found.push({ recoveryId, seq: head.seq, what: 'changed' });
  return found;
}

/**
 * Holds a trail against the head that it had when a checkpoint was made. A chain that was computed anew from some entry on
 * holds in itself; here its hash is another.
 * @param entries in the order of `seq`; none when the whole trail is gone.
 */
export function changedSince({ recoveryId, seq, hash }: TrailHead, entries: readonly ChainHead[]): Tampering[] {
  if (entries.length === 0) return [{ recoveryId, seq, what: 'removed' }];
  const now = entries.find((entry) => entry.seq === seq);
  if (!now) return [{ recoveryId, seq, what: 'cut off' }];
  return now.hash === hash ? [] : [{ recoveryId, seq, what: 'replaced' }];
}
