import type { Kysely } from 'kysely';
import { faultPoint } from '#fault-point';
import type { CodeSlot } from '../code-store.ts';
import { chained } from './audit-chain.ts';
import { type Tables, toRow } from './tables.ts';
import type { AuditEntry, Change, Limit, Receipt } from './types.ts';

export type Trx = Kysely<Tables>;

/** Thrown inside a transaction to roll it back; never seen outside. */
export class Stale extends Error {}

async function writeRecovery(trx: Trx, { recovery, from }: Change): Promise<void> {
  const row = toRow(recovery);
  if (from === null) {
    await trx
      .insertInto('recoveries')
      .values({ ...row, audit_seq: 0, audit_hash: '' })
      .execute();
    return;
  }
  const { numUpdatedRows } = await trx
    .updateTable('recoveries')
    .set(row)
    .where('id', '=', recovery.id)
    .where('version', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Stale();
}

/** Only what has changed is written: a timer that is still pending keeps its row. */
async function writeTimers(trx: Trx, { recovery, timers }: Change): Promise<void> {
  const kept = await trx
    .selectFrom('timers')
    .select(['id', 'due_at', 'position'])
    .where('recovery_id', '=', recovery.id)
    .execute();
  const before = new Map(kept.map((row) => [row.id, row]));
  const now = new Map(timers.map((timer) => [timer.id, timer]));
  const gone = kept.filter((row) => now.get(row.id)?.dueAt !== row.due_at).map((row) => row.id);
  if (gone.length > 0) {
    await trx.deleteFrom('timers').where('recovery_id', '=', recovery.id).where('id', 'in', gone).execute();
  }
  let position = Math.max(-1, ...kept.map((row) => row.position));
  const added = timers
    .filter((timer) => before.get(timer.id)?.due_at !== timer.dueAt)
    .map((timer) => ({
      recovery_id: recovery.id,
      id: timer.id,
      source: timer.source,
      target: timer.target,
      event: JSON.stringify(timer.event),
      due_at: timer.dueAt,
      position: ++position,
    }));
  if (added.length > 0) await trx.insertInto('timers').values(added).execute();
}

async function writeRequests(trx: Trx, { recovery, requests, awaited, from }: Change): Promise<void> {
  if (from !== null) {
    await trx
      .deleteFrom('requests')
      .where('recovery_id', '=', recovery.id)
      .where('kind', '=', 'awaited')
      .$if(awaited.length > 0, (query) => query.where('key', 'not in', awaited))
      .execute();
  }
  if (requests.length === 0) return;
  await trx
    .insertInto('requests')
    .values(
      requests.map(({ recoveryId, notBefore, ...request }) => ({
        ...request,
        recovery_id: recoveryId,
        not_before: notBefore,
      })),
    )
    .execute();
}

export async function writeAudit(trx: Trx, recoveryId: string, audit: readonly AuditEntry[]): Promise<void> {
  if (audit.length === 0) return;
  const head = await trx
    .selectFrom('recoveries')
    .select(['audit_seq as seq', 'audit_hash as hash'])
    .where('id', '=', recoveryId)
    .executeTakeFirstOrThrow();
  const entries = chained(recoveryId, head, audit);
  await trx
    .insertInto('audit')
    .values(entries.map((entry) => ({ recovery_id: recoveryId, ...entry })))
    .execute();
  const last = entries.at(-1);
  await trx
    .updateTable('recoveries')
    .set({ audit_seq: last?.seq ?? head.seq, audit_hash: last?.hash ?? head.hash })
    .where('id', '=', recoveryId)
    .execute();
}

async function writeLedger(trx: Trx, { recovery, ledger }: Change): Promise<void> {
  if (ledger.length === 0) return;
  const last = await trx
    .selectFrom('ledger')
    .select((select) => select.fn.max('position').as('position'))
    .where('recovery_id', '=', recovery.id)
    .executeTakeFirst();
  const position = Number(last?.position ?? 0);
  await trx
    .insertInto('ledger')
    .values(
      ledger.map((entry, index) => ({
        account_id: recovery.accountId,
        recovery_id: recovery.id,
        position: position + index + 1,
        ...entry,
      })),
    )
    .execute();
}

async function writeRetention(trx: Trx, { recovery, retention = [] }: Change): Promise<void> {
  if (retention.length === 0) return;
  await trx
    .insertInto('retention')
    .values(retention.map((date) => ({ recovery_id: recovery.id, class: date.class, due_at: date.dueAt })))
    .onConflict((conflict) =>
      conflict
        .columns(['recovery_id', 'class'])
        .doUpdateSet((excluded) => ({ due_at: excluded.ref('excluded.due_at') })),
    )
    .execute();
}

/** Before anything new is written: the date is used up, and what it was for goes. */
async function erase(trx: Trx, { recovery: { id }, erasure }: Change): Promise<void> {
  if (!erasure) return;
  const { numDeletedRows } = await trx
    .deleteFrom('retention')
    .where('recovery_id', '=', id)
    .where('class', '=', erasure.class)
    .executeTakeFirst();
  if (numDeletedRows !== 1n) throw new Stale();
  for (const seq of erasure.entries) {
    await trx
      .updateTable('audit')
      .set({ data: null, salt: null })
      .where('recovery_id', '=', id)
      .where('seq', '=', seq)
      .execute();
  }
  if (erasure.ledger) await trx.deleteFrom('ledger').where('recovery_id', '=', id).execute();
  if (erasure.onlyPort !== undefined) {
    await trx.deleteFrom('requests').where('recovery_id', '=', id).where('port', '!=', erasure.onlyPort).execute();
    await trx.deleteFrom('receipts').where('recovery_id', '=', id).execute();
  }
}

/** @throws Stale when the key was used meanwhile. */
export async function writeReceipt(trx: Trx, receipt: Receipt | undefined): Promise<void> {
  if (!receipt) return;
  const { recoveryId, answer, ...row } = receipt;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('receipts')
    .values({ ...row, recovery_id: recoveryId, answer: JSON.stringify(answer) })
    .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) throw new Stale();
}

