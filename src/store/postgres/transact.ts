import { setTimeout } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { faultPoint } from '#fault-point';
import type { Tables, Trx } from '../tables.ts';
import { nameOf, type PostgresConfig } from './config.ts';
import { isConflict, isLost, StoreUnavailable } from './errors.ts';

/** Before a transaction is tried again: at random up to this, in ms, so that those who met do not meet again. */
const PAUSE = 50;

/** The connection was lost when the transaction was to be committed: whether it was is to be asked. */
class Undecided extends Error {
  readonly id: string;
  readonly result: unknown;
  constructor(id: string, result: unknown, cause: unknown) {
    super('the answer to a commit was lost', { cause });
    this.id = id;
    this.result = result;
  }
}

/**
 * Runs a transaction, again where it met another one, or where the server went away; whether a commit whose answer was lost
 * went through is asked of the server, so that nothing is done twice.
 *
 * The level is READ COMMITTED, with the row of the recovery (of the slot, the receipt, the limit) written first in each
 * transaction: whoever comes second waits there for a moment, then sees what the first one wrote, and finds his version stale.
 * SERIALIZABLE would give the same, but as errors after the work was done, and among strangers who share an index page, too.
 * @throws StoreUnavailable when it could not be done for as long as the configuration has patience.
 */
export async function transact<T>(
  config: PostgresConfig,
  db: Kysely<Tables>,
  work: (trx: Trx) => Promise<T>,
): Promise<T> {
  const until = performance.now() + config.patience;
  for (;;) {
    try {
      return await once(db, work);
    } catch (error) {
      if (error instanceof Undecided) {
        if (await wasCommitted(config, db, error, until)) return error.result as T;
      } else if (!isConflict(error) && !isLost(error)) throw error;
      if (performance.now() >= until) throw new StoreUnavailable(`${nameOf(config)} takes no transaction`, error);
      await setTimeout(Math.random() * PAUSE);
    }
  }
}

function once<T>(db: Kysely<Tables>, work: (trx: Trx) => Promise<T>): Promise<T> {
  return db.connection().execute(async (trx) => {
    await sql`begin isolation level read committed`.execute(trx);
    const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(trx);
    let result: T;
    try {
      result = await work(trx);
    } catch (error) {
      await sql`rollback`.execute(trx).catch(() => {});
      throw error;
    }
    try {
      await sql`commit`.execute(trx);
    } catch (error) {
      throw isLost(error) ? new Undecided(rows[0]?.id ?? '', result, error) : error;
    }
    faultPoint('committed');
    return result;
  });
}

async function wasCommitted(
  config: PostgresConfig,
  db: Kysely<Tables>,
  lost: Undecided,
  until: number,
): Promise<boolean> {
  for (;;) {
    const asked = await sql<{ status: string }>`select pg_xact_status(${lost.id}::xid8) as status`.execute(db);
    const status = asked.rows[0]?.status;
    if (status === 'committed') return true;
    if (status === 'aborted') return false;
    // The server has not yet noticed that nobody is there any more.
    if (performance.now() >= until)
      throw new StoreUnavailable(`${nameOf(config)} does not say what came of a transaction`, lost);
    await setTimeout(PAUSE);
  }
}
