import { setTimeout } from 'node:timers/promises';
import { type Kysely, Migrator, type Selectable, sql } from 'kysely';
import { faultPoint } from '#fault-point';
import type { CodeStore } from '../code-store.ts';
import type { Instant } from '../core/index.ts';
import { OneConnection, type Run } from './direct.ts';
import { GroupCommit, type Work } from './group.ts';
import { type Known, KnownRecoveries } from './known.ts';
import { migrations } from './migrations.ts';
import { Parts } from './parts.ts';
import { prepared } from './prepared.ts';
import { SqlReader } from './reader.ts';
import { type Tables, type Trx, toRequest } from './tables.ts';
import type { AuditEntry, Change, Committed, Limit, ListFilter, Receipt, Shared, Store, TrailHead } from './types.ts';
import { countLimit, updateCode, writeChange, writeReceipt } from './write.ts';
import { Stale, writeAudit } from './write-recovery.ts';

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
  /** Whether an error says that somebody else is writing: the transaction may be tried again. */
  isBusy(error: unknown): boolean;
  /** Runs a transaction in the database's own way: then `begin` and `isBusy` are not asked for. */
  transact?<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  /** Notes that this host has taken the calls of a recovery that were just written. */
  takeNew?(trx: Trx, recoveryId: string): Promise<void>;
  /** Overwrites what is left of erased rows beside the tables; false when it has to be tried again. */
  purge?(): boolean;
  /**
   * Where this process alone writes the database, through one connection: runs a query there at once. Then what was read or
   * written last need not be asked for, and what is written at the same moment shares a transaction.
   */
  alone?: Run;
  onClose(): void;
}

/** How often counts that are over are thrown away, in ms: they count for nothing meanwhile. */
const SWEEP = 1_000;
/** Recoveries that are kept in memory as they were read or written last. */
const KNOWN = 1_000;

/** How often a transaction is tried while somebody else holds the database, and the pause between, in ms. */
const BUSY_TRIES = 100;
const BUSY_PAUSE = 50;
/** Ids of the active recoveries of these versions; the status is written out, so that the index of active ones serves. */
export const passedOver = (db: Trx, machineVersions: readonly string[]) =>
  db
    .selectFrom('recoveries')
    .select('id')
    .where('status', '=', sql.lit('active'))
    .where('machine_version', 'in', machineVersions);

const selectReceipt = prepared<{ scope: string; key: string }, Selectable<Tables['receipts']>>(
  ['scope', 'key'],
  (db, { scope, key }) => db.selectFrom('receipts').selectAll().where('scope', '=', scope).where('key', '=', key),
);
/** Tells one stand of a recovery from every other: the hash covers all that came before it. */
const selectStand = prepared<{ id: string }, { version: number; seq: number; hash: string }>(['id'], (db, { id }) =>
  db.selectFrom('recoveries').select(['version', 'audit_seq as seq', 'audit_hash as hash']).where('id', '=', id),
);
const dueTimers = (db: Trx, now: Instant, limit: number) =>
  db
    .selectFrom('timers')
    .select(['recovery_id', 'due_at'])
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('recovery_id')
    .limit(limit);
const dueBy = prepared<{ now: Instant; limit: number }, { recovery_id: string; due_at: Instant }>(
  ['now', 'limit'],
  (db, { now, limit }) => dueTimers(db, now, limit),
);

/** A limit that is reached; thrown to roll back, never seen outside. */
class Full extends Error {
  readonly until: Instant;
  constructor(until: Instant) {
    super();
    this.until = until;
  }
}

