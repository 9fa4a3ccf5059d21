import { setTimeout } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { faultPoint } from '#fault-point';
import type { Tables, Trx } from '../tables.ts';
import { nameOf, type PostgresConfig } from './config.ts';
import { isConflict, isLost, StoreUnavailable } from './errors.ts';

/** Before a transaction is tried again: at random up to this, in ms, so that those who met do not meet again. */
const PAUSE = 50;

/** A transaction as the server names it. */
interface Named {
  id: string;
  /** When it was begun, and when the server was started, both by the server's clock, in s. */
  begun: number;
  started: number;
}

/** The connection was lost when the transaction was to be committed: whether it was is to be asked. */
class Undecided extends Error {
  readonly named: Named;
  /** Nothing that is logged: it may hold all of a recovery. */
  readonly #result: unknown;
  constructor(named: Named, result: unknown, cause: unknown) {
    super('the answer to a commit was lost', { cause });
    this.named = named;
    this.#result = result;
  }
  get result(): unknown {
    return this.#result;
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
    const { rows } = await sql<Named>`
      select pg_current_xact_id()::text as id, extract(epoch from clock_timestamp())::float8 as begun,
        extract(epoch from pg_postmaster_start_time())::float8 as started`.execute(trx);
    const [named] = rows as [Named];
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
      throw isLost(error) ? new Undecided(named, result, error) : error;
    }
    faultPoint('committed');
    return result;
  });
}

/** The server has given no such number yet: what had it was lost with a crash. */
const NO_SUCH = '22023';

/**
 * A server that crashed gives numbers again that its log tells nothing of, and another one in its place does so, too: `committed`
 * may then be said of somebody else's transaction. It is believed only of the same start of a server that has not lost its
 * statistics since, as it does with every crash, also when a process of it is killed and the rest goes on.
 * @throws StoreUnavailable when it cannot be known.
 */
async function wasCommitted(
  config: PostgresConfig,
  db: Kysely<Tables>,
  lost: Undecided,
  until: number,
): Promise<boolean> {
  const { id, begun, started } = lost.named;
  for (;;) {
    const { rows } = await sql<{ status: string; isSame: boolean }>`
      select pg_xact_status(${id}::xid8) as status,
        extract(epoch from pg_postmaster_start_time())::float8 = ${started}::float8
        and extract(epoch from stats_reset)::float8 < ${begun}::float8 as "isSame"
      from pg_stat_bgwriter`
      .execute(db)
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code === NO_SUCH) return { rows: [] };
        throw error;
      });
    const [told] = rows;
    if (!told || told.status === 'aborted') return false;
    if (told.status === 'committed' && told.isSame) return true;
    // Else the server has not yet noticed that nobody is there any more.
    if (told.status === 'committed' || performance.now() >= until)
      throw new StoreUnavailable(`${nameOf(config)} does not say what came of a transaction`, lost);
    await setTimeout(PAUSE);
  }
}
