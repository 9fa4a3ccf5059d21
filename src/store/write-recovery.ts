import { type ChainedEntry, type ChainHead, chained } from './audit-chain.ts';
import type { Known } from './known.ts';
import { prepared } from './prepared.ts';
import { type RecoveryRow, type Row, type Trx, toRow } from './tables.ts';
import type { AuditEntry, Change, RecoveryRecord } from './types.ts';

/** Thrown inside a transaction to roll it back; never seen outside. */
export class Stale extends Error {}

const BEGINNING: ChainHead = { seq: 0, hash: '' };

const COLUMNS: readonly (keyof Row)[] = [
  'id',
  'account_id',
  'device_id',
  'live',
  'status',
  'state',
  'version',
  'machine_version',
  'policy_version',
  'snapshot',
  'calls',
  'created_at',
  'updated_at',
];
const HEAD = ['audit_seq', 'audit_hash'] as const;
type HeadColumns = Pick<RecoveryRow, (typeof HEAD)[number]>;

const insertRecovery = prepared<RecoveryRow>([...COLUMNS, ...HEAD], (db, row) =>
  db.insertInto('recoveries').values({ ...row }),
);
const updateRecovery = prepared<Row & { from: number }, ChainHead>([...COLUMNS, 'from'], (db, { from, ...row }) =>
  db
    .updateTable('recoveries')
    .set(row)
    .where('id', '=', row.id)
    .where('version', '=', from)
    .returning(['audit_seq as seq', 'audit_hash as hash']),
);
/** Of a recovery that only goes on: no index has to be written. */
type Progress = Pick<Row, 'id' | 'state' | 'version' | 'snapshot' | 'calls' | 'updated_at'>;
const updateProgress = prepared<Progress & HeadColumns & { from: number; seq: number }>(
  ['id', 'state', 'version', 'snapshot', 'calls', 'updated_at', ...HEAD, 'from', 'seq'],
  (db, { id, from, seq, ...row }) =>
    db.updateTable('recoveries').set(row).where('id', '=', id).where('version', '=', from).where('audit_seq', '=', seq),
);
/** With the new end of the trail, where it is where it is known to be. */
const updateWhole = prepared<RecoveryRow & { from: number; seq: number }>(
  [...COLUMNS, ...HEAD, 'from', 'seq'],
  (db, { from, seq, ...row }) =>
    db
      .updateTable('recoveries')
      .set(row)
      .where('id', '=', row.id)
      .where('version', '=', from)
      .where('audit_seq', '=', seq),
);
/** The write takes the row for this transaction, so that nobody else chains to the same entry. */
const takeHead = prepared<{ id: string }, ChainHead>(['id'], (db, { id }) =>
  db
    .updateTable('recoveries')
    .set(({ ref }) => ({ audit_seq: ref('audit_seq') }))
    .where('id', '=', id)
    .returning(['audit_seq as seq', 'audit_hash as hash']),
);
const updateHead = prepared<ChainHead & { id: string }>(['id', 'seq', 'hash'], (db, { id, seq, hash }) =>
  db.updateTable('recoveries').set({ audit_seq: seq, audit_hash: hash }).where('id', '=', id),
);
const insertEntry = prepared<ChainedEntry & { recovery_id: string }>(
  ['recovery_id', 'seq', 'at', 'kind', 'data', 'salt', 'digest', 'hash'],
  (db, entry) => db.insertInto('audit').values({ ...entry }),
);

/** Writes the recovery's own row, and gives the entries that are to follow it. */
export async function writeRecovery(
  trx: Trx,
  change: Change,
  text: string,
  known: Known | undefined,
): Promise<Entries> {
  const { recovery, from, audit } = change;
  const row = toRow(recovery, text);
  if (from === null) {
    const entries = entriesAfter(BEGINNING, recovery.id, audit);
    await insertRecovery(trx, { ...row, ...headColumns(entries.head) });
    return entries;
  }
  if (known) {
    const entries = entriesAfter(known.head, recovery.id, audit);
    const values = { ...row, ...headColumns(entries.head), from, seq: known.head.seq };
    const update = onlyGoesOn(recovery, known.recovery) ? updateProgress : updateWhole;
    if ((await update(trx, values)).numAffectedRows !== 1n) throw new Stale();
    return entries;
  }
  const [head] = (await updateRecovery(trx, { ...row, from })).rows;
  if (!head) throw new Stale();
  const entries = entriesAfter(head, recovery.id, audit);
  if (audit.length > 0) await updateHead(trx, { id: recovery.id, ...entries.head });
  return entries;
}

const onlyGoesOn = (recovery: RecoveryRecord, before: RecoveryRecord) =>
  recovery.accountId === before.accountId &&
  recovery.deviceId === before.deviceId &&
  recovery.live === before.live &&
  recovery.status === before.status &&
  recovery.machineVersion === before.machineVersion &&
  recovery.policyVersion === before.policyVersion &&
  recovery.createdAt === before.createdAt;

interface Entries {
  added: ChainedEntry[];
  /** The end of the trail with them. */
  head: ChainHead;
}

function entriesAfter(head: ChainHead, recoveryId: string, audit: readonly AuditEntry[]): Entries {
  const added = chained(recoveryId, head, audit);
  const { seq, hash } = added.at(-1) ?? head;
  return { added, head: { seq, hash } };
}

const headColumns = ({ seq, hash }: ChainHead) => ({ audit_seq: seq, audit_hash: hash });

export async function insertEntries(trx: Trx, recovery_id: string, { added }: Entries): Promise<void> {
  for (const entry of added) await insertEntry(trx, { recovery_id, ...entry });
}

/** Adds to a trail whose recovery is left as it is. @returns its end before and now; none where nothing was added. */
export async function writeAudit(
  trx: Trx,
  recoveryId: string,
  audit: readonly AuditEntry[],
): Promise<{ from: ChainHead; to: ChainHead } | undefined> {
  if (audit.length === 0) return undefined;
  const [from] = (await takeHead(trx, { id: recoveryId })).rows;
  if (!from) throw new Error(`there is no recovery '${recoveryId}'`);
  const entries = entriesAfter(from, recoveryId, audit);
  await insertEntries(trx, recoveryId, entries);
  await updateHead(trx, { id: recoveryId, ...entries.head });
  return { from, to: entries.head };
}
