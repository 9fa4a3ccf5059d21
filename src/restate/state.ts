import type { Instant } from '../core/index.ts';
import { summaryOf } from '../host/view.ts';
import { type ChainedEntry, type ChainHead, chained } from '../store/audit-chain.ts';
import type {
  AuditEntry,
  Change,
  ErasureDate,
  LedgerEntry,
  Receipt,
  RecoveryRecord,
  RequestRecord,
} from '../store/types.ts';
import type { Cells, Reading, Writing } from './cells.ts';
import { hashOf } from './inside.ts';
import type { Stand } from './names.ts';

/** A call in the outbox; `later` where it waits for its next try. */
export type Waiting = RequestRecord & { later?: true };

/** What is kept of a recovery beside its stand, its trail and its receipts. */
export interface Kept {
  requests: Waiting[];
  head: ChainHead;
  ledger: LedgerEntry[];
  retention: ErasureDate[];
  /** Its account, for as long as the account's object holds something of it. */
  account: string;
  /** Idempotency keys of starts that led to it, hashed. */
  starts: string[];
  /** The earliest instant for which a message to itself is under way. */
  wakes?: Instant;
}

const NOTHING: Kept = {
  requests: [],
  head: { seq: 0, hash: '' },
  ledger: [],
  retention: [],
  account: '',
  starts: [],
};

/** What queries look at, so that nothing else of a recovery has to be read: see `query.ts`. */
export interface Indexed extends Omit<RecoveryRecord, 'snapshot' | 'calls'> {
  /** The earliest pending timer. */
  dueAt?: Instant;
  /** When it has to be woken next, for whatever reason. */
  wakeAt?: Instant;
  timers: number;
  requests: number;
}

/** Entries of a trail that are kept together. */
const TOGETHER = 16;
const auditKey = (seq: number) => `audit/${Math.floor((seq - 1) / TOGETHER)}`;
const RECEIPT = 'receipt/';
/** The key of an answer that is kept for a repeat. */
export const receiptKey = (scope: string, key: string) => RECEIPT + hashOf(scope, key);

export const standIn = (cells: Reading) => cells.get<Stand>('stand');
export const keptIn = async (cells: Reading): Promise<Kept> => (await cells.get<Kept>('kept')) ?? NOTHING;
export async function keep(cells: Writing, part: Partial<Kept>): Promise<void> {
  cells.set('kept', { ...(await keptIn(cells)), ...part });
}

/** The trail as it is kept, in its order. */
export async function chainIn(cells: Reading): Promise<{ head: ChainHead; entries: ChainedEntry[] }> {
  const { head } = await keptIn(cells);
  const entries: ChainedEntry[] = [];
  for (let seq = 1; seq <= head.seq; seq += TOGETHER)
    entries.push(...((await cells.get<ChainedEntry[]>(auditKey(seq))) ?? []));
  return { head, entries };
}

/** The trail for a reader. */
export async function trailIn(cells: Reading, after = 0): Promise<(AuditEntry & { seq: number })[]> {
  const { entries } = await chainIn(cells);
  return entries
    .filter(({ seq }) => seq > after)
    .map(({ seq, at, kind, data }) => ({ seq, at, kind, data: data === null ? { erased: true } : JSON.parse(data) }));
}

/** Adds to the trail. */
export async function writeAudit(
  cells: Writing,
  recoveryId: string,
  audit: readonly AuditEntry[],
  random: (size: number) => Buffer,
): Promise<void> {
  if (audit.length === 0) return;
  const { head } = await keptIn(cells);
  const entries = chained(recoveryId, head, audit, random);
  for (const entry of entries) {
    const key = auditKey(entry.seq);
    cells.set(key, [...((await cells.get<ChainedEntry[]>(key)) ?? []), entry]);
  }
  const { seq, hash } = entries.at(-1) ?? head;
  await keep(cells, { head: { seq, hash } });
}

export function writeReceipt(cells: Writing, receipt: Receipt | undefined): void {
  if (receipt) cells.set(receiptKey(receipt.scope, receipt.key), receipt);
}

/** Forgets the answers that were given before an instant. */
export async function forgetReceipts(cells: Cells, before: Instant): Promise<void> {
  for (const key of await cells.keys()) {
    if (!key.startsWith(RECEIPT)) continue;
    const receipt = await cells.get<Receipt>(key);
    if (receipt && receipt.at < before) cells.clear(key);
  }
  cells.flush();
}

/** Writes all of a change; until the handler ends nobody else writes to the recovery. */
export async function writeChange(cells: Writing, change: Change, random: (size: number) => Buffer): Promise<void> {
  const { recovery, timers, awaited, retention = [], erasure } = change;
  cells.set('stand', { recovery, timers });
  if (erasure) await erase(cells, erasure);
  const kept = await keptIn(cells);
  const requests = kept.requests.filter(({ kind, key }) => kind === 'sent' || awaited.includes(key));
  const dates = kept.retention.filter((date) => retention.every((each) => each.class !== date.class));
  await keep(cells, {
    requests: [...requests, ...change.requests],
    ledger: [...kept.ledger, ...change.ledger],
    retention: [...dates, ...retention],
  });
  await writeAudit(cells, recovery.id, change.audit, random);
  writeReceipt(cells, change.receipt);
}

/** Before anything new is written: the date is used up, and what it was for goes. */
async function erase(cells: Writing, { class: of, entries, ledger, onlyPort }: NonNullable<Change['erasure']>) {
  const kept = await keptIn(cells);
  await keep(cells, {
    retention: kept.retention.filter((date) => date.class !== of),
    ...(ledger ? { ledger: [] } : {}),
    ...(onlyPort === undefined ? {} : { requests: kept.requests.filter(({ port }) => port === onlyPort) }),
  });
  for (const seq of entries) {
    const key = auditKey(seq);
    const together = (await cells.get<ChainedEntry[]>(key)) ?? [];
    cells.set(
      key,
      together.map((entry) => (entry.seq === seq ? { ...entry, data: null, salt: null } : entry)),
    );
  }
  if (onlyPort === undefined) return;
  for (const key of await cells.keys()) if (key.startsWith(RECEIPT)) cells.clear(key);
}

/** The earliest of erasures, evidence before all else. */
export const nextErasure = (dates: readonly ErasureDate[]): ErasureDate | undefined =>
  [...dates].sort((a, b) => a.dueAt - b.dueAt || (a.class < b.class ? -1 : 1))[0];

/**
 * What queries look at, brought up to date.
 * @returns when the recovery has to be woken next: for a timer, a call that is tried again, an erasure.
 */
export async function writeIndex(cells: Writing, goesOn: boolean): Promise<Instant | undefined> {
  const stand = await standIn(cells);
  if (!stand) return undefined;
  const { recovery, timers } = stand;
  const { requests, retention } = await keptIn(cells);
  const erasure = recovery.status === 'active' ? undefined : nextErasure(retention);
  const dueAt = earliest(timers.map((timer) => timer.dueAt));
  const wakeAt = goesOn
    ? earliest([dueAt, erasure?.dueAt, ...requests.filter(({ later }) => later).map(({ notBefore }) => notBefore)])
    : undefined;
  const index: Indexed = {
    ...summaryOf(recovery),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(wakeAt === undefined ? {} : { wakeAt }),
    timers: timers.length,
    requests: requests.length,
  };
  cells.set('index', index);
  return wakeAt;
}

function earliest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const instant of instants)
    if (instant !== undefined && (first === undefined || instant < first)) first = instant;
  return first;
}