/** Counts one more for a limit. @returns the instant from which it allows that. */
export async function countLimit(trx: Trx, { key, most, span }: Limit, now: number): Promise<number> {
  await trx.deleteFrom('limits').where('until', '<=', now).execute();
  // A clock that was wrong for a while has left an end that is too far away.
  await trx
    .deleteFrom('limits')
    .where('key', '=', key)
    .where('until', '>', now + span)
    .execute();
  const { count, until } = await trx
    .insertInto('limits')
    .values({ key, count: 1, until: now + span })
    .onConflict((conflict) => conflict.column('key').doUpdateSet((set) => ({ count: set('limits.count', '+', 1) })))
    .returning(['count', 'until'])
    .executeTakeFirstOrThrow();
  return count > most ? until : now;
}

/** Writes all of a change; the caller holds the transaction. */
export async function writeChange(trx: Trx, change: Change): Promise<void> {
  await writeRecovery(trx, change);
  faultPoint('commit.recovery');
  await erase(trx, change);
  faultPoint('commit.erasure');
  await writeTimers(trx, change);
  faultPoint('commit.timers');
  await writeRequests(trx, change);
  faultPoint('commit.requests');
  await writeAudit(trx, change.recovery.id, change.audit);
  faultPoint('commit.audit');
  await writeLedger(trx, change);
  faultPoint('commit.ledger');
  await writeRetention(trx, change);
  faultPoint('commit.retention');
  await writeReceipt(trx, change.receipt);
  faultPoint('commit.receipt');
}

/** Changes a slot of one-time secrets; the caller holds the transaction. */
export async function updateCode<T>(trx: Trx, slot: string, change: (slot: CodeSlot) => T): Promise<T> {
  const empty: CodeSlot = { live: null, calls: [] };
  // The write takes the row for this transaction, so that what is read holds until its end.
  const { data } = await trx
    .insertInto('codes')
    .values({ slot, data: JSON.stringify(empty) })
    .onConflict((conflict) => conflict.column('slot').doUpdateSet({ slot }))
    .returning('data')
    .executeTakeFirstOrThrow();
  const kept: CodeSlot = JSON.parse(data);
  const result = change(kept);
  await trx
    .updateTable('codes')
    .set({ data: JSON.stringify(kept) })
    .where('slot', '=', slot)
    .execute();
  return result;
}
