import { type Kysely, Migrator, sql } from 'kysely';
import type { CodeStore } from '../code-store.ts';
import type { Instant } from '../core/index.ts';
import { tamperings } from './audit-chain.ts';
import { migrations } from './migrations.ts';
import { fromRow, parsed, type Tables, toTimer } from './tables.ts';
import type { AuditEntry, Change, Committed, ListFilter, Store, Tampering } from './types.ts';
import { Stale, type Trx, updateCode, writeAudit, writeChange } from './write.ts';

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
  readonly codes: CodeStore;
  readonly #db: Kysely<Tables>;
  readonly #begin: string;
  readonly #isOccupied: (error: unknown) => boolean;
  readonly #onClose: () => void;

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db;
    this.#begin = dialect.begin;
    this.#isOccupied = dialect.isOccupied;
    this.#onClose = dialect.onClose;
    this.codes = { update: (slot, change) => this.#transaction((trx) => updateCode(trx, slot, change)) };
  }

  async commit(change: Change): Promise<Committed> {
    try {
      await this.#transaction((trx) => writeChange(trx, change));
      return 'committed';
    } catch (error) {
      if (error instanceof Stale) return 'stale';
      if (change.from === null && this.#isOccupied(error)) return 'occupied';
      throw error;
    }
  }

  /** All or nothing; the right to write is taken at the start, so that what is read holds until the end. */
  #transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#db.connection().execute(async (trx) => {
      await sql.raw(this.#begin).execute(trx);
      try {
        const result = await work(trx);
        await sql`commit`.execute(trx);
        return result;
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
