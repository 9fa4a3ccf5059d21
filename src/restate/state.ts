import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
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
import { hashOf } from './inside.ts';
import type { Stand } from './names.ts';

type Reading = ObjectContext | ObjectSharedContext;

/** A call in the outbox; `later` where it waits for its next try. */
export type Waiting = RequestRecord & { later?: true };

/** What queries look at, so that nothing else of a recovery has to be read: see `query.ts`. */
export interface Indexed extends Omit<RecoveryRecord, 'snapshot' | 'calls'> {
  /** The earliest pending timer. */
  dueAt?: Instant;
  /** When it has to be woken next, for whatever reason. */
  wakeAt?: Instant;
  timers: number;
  requests: number;
}

const AUDIT = 'audit/';
const DIGITS = 8;
const auditKey = (seq: number) => `${AUDIT}${String(seq).padStart(DIGITS, '0')}`;
const RECEIPT = 'receipt/';
/** The key of an answer that is kept for a repeat. */
export const receiptKey = (scope: string, key: string) => RECEIPT + hashOf(scope, key);

export const standIn = (ctx: Reading) => ctx.get<Stand>('stand');
export const requestsIn = async (ctx: Reading) => (await ctx.get<Waiting[]>('requests')) ?? [];
export const ledgerIn = async (ctx: Reading) => (await ctx.get<LedgerEntry[]>('ledger')) ?? [];
export const retentionIn = async (ctx: Reading) => (await ctx.get<ErasureDate[]>('retention')) ?? [];
const headIn = async (ctx: Reading) => (await ctx.get<ChainHead>('head')) ?? { seq: 0, hash: '' };

/** The trail as it is kept, in its order. */
export async function chainIn(ctx: Reading): Promise<{ head: ChainHead; entries: ChainedEntry[] }> {
  const head = await headIn(ctx);
  const entries: ChainedEntry[] = [];
  for (let seq = 1; seq <= head.seq; seq++) {
    const entry = await ctx.get<ChainedEntry>(auditKey(seq));
    if (entry) entries.push(entry);
  }
  return { head, entries };
}

/** The trail for a reader. */
export async function trailIn(ctx: Reading, after = 0): Promise<(AuditEntry & { seq: number })[]> {
  const { entries } = await chainIn(ctx);
  return entries
    .filter(({ seq }) => seq > after)
    .map(({ seq, at, kind, data }) => ({ seq, at, kind, data: data === null ? { erased: true } : JSON.parse(data) }));
}

/** Adds to the trail. */
export async function writeAudit(
  ctx: ObjectContext,
  recoveryId: string,
  audit: readonly AuditEntry[],
  random: (size: number) => Buffer,
): Promise<void> {
  if (audit.length === 0) return;
  const entries = chained(recoveryId, await headIn(ctx), audit, random);
  for (const entry of entries) ctx.set(auditKey(entry.seq), entry);
  const last = entries.at(-1);
  if (last) ctx.set('head', { seq: last.seq, hash: last.hash });
}

export function writeReceipt(ctx: ObjectContext, receipt: Receipt | undefined): void {
  if (receipt) ctx.set(receiptKey(receipt.scope, receipt.key), receipt);
}

/** Writes all of a change; until the handler ends nobody else writes to the recovery. */
export async function writeChange(ctx: ObjectContext, change: Change, random: (size: number) => Buffer): Promise<void> {
  const { recovery, timers, requests, awaited, audit, ledger, retention = [], erasure } = change;
  ctx.set('stand', { recovery, timers });
  if (erasure) await erase(ctx, erasure);
  const kept = (await requestsIn(ctx)).filter(({ kind, key }) => kind === 'sent' || awaited.includes(key));
  ctx.set('requests', [...kept, ...requests]);
  await writeAudit(ctx, recovery.id, audit, random);
  if (ledger.length > 0) ctx.set('ledger', [...(await ledgerIn(ctx)), ...ledger]);
  if (retention.length > 0) {
    const others = (await retentionIn(ctx)).filter((date) => retention.every((each) => each.class !== date.class));
    ctx.set('retention', [...others, ...retention]);
  }
  writeReceipt(ctx, change.receipt);
}

/** Before anything new is written: the date is used up, and what it was for goes. */
async function erase(ctx: ObjectContext, erasure: NonNullable<Change['erasure']>): Promise<void> {
  ctx.set(
    'retention',
    (await retentionIn(ctx)).filter((date) => date.class !== erasure.class),
  );
  for (const seq of erasure.entries) {
    const entry = await ctx.get<ChainedEntry>(auditKey(seq));
    if (entry) ctx.set(auditKey(seq), { ...entry, data: null, salt: null });
  }
  if (erasure.ledger) ctx.clear('ledger');
  if (erasure.onlyPort === undefined) return;
  ctx.set(
    'requests',
    (await requestsIn(ctx)).filter(({ port }) => port === erasure.onlyPort),
  );
  for (const key of await ctx.stateKeys()) if (key.startsWith(RECEIPT)) ctx.clear(key);
}

/** The earliest of erasures, evidence before all else. */
export const nextErasure = (dates: readonly ErasureDate[]): ErasureDate | undefined =>
  [...dates].sort((a, b) => a.dueAt - b.dueAt || (a.class < b.class ? -1 : 1))[0];

/**
 * What queries look at, brought up to date.
 * @returns when the recovery has to be woken next: for a timer, a call that is tried again, an erasure.
 */
export async function writeIndex(ctx: ObjectContext, goesOn: boolean): Promise<Instant | undefined> {
  const stand = await standIn(ctx);
  if (!stand) return undefined;
  const { recovery, timers } = stand;
  const requests = await requestsIn(ctx);
  const erasure = recovery.status === 'active' ? undefined : nextErasure(await retentionIn(ctx));
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
  ctx.set('index', index);
  return wakeAt;
}

function earliest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const instant of instants)
    if (instant !== undefined && (first === undefined || instant < first)) first = instant;
  return first;
}
