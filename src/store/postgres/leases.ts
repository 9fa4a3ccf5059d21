import { type Kysely, sql } from 'kysely';
import type { Instant } from '../../core/index.ts';
import { passedOver } from '../sql.ts';
import { type Tables, type Trx, toRequest } from '../tables.ts';
import type { CallId, Changed, RequestRecord, Shared } from '../types.ts';
import { Channel } from './channel.ts';
import type { PostgresConfig } from './config.ts';
import { type ServerTime, serverNow } from './time.ts';

/** What one host has taken of the work in a database, until the lease of each piece ends. */
export class Leases implements Shared {
  readonly owner: string;
  readonly lease: number;
  /** When what is taken now is free again. */
  readonly end;
  readonly #db: Kysely<Tables>;
  readonly #time: ServerTime;
  readonly #channel: Channel;
  /** Called when another host has written a recovery, or may have written any without being heard. */
  written: (recoveryId?: string) => void = () => {};

  constructor(db: Kysely<Tables>, config: PostgresConfig, owner: string, time: ServerTime) {
    this.#db = db;
    this.owner = owner;
    this.lease = config.lease;
    this.end = sql<number>`${serverNow} + ${sql.lit(config.lease)}`;
    this.#time = time;
    this.#channel = new Channel(db, config, owner, time);
  }

  now = () => this.#time.now();

  /** Takes timers that are due and that nobody has. What a host does not process in time another one takes. */
  async takeDue(now: Instant, limit: number, except: readonly string[]) {
    const rows = await this.#db
      .updateTable('timers')
      .set({ owner: this.owner, leased_until: this.end })
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('recovery_id', 'id'),
          'in',
          selectFrom('timers')
            .select(['recovery_id', 'id'])
            .where('due_at', '<=', now)
            .where('leased_until', '<=', serverNow)
            .$if(except.length > 0, (query) => query.where('recovery_id', 'not in', passedOver(this.#db, except)))
            .orderBy('due_at')
            .orderBy('recovery_id')
            .limit(limit)
            .forUpdate()
            .skipLocked()
            .$asTuple('recovery_id', 'id'),
        ),
      )
      .returning(['recovery_id', 'due_at'])
      .execute();
    const earliest = new Map<string, Instant>();
    for (const { recovery_id, due_at } of rows.sort((a, b) => b.due_at - a.due_at)) earliest.set(recovery_id, due_at);
    return [...earliest].map(([recoveryId, dueAt]) => ({ recoveryId, dueAt })).sort((a, b) => a.dueAt - b.dueAt);
  }

  /** The earliest timer that nobody has taken. */
  async nextDue(except: readonly string[]): Promise<Instant | undefined> {
    const row = await this.#db
      .selectFrom('timers')
      .select('due_at')
      .where('leased_until', '<=', serverNow)
      .$if(except.length > 0, (query) => query.where('recovery_id', 'not in', passedOver(this.#db, except)))
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst();
    return row?.due_at;
  }

  async take(limit: number, except: readonly string[] = [], own?: 'andOwn'): Promise<RequestRecord[]> {
    const rows = await this.#db
      .updateTable('requests')
      .set({ owner: this.owner, leased_until: this.end })
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('recovery_id', 'key'),
          'in',
          selectFrom('requests')
            .select(['recovery_id', 'key'])
            .where((where) =>
              where.or([where('leased_until', '<=', serverNow), ...(own ? [where('owner', '=', this.owner)] : [])]),
            )
            .$if(except.length > 0, (query) => query.where('recovery_id', 'not in', passedOver(this.#db, except)))
            .orderBy('not_before')
            .limit(limit)
            .forUpdate()
            .skipLocked()
            .$asTuple('recovery_id', 'key'),
        ),
      )
      .returningAll()
      .execute();
    return rows.map(toRequest).sort((a, b) => a.notBefore - b.notBefore);
  }

  /** The calls that a change brought in are this host's. */
  async takeNew(trx: Trx, recoveryId: string): Promise<void> {
    await trx
      .updateTable('requests')
      .set({ owner: this.owner, leased_until: this.end })
      .where('recovery_id', '=', recoveryId)
      .where('owner', '=', '')
      .execute();
  }

  async keep(calls: readonly CallId[]): Promise<CallId[]> {
    if (calls.length === 0) return [];
    const ids = calls.map(({ recoveryId }) => recoveryId);
    const keys = calls.map(({ key }) => key);
    const { rows } = await sql<{ recoveryId: string; key: string }>`
      update requests set leased_until = ${this.end}
      from unnest(${ids}::text[], ${keys}::text[]) as mine (recovery_id, key)
      where requests.recovery_id = mine.recovery_id and requests.key = mine.key and requests.owner = ${this.owner}
      returning requests.recovery_id as "recoveryId", requests.key`.execute(this.#db);
    return rows;
  }

  async release(): Promise<void> {
    for (const table of ['timers', 'requests'] as const) {
      await this.#db.updateTable(table).set({ leased_until: 0 }).where('owner', '=', this.owner).execute();
    }
  }

  tell(changed: Changed): void {
    this.#channel.tell(changed);
  }

  listen(heard: (changed: Changed) => void): void {
    const told = (changed: Changed) => {
      this.written(changed.recoveryId);
      heard(changed);
    };
    this.#channel.listen(told, () => this.written());
  }

  close = () => this.#channel.close();
}
