import type { QueryResult } from 'kysely';
import type { Trx } from './tables.ts';

/** Runs a compiled query at once. */
export type Run = (sql: string, parameters: readonly unknown[]) => QueryResult<unknown>;

const ways = new WeakMap<object, Run>();

/** How prepared queries of a handle reach the database without waiting for a connection; undefined where they have to. */
export const directWay = (db: Trx): Run | undefined => ways.get(db);

/**
 * The one connection of a database that this process alone writes. Kysely has each query wait for it by several promises, which
 * takes longer than most queries: prepared queries run at once where nobody else can be in between. That is within a transaction,
 * which holds the connection, and outside of any.
 */
export class OneConnection {
  readonly #root: Trx;
  readonly #run: Run;

  constructor(root: Trx, run: Run) {
    this.#root = root;
    this.#run = run;
    ways.set(root, run);
  }

  /** Whoever reads meanwhile waits for the connection: nothing is seen that is not committed. */
  async hold<T>(trx: Trx, work: () => Promise<T>): Promise<T> {
    ways.delete(this.#root);
    ways.set(trx, this.#run);
    try {
      return await work();
    } finally {
      ways.delete(trx);
      ways.set(this.#root, this.#run);
    }
  }
}