/** The store over any SQL database that Kysely speaks. */
export class SqlStore implements Store {
  readonly shared?: Shared;
  readonly codes: CodeStore;
  readonly #db: Kysely<Tables>;
  readonly #dialect: SqlDialect;
  readonly #reader: SqlReader;
  readonly #group: GroupCommit | undefined;
  readonly #connection: OneConnection | undefined;
  readonly #known = new KnownRecoveries(KNOWN);
  /** When counts that are over were thrown away last. */
  #swept = 0;
  readonly #parts = new Parts();

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db;
    this.#dialect = dialect;
    this.#reader = new SqlReader(db, this.#parts);
    const { alone } = dialect;
    if (alone) {
      this.#connection = new OneConnection(db, alone);
      this.#group = new GroupCommit(
        (work) => this.#once(work),
        (work) => this.#transaction(work),
      );
    }
    this.codes = { update: (slot, change) => this.#transaction((trx) => updateCode(trx, slot, change)) };
  }

  async commit(change: Change): Promise<Committed> {
    const { id, snapshot } = change.recovery;
    const packed = this.#parts.pack(snapshot);
    try {
      await this.#write(
        id,
        async (trx, before) => {
          const from = before.has(id) ? undefined : this.#from(change);
          const known = await writeChange(trx, change, packed, this.#parts, from);
          if (change.requests.length > 0) await this.#dialect.takeNew?.(trx, id);
          return known;
        },
        (known) => {
          this.#known.written(known);
          this.#parts.written(packed);
        },
      );
      return 'committed';
    } catch (error) {
      this.#known.forget(id);
      if (error instanceof Stale) return 'stale';
      if (change.from === null && this.#dialect.isOccupied(error)) return 'occupied';
      throw error;
    }
  }

  /** What is known of the rows that a change was made from. */
  #from({ recovery: { id }, from }: Change): Known | undefined {
    const known = this.#known.get(id);
    return known?.recovery.version === from ? known : undefined;
  }

  /**
   * Writes of one recovery, in one transaction with others where that is possible.
   * @param committed is told before anything else is written.
   */
  async #write<T>(id: string, work: Work<T>, committed: (result: T) => void = () => {}): Promise<void> {
    if (this.#group) return this.#group.run(id, work, committed);
    committed(await this.#transaction((trx) => work(trx, new Set())));
  }

  /** All or nothing; the right to write is taken at the start, so that what is read holds until the end. */
  async #transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    if (this.#dialect.transact) return this.#dialect.transact(work);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (!this.#dialect.isBusy(error) || tries === BUSY_TRIES) throw error;
        await setTimeout(BUSY_PAUSE);
      }
    }
  }

  #once<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#db.connection().execute((trx) => {
      const whole = () => this.#begunAndCommitted(trx, work);
      return this.#connection ? this.#connection.hold(trx, whole) : whole();
    });
  }

  async #begunAndCommitted<T>(trx: Trx, work: (trx: Trx) => Promise<T>): Promise<T> {
    await sql.raw(this.#dialect.begin).execute(trx);
    try {
      const result = await work(trx);
      await sql`commit`.execute(trx);
      faultPoint('committed');
      return result;
    } catch (error) {
      await sql`rollback`.execute(trx).catch(() => {}); // a full disk has rolled it back already
      throw error;
    }
  }

  async record(
    recoveryId: string,
    audit: readonly AuditEntry[],
    settled: readonly string[] = [],
    receipt: Receipt | undefined = undefined,
  ) {
    try {
      const work = async (trx: Trx) => {
        const moved = await writeAudit(trx, recoveryId, audit);
        faultPoint('record.audit');
        await writeReceipt(trx, receipt);
        if (settled.length === 0) return moved;
        const { numDeletedRows } = await trx
          .deleteFrom('requests')
          .where('recovery_id', '=', recoveryId)
          .where('key', 'in', settled)
          .executeTakeFirst();
        if (audit.length > 0 && numDeletedRows === 0n) throw new Stale();
        faultPoint('record.settled');
        return moved;
      };
      await this.#write(recoveryId, work, (moved) => moved && this.#known.moved(recoveryId, moved.from, moved.to));
      return true;
    } catch (error) {
      if (error instanceof Stale) return false;
      throw error;
    }
  }

  async receipt(scope: string, key: string) {
    const [row] = (await selectReceipt(this.#db, { scope, key })).rows;
    if (!row) return undefined;
    const { recovery_id, answer, ...receipt } = row;
    return { ...receipt, recoveryId: recovery_id, answer: JSON.parse(answer) };
  }

  async forgetReceipts(before: Instant) {
    const { numDeletedRows } = await this.#db.deleteFrom('receipts').where('at', '<', before).executeTakeFirst();
    return Number(numDeletedRows);
  }

  /** Where one refuses, none counts: what somebody is refused for takes nothing from others. */
  async take(limits: readonly Limit[], now: Instant) {
    try {
      await this.#write('', async (trx) => {
        if (now - this.#swept >= SWEEP || now < this.#swept) {
          await trx.deleteFrom('limits').where('until', '<=', now).execute();
          this.#swept = now;
        }
        for (const limit of limits) {
          const from = await countLimit(trx, limit, now);
          if (from > now) throw new Full(from);
        }
      });
      return now;
    } catch (error) {
      if (error instanceof Full) return error.until;
      throw error;
    }
  }

  async census(now: Instant) {
    const recoveries = await this.#db
      .selectFrom('recoveries')
      .select(['status', 'state', (select) => select.fn.countAll<number>().as('count')])
      .groupBy(['status', 'state'])
      .execute();
    const all = sql<number>`count(*)`.as('count');
    const requests = await this.#db.selectFrom('requests').select(all).executeTakeFirstOrThrow();
    const timers = await this.#db.selectFrom('timers').select(all).executeTakeFirstOrThrow();
    const due = await this.#db.selectFrom('timers').select(all).where('due_at', '<=', now).executeTakeFirstOrThrow();
    return {
      recoveries: recoveries.map((row) => ({ ...row, count: Number(row.count) })),
      requests: Number(requests.count),
      timers: Number(timers.count),
      due: Number(due.count),
    };
  }

  async setting(name: string) {
    const row = await this.#db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value;
  }

  async set(name: string, value: string) {
    await this.#db
      .insertInto('settings')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  }

  async load(id: string) {
    const found = await this.#known.load(id, this.#reader.load, this.#dialect.alone ? undefined : this.#isStill);
    return found && { recovery: found.recovery, timers: found.timers };
  }

  #isStill = async ({ recovery, head }: Known): Promise<boolean> => {
    const [stand] = (await selectStand(this.#db, { id: recovery.id })).rows;
    return stand?.version === recovery.version && stand.seq === head.seq && stand.hash === head.hash;
  };

  /** Somebody else has written a recovery, or may have written any: it is not to be kept in memory. */
  protected forget(recoveryId?: string): void {
    if (recoveryId === undefined) this.#known.forgetAll();
    else this.#known.forget(recoveryId);
  }

  async live(accountId: string) {
    const row = await this.#db
      .selectFrom('recoveries')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('live', '=', 1)
      .executeTakeFirst();
    return row && this.#reader.record(row);
  }

  async list({ accountId, status, state, search, dueBy, newestFirst = false, after, limit = 100 }: ListFilter) {
    let query = this.#db.selectFrom('recoveries').selectAll();
    if (accountId !== undefined) query = query.where('account_id', '=', accountId);
    if (status !== undefined) query = query.where('status', '=', status);
    if (state !== undefined) {
      const inside = sql<boolean>`substr(state, 1, length(${state}) + 1) = ${`${state}.`}`;
      query = query.where((where) => where.or([where('state', '=', state), inside]));
    }
    if (search !== undefined) {
      const part = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
      const inName = sql<boolean>`lower(state) like lower(${part}) escape '\\'`;
      query = query.where((where) => where.or([where('id', '=', search), where('account_id', '=', search), inName]));
    }
    if (dueBy !== undefined) {
      const due = this.#db.selectFrom('timers').select('recovery_id').where('due_at', '<=', dueBy);
      query = query.where('status', '=', 'active').where('id', 'in', due);
    }
    const [order, side] = newestFirst ? (['desc', '<'] as const) : (['asc', '>'] as const);
    if (after !== undefined) {
      const last = this.#db.selectFrom('recoveries').select(['created_at', 'id']).where('id', '=', after);
      query = query.where(({ eb, refTuple }) =>
        eb(refTuple('created_at', 'id'), side, last.$asTuple('created_at', 'id')),
      );
    }
    const rows = await query.orderBy('created_at', order).orderBy('id', order).limit(limit).execute();
    return Promise.all(rows.map(this.#reader.record));
  }

  async nextDueOf(recoveryIds: readonly string[]) {
    if (recoveryIds.length === 0) return new Map<string, Instant>();
    const rows = await this.#db
      .selectFrom('timers')
      .select(['recovery_id', (select) => select.fn.min('due_at').as('due_at')])
      .where('recovery_id', 'in', recoveryIds)
      .groupBy('recovery_id')
      .execute();
    return new Map(rows.map((row) => [row.recovery_id, row.due_at]));
  }

  /** By instants, along the index: grouping by recoveries would look at every timer that there is. */
  async due(now: Instant, limit: number, except: readonly string[] = []) {
    for (let taken = limit; ; taken *= 4) {
      const rows =
        except.length === 0
          ? (await dueBy(this.#db, { now, limit: taken })).rows
          : await dueTimers(this.#db, now, taken)
              .where('recovery_id', 'not in', passedOver(this.#db, except))
              .execute();
      const earliest = new Map<string, Instant>();
      for (const { recovery_id, due_at } of rows) if (!earliest.has(recovery_id)) earliest.set(recovery_id, due_at);
      if (earliest.size < limit && rows.length === taken) continue; // some have many that are due
      return [...earliest].slice(0, limit).map(([recoveryId, dueAt]) => ({ recoveryId, dueAt }));
    }
  }

  async nextDue(except: readonly string[] = []) {
    const row = await this.#db
      .selectFrom('timers')
      .select('due_at')
      .$if(except.length > 0, (query) => query.where('recovery_id', 'not in', passedOver(this.#db, except)))
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst();
    return row?.due_at;
  }

  async pendingRequests(limit: number, except: readonly string[] = []) {
    const rows = await this.#db
      .selectFrom('requests')
      .selectAll()
      .$if(except.length > 0, (query) => query.where('recovery_id', 'not in', passedOver(this.#db, except)))
      .orderBy('not_before')
      .limit(limit)
      .execute();
    return rows.map(toRequest);
  }

  postpone(recoveryId: string, key: string, tries: number, notBefore: Instant) {
    return this.#transaction(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('requests')
        .set({ tries, not_before: notBefore })
        .where('recovery_id', '=', recoveryId)
        .where('key', '=', key)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  }

  async activeVersions() {
    const rows = await this.#db
      .selectFrom('recoveries')
      .select('machine_version')
      .distinct()
      .where('status', '=', sql.lit('active'))
      .orderBy('machine_version')
      .execute();
    return rows.map((row) => row.machine_version);
  }

  async activeOf(machineVersion: string) {
    return (await passedOver(this.#db, [machineVersion]).orderBy('id').execute()).map(({ id }) => id);
  }

  keepStructure(version: string, structure: string) {
    return this.#transaction(async (trx) => {
      // The write takes the row for this transaction: of two hosts that open at once, one is first.
      const kept = await trx
        .insertInto('machines')
        .values({ version, structure })
        .onConflict((conflict) => conflict.column('version').doUpdateSet({ version }))
        .returning('structure')
        .executeTakeFirstOrThrow();
      if (kept.structure === structure) return structure;
      if (await passedOver(trx, [version]).limit(1).executeTakeFirst()) return kept.structure;
      await trx.updateTable('machines').set({ structure }).where('version', '=', version).execute();
      return structure;
    });
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

  async ledgerOf(recoveryId: string) {
    return this.#db
      .selectFrom('ledger')
      .select(['kind', 'path', 'at', 'until'])
      .where('recovery_id', '=', recoveryId)
      .orderBy('position')
      .execute();
  }

  audit = (recoveryId: string, after?: number) => this.#reader.audit(recoveryId, after);

  requestsOf = (recoveryId: string) => this.#reader.requestsOf(recoveryId);

  #erasures() {
    return this.#db
      .selectFrom('retention')
      .innerJoin('recoveries', 'recoveries.id', 'retention.recovery_id')
      .where('recoveries.status', '!=', 'active')
      .orderBy('retention.due_at')
      .orderBy('retention.class'); // by the alphabet evidence is first
  }

  async dueErasures(now: Instant, limit: number) {
    const rows = await this.#erasures()
      .select(['retention.recovery_id', 'retention.class', 'retention.due_at'])
      .where('retention.due_at', '<=', now)
      .limit(limit)
      .execute();
    return rows.map((row) => ({ recoveryId: row.recovery_id, class: row.class, dueAt: row.due_at }));
  }

  async nextErasure() {
    const row = await this.#erasures().select('retention.due_at').limit(1).executeTakeFirst();
    return row?.due_at;
  }

  async purge() {
    return this.#db.connection().execute(async () => this.#dialect.purge?.() ?? true);
  }

  tamperings = (since?: readonly TrailHead[]) => this.#reader.tamperings(since);
  trailHeads = () => this.#reader.trailHeads();

  async close() {
    await this.#db.destroy();
    this.#dialect.onClose();
  }
}
