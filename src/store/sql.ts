import { type Insertable, type Kysely, Migrator, type Selectable, sql } from 'kysely';
import type { Instant, Timer } from '../core/index.ts';
import { chained, type Tampering, tamperings } from './audit-chain.ts';
import { migrations } from './migrations.ts';
import type {
  AuditEntry,
  Change,
  Committed,
  LedgerEntry,
  ListFilter,
  RecoveryRecord,
  RequestRecord,
  Store,
} from './types.ts';

interface RecoveryTable {
  id: string;
  account_id: string;
  device_id: string;
  live: number;
  status: RecoveryRecord['status'];
  state: string;
  version: number;
  machine_version: string;
  policy_version: string;
  snapshot: string;
  calls: string;
  created_at: number;
  updated_at: number;
  /** The last entry of the audit trail and its hash. */
  audit_seq: number;
  audit_hash: string;
}
interface TimerTable {
  recovery_id: string;
  id: string;
  source: string;
  target: string;
  event: string;
  due_at: number;
  position: number;
}
interface RequestTable {
  recovery_id: string;
  key: string;
  path: string;
  port: string;
  attempt: number;
  input: string;
  kind: RequestRecord['kind'];
  tries: number;
  not_before: number;
}
interface AuditTable {
  recovery_id: string;
  seq: number;
  at: number;
  kind: AuditEntry['kind'];
  data: string;
  hash: string;
}
interface LedgerTable {
  account_id: string;
  recovery_id: string;
  position: number;
  kind: LedgerEntry['kind'];
  path: string | null;
  at: number;
  until: number | null;
}
export interface Tables {
  recoveries: RecoveryTable;
  timers: TimerTable;
  requests: RequestTable;
  audit: AuditTable;
  ledger: LedgerTable;
}

const toRow = (recovery: RecoveryRecord): Omit<Insertable<RecoveryTable>, 'audit_seq' | 'audit_hash'> => ({
  id: recovery.id,
  account_id: recovery.accountId,
  device_id: recovery.deviceId,
  live: recovery.live ? 1 : 0,
  status: recovery.status,
  state: recovery.state,
  version: recovery.version,
  machine_version: recovery.machineVersion,
  policy_version: recovery.policyVersion,
  snapshot: JSON.stringify(recovery.snapshot),
  calls: JSON.stringify(recovery.calls),
  created_at: recovery.createdAt,
  updated_at: recovery.updatedAt,
});

