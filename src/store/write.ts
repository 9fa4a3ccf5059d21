import { faultPoint } from '#fault-point';
import type { CodeSlot } from '../code-store.ts';
import type { Known } from './known.ts';
import type { Packed, Parts } from './parts.ts';
import { prepared } from './prepared.ts';
import type { Trx } from './tables.ts';
import type { Change, Limit, Receipt } from './types.ts';
import { insertEntries, Stale, writeRecovery } from './write-recovery.ts';
import { writeRequests } from './write-requests.ts';
import { writeTimers } from './write-timers.ts';

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

interface ReceiptRow extends Omit<Receipt, 'recoveryId' | 'answer'> {
  recovery_id: string;
  answer: string;
}
const insertReceipt = prepared<ReceiptRow>(['scope', 'key', 'recovery_id', 'digest', 'at', 'answer'], (db, row) =>
  db
    .insertInto('receipts')
    .values({ ...row })
    .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing()),
);

/** @throws Stale when the key was used meanwhile. */
export async function writeReceipt(trx: Trx, receipt: Receipt | undefined): Promise<void> {
  if (!receipt) return;
  const { recoveryId, answer, ...row } = receipt;
  const values = { ...row, recovery_id: recoveryId, answer: JSON.stringify(answer) };
  if ((await insertReceipt(trx, values)).numAffectedRows !== 1n) throw new Stale();
}

interface Counted {
  key: string;
  now: number;
  until: number;
}
/** A count whose end has passed begins anew, and one whose end a clock that was wrong for a while has left too far away. */
const countOne = prepared<Counted, { count: number; until: number }>(
  ['key', 'now', 'until'],
  (db, { key, now, until }) =>
    db
      .insertInto('limits')
      .values({ key, count: 1, until })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet(({ ref, eb }) => {
          const isOver = () => eb.or([eb(ref('limits.until'), '<=', now), eb(ref('limits.until'), '>', until)]);
          return {
            count: eb
              .case()
              .when(isOver())
              .then(1)
              .else(eb('limits.count', '+', 1))
              .end(),
            until: eb.case().when(isOver()).then(ref('excluded.until')).else(ref('limits.until')).end(),
          };
        }),
      )
      .returning(['count', 'until']),
);

/** Counts one more for a limit. @returns the instant from which it allows that. */
export async function countLimit(trx: Trx, { key, most, span }: Limit, now: number): Promise<number> {
  const [counted] = (await countOne(trx, { key, now, until: now + span })).rows;
  return counted && counted.count > most ? counted.until : now;
}

/**
 * Writes all of a change; the caller holds the transaction.
 * @param snapshot the recovery's, packed.
 * @param known what the recovery's rows hold, where this process alone writes them.
 * @returns what they hold then.
 */
export async function writeChange(
  trx: Trx,
  change: Change,
  snapshot: Packed,
  parts: Parts,
  known?: Known,
): Promise<Known> {
  const { recovery } = change;
  await parts.write(trx, snapshot);
  faultPoint('commit.parts');
  const entries = await writeRecovery(trx, change, snapshot.text, known);
  faultPoint('commit.recovery');
  await erase(trx, change);
  faultPoint('commit.erasure');
  const { timers, positions } = await writeTimers(trx, change, known);
  faultPoint('commit.timers');
  await writeRequests(trx, change, known?.awaits);
  faultPoint('commit.requests');
  await insertEntries(trx, recovery.id, entries);
  faultPoint('commit.audit');
  await writeLedger(trx, change);
  faultPoint('commit.ledger');
  await writeRetention(trx, change);
  faultPoint('commit.retention');
  await writeReceipt(trx, change.receipt);
  faultPoint('commit.receipt');
  return { recovery, timers, positions, head: entries.head, awaits: change.awaited.length > 0 };
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
