import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Instant } from '../../core/index.ts';
import { SqlStore } from '../sql.ts';
import type { Tables } from '../tables.ts';
import type { RequestRecord } from '../types.ts';
import type { PostgresConfig } from './config.ts';
import { isConflict } from './errors.ts';
import { Leases } from './leases.ts';
import type { ServerTime } from './time.ts';
import { transact } from './transact.ts';

/**
 * The store on PostgreSQL, which several hosts may have open: what is due, and the calls in the outbox, are taken by one of them
 * for a while. Time is the server's alone: see `ServerTime`.
 */
export class PostgresStore extends SqlStore {
  override readonly shared: Leases;
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>, config: PostgresConfig, time: ServerTime) {
    const owner = randomUUID();
    const leases = new Leases(db, config, owner, time);
    super(db, {
      begin: 'begin',
      isOccupied: (error) => constraintOf(error) === 'recoveries_live',
      isBusy: isConflict,
      transact: (work) => transact(config, db, work),
      takeNew: (trx, recoveryId) => leases.takeNew(trx, recoveryId),
      onClose() {},
    });
    this.#db = db;
    this.shared = leases;
    leases.written = (recoveryId) => this.forget(recoveryId);
  }

  override due(now: Instant, limit: number, except: readonly string[] = []) {
    return this.shared.takeDue(now, limit, except);
  }

  override nextDue(except: readonly string[] = []) {
    return this.shared.nextDue(except);
  }

  override pendingRequests(limit: number, except: readonly string[] = []): Promise<RequestRecord[]> {
    return this.shared.take(limit, except, 'andOwn');
  }

  override async postpone(recoveryId: string, key: string, tries: number, notBefore: Instant) {
    const { numUpdatedRows } = await this.#db
      .updateTable('requests')
      .set({ tries, not_before: notBefore, leased_until: this.shared.end })
      .where('recovery_id', '=', recoveryId)
      .where('key', '=', key)
      .where('owner', '=', this.shared.owner)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  override async close() {
    await this.shared.close();
    await super.close();
  }
}

const constraintOf = (error: unknown) => (error as { constraint?: unknown } | null)?.constraint;