const fromRow = (row: Selectable<RecoveryTable>): RecoveryRecord => ({
  id: row.id,
  accountId: row.account_id,
  deviceId: row.device_id,
  live: row.live === 1,
  status: row.status,
  state: row.state,
  version: row.version,
  machineVersion: row.machine_version,
  policyVersion: row.policy_version,
  snapshot: JSON.parse(row.snapshot),
  calls: JSON.parse(row.calls),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Thrown inside a transaction to roll it back; never seen outside. */
class Stale extends Error {}

/** Runs the migrations that this database has not had yet. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** What one database does in a way of its own. */
export interface SqlDialect {
  /** Begins a transaction that may write. */
  begin: string;
  /** Whether an error says that the account has a live recovery: the index `recoveries_live` was violated. */
  isOccupied(error: unknown): boolean;
  onClose(): void;
}

/** The store over any SQL database that Kysely speaks. */
export class SqlStore implements Store {
  readonly #db: Kysely<Tables>;
  readonly #begin: string;
  readonly #isOccupied: (error: unknown) => boolean;
  readonly #onClose: () => void;

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db;
    this.#begin = dialect.begin;
    this.#isOccupied = dialect.isOccupied;
    this.#onClose = dialect.onClose;
  }

  async commit(change: Change): Promise<Committed> {
    try {
      await this.#transaction(async (trx) => {
        await writeRecovery(trx, change);
        await writeTimers(trx, change);
        await writeRequests(trx, change);
        await writeAudit(trx, change.recovery.id, change.audit);
        await writeLedger(trx, change);
      });
      return 'committed';
    } catch (error) {
      if (error instanceof Stale) return 'stale';
      if (change.from === null && this.#isOccupied(error)) return 'occupied';
      throw error;
    }
  }

  /** All or nothing; the right to write is taken at the start, so that what is read holds until the end. */
  #transaction(work: (trx: Trx) => Promise<void>): Promise<void> {
    return this.#db.connection().execute(async (trx) => {
      await sql.raw(this.#begin).execute(trx);
      try {
        await work(trx);
        await sql`commit`.execute(trx);
      } catch (error) {
        await sql`rollback`.execute(trx);
        throw error;
      }
    });
  }

  async record(recoveryId: string, audit: readonly AuditEntry[], settled: readonly string[] = []) {
    await this.#transaction(async (trx) => {
      await writeAudit(trx, recoveryId, audit);
      if (settled.length === 0) return;
      await trx.deleteFrom('requests').where('recovery_id', '=', recoveryId).where('key', 'in', settled).execute();
    });
  }

  async load(id: string) {
    const row = await this.#db.selectFrom('recoveries').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const timers = await this.#db
      .selectFrom('timers')
      .selectAll()
      .where('recovery_id', '=', id)
      .orderBy('position')
      .execute();
    return { recovery: fromRow(row), timers: timers.map(toTimer) };
  }

  async live(accountId: string) {
    const row = await this.#db
      .selectFrom('recoveries')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('live', '=', 1)
      .executeTakeFirst();
    return row && fromRow(row);
  }

  async list({ accountId, status, state, limit = 100 }: ListFilter) {
    let query = this.#db.selectFrom('recoveries').selectAll();
    if (accountId !== undefined) query = query.where('account_id', '=', accountId);
    if (status !== undefined) query = query.where('status', '=', status);
    if (state !== undefined) {
      query = query.where((where) => where.or([where('state', '=', state), where('state', 'like', `${state}.%`)]));
    }
    return (await query.orderBy('created_at').limit(limit).execute()).map(fromRow);
  }

  async due(now: Instant, limit: number) {
    const rows = await this.#db
      .selectFrom('timers')
      .select(['recovery_id', (select) => select.fn.min('due_at').as('due_at')])
      .where('due_at', '<=', now)
      .groupBy('recovery_id')
      .orderBy('due_at')
      .orderBy('recovery_id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ recoveryId: row.recovery_id, dueAt: row.due_at }));
  }

  async nextDue() {
    const row = await this.#db.selectFrom('timers').select('due_at').orderBy('due_at').limit(1).executeTakeFirst();
    return row?.due_at;
  }

  async pendingRequests(limit: number) {
    const rows = await this.#db.selectFrom('requests').selectAll().orderBy('not_before').limit(limit).execute();
    return rows.map(({ recovery_id, not_before, ...row }) => ({
      ...row,
      recoveryId: recovery_id,
      notBefore: not_before,
    }));
  }

  async postpone(recoveryId: string, key: string, tries: number, notBefore: Instant) {
    await this.#db
      .updateTable('requests')
      .set({ tries, not_before: notBefore })
      .where('recovery_id', '=', recoveryId)
      .where('key', '=', key)
      .execute();
  }

  async ledger(accountId: string) {
    const rows = await this.#db
      .selectFrom('ledger')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('at')
      .execute();
    return rows.map(({ recovery_id, kind, path, at, until }) => ({ recoveryId: recovery_id, kind, path, at, until }));
  }

  async audit(recoveryId: string) {
    const rows = await this.#db
      .selectFrom('audit')
      .selectAll()
      .where('recovery_id', '=', recoveryId)
      .orderBy('seq')
      .execute();
    return rows.map(({ seq, at, kind, data }) => ({ seq, at, kind, data: JSON.parse(data) }));
  }

  async tamperings() {
    const heads = await this.#db
      .selectFrom('recoveries')
      .select(['id', 'audit_seq', 'audit_hash'])
      .orderBy('id')
      .execute();
    const found: Tampering[] = [];
    for (const { id, audit_seq, audit_hash } of heads) {
      const rows = await this.#db
        .selectFrom('audit')
        .selectAll()
        .where('recovery_id', '=', id)
        .orderBy('seq')
        .execute();
      const entries = rows.map(({ seq, at, kind, data, hash }) => ({ seq, at, kind, data: parsed(data), hash }));
      found.push(...tamperings(id, entries, { seq: audit_seq, hash: audit_hash }));
    }
    return found;
  }

  async close() {
    await this.#db.destroy();
    this.#onClose();
  }
}

type Trx = Kysely<Tables>;

/** What an entry holds; nothing when it is no JSON any more. */
function parsed(data: string): Record<string, unknown> {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
}

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

const toTimer = (row: Selectable<TimerTable>): Timer => ({
  id: row.id,
  source: row.source,
  target: row.target,
  event: JSON.parse(row.event),
  dueAt: row.due_at,
});

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

async function writeAudit(trx: Trx, recoveryId: string, audit: readonly AuditEntry[]): Promise<void> {
  if (audit.length === 0) return;
  const head = await trx
    .selectFrom('recoveries')
    .select(['audit_seq as seq', 'audit_hash as hash'])
    .where('id', '=', recoveryId)
    .executeTakeFirstOrThrow();
  const entries = chained(recoveryId, head, audit);
  await trx
    .insertInto('audit')
    .values(
      entries.map(({ seq, at, kind, data, hash }) => ({
        recovery_id: recoveryId,
        seq,
        at,
        kind,
        data: JSON.stringify(data),
        hash,
      })),
    )
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
