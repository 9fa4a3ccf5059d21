import { setTimeout } from 'node:timers/promises';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { nameOf, type PostgresConfig } from './config.ts';
import { isLost, StoreUnavailable } from './errors.ts';

/** Between two tries to connect, in ms. */
const PAUSE = 100;
/** The driver waits a little longer than the server, whose word says more. */
const SLACK = 2_000;
const INT8 = 20;
/** Instants and counts are numbers: none of them comes near 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid)) as typeof pg.types.getTypeParser,
};

export const settingsOf = ({ url, connectTimeout, statementTimeout }: PostgresConfig): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'regain',
  connectionTimeoutMillis: connectTimeout,
  statement_timeout: statementTimeout,
  // Sooner than the statement's end: who waited for a row in vain tries again, with patience, and is not told of a failure.
  lock_timeout: Math.ceil(statementTimeout / 2),
  // Whoever was stopped in the middle of a transaction does not keep others from a recovery.
  idle_in_transaction_session_timeout: statementTimeout,
  query_timeout: statementTimeout + SLACK,
  keepAlive: true,
  types,
});

/** Runs until it succeeds, fails for a reason of its own, or has failed to reach the server for too long. */
async function patiently<T>(config: PostgresConfig, run: () => Promise<T>): Promise<T> {
  const until = performance.now() + config.patience;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isLost(error)) throw error;
      if (performance.now() >= until) throw new StoreUnavailable(`${nameOf(config)} cannot be used`, error);
      await setTimeout(PAUSE);
    }
  }
}

/** Connections to a server that may go and come again: whoever asks for one is given a good one, or waits for it. */
export class LastingPool implements PostgresPool {
  readonly config: PostgresConfig;
  readonly #pool: pg.Pool;

  constructor(config: PostgresConfig) {
    this.config = config;
    this.#pool = new pg.Pool({ ...settingsOf(config), max: config.connections });
    this.#pool.on('error', () => {}); // an idle connection that breaks is replaced when the next one is asked for
    this.#pool.on('connect', (client) => client.on('error', () => {})); // and whoever uses one is told by his query
  }

  async connect(): Promise<PostgresPoolClient> {
    return new Checkout(await patiently(this.config, () => this.take()), this);
  }

  take = () => this.#pool.connect();
  end = () => this.#pool.end();
}

/** A connection as Kysely uses it: for one statement, or for one transaction. */
class Checkout implements PostgresPoolClient {
  /** None while the one that was lost is replaced. */
  #client: pg.PoolClient | undefined;
  readonly #pool: LastingPool;
  #isUsed = false;

  constructor(client: pg.PoolClient, pool: LastingPool) {
    this.#client = client;
    this.#pool = pool;
  }

  /** The first statement is sent again over another connection: it reads, begins a transaction, or may be repeated. */
  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query(sql: unknown, parameters: readonly unknown[] = []): never {
    return this.#query(String(sql), [...parameters]) as never; // no cursor is ever asked for
  }

  #query(sql: string, parameters: unknown[]): Promise<pg.QueryResult> {
    const isFirst = !this.#isUsed;
    this.#isUsed = true;
    if (!isFirst) return this.#send(sql, parameters);
    return patiently(this.#pool.config, async () => {
      this.#client ??= await this.#pool.take();
      return this.#send(sql, parameters);
    });
  }

  async #send(sql: string, parameters: unknown[]): Promise<pg.QueryResult> {
    const client = this.#client;
    if (!client) throw new Error('Connection terminated before'); // with all that was done over it
    try {
      return await client.query(sql, parameters);
    } catch (error) {
      if (isLost(error)) {
        this.#client = undefined;
        client.release(true);
      }
      throw error;
    }
  }

  release(): void {
    this.#client?.release();
  }
}
