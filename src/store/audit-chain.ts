import { createHash } from 'node:crypto';
import type { AuditEntry, Tampering } from './types.ts';

/** The last entry of a trail: what the next one is chained to. Before the first it is 0 and the empty text. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** An entry with its place in the trail and the hash that binds it to all before it. */
export interface ChainedEntry extends AuditEntry, ChainHead {}

function hashOf(recoveryId: string, before: string, seq: number, { at, kind, data }: AuditEntry): string {
  return createHash('sha256')
    .update(JSON.stringify([before, recoveryId, seq, at, kind, data]))
    .digest('hex');
}

/** Chains new entries to the end of a trail. */
export function chained(recoveryId: string, head: ChainHead, entries: readonly AuditEntry[]): ChainedEntry[] {
  let { seq, hash } = head;
  return entries.map((entry) => {
    seq += 1;
    hash = hashOf(recoveryId, hash, seq, entry);
    return { ...entry, seq, hash };
  });
}

/**
 * Holds a trail against its hashes (R53). Each entry's hash covers the one before, so what was changed, taken out, put in
 * or moved shows at its place; what was cut off the end shows by the head, which is kept with the recovery.
 * @param entries in the order of `seq`.
 */
export function tamperings(recoveryId: string, entries: readonly ChainedEntry[], head: ChainHead): Tampering[] {
  const found: Tampering[] = [];
  let before: ChainHead = { seq: 0, hash: '' };
  for (const entry of entries) {
    for (let seq = before.seq + 1; seq < entry.seq; seq++) found.push({ recoveryId, seq, what: 'missing' });
    const gap = entry.seq !== before.seq + 1;
    const right = hashOf(recoveryId, before.hash, entry.seq, entry);
    if (!gap && right !== entry.hash) found.push({ recoveryId, seq: entry.seq, what: 'changed' });
    before = entry;
  }
  for (let seq = before.seq + 1; seq <= head.seq; seq++) found.push({ recoveryId, seq, what: 'cut off' });
  for (const { seq } of entries.filter((entry) => entry.seq > head.seq))
    found.push({ recoveryId, seq, what: 'inserted' });
  if (found.length === 0 && before.hash !== head.hash) found.push({ recoveryId, seq: head.seq, what: 'changed' });
  return found;
}
