import { UnusableStore } from './errors.ts';
import { isPostgresUrl, nameOf, type PostgresConfigInput } from './postgres/config.ts';
import type { SqliteOptions } from './sqlite.ts';
import type { Store, StoreReader } from './types.ts';

export { isPostgresUrl, nameOf };

export interface OpenOptions extends SqliteOptions {
  /** How a PostgreSQL database is used. */
  postgres?: Omit<PostgresConfigInput, 'url'>;
}

/** A store that is open, and how its errors are told apart. */
export interface Opened {
  store: Store;
  /** Whether an error says that the store cannot be written now, though it may later: nothing of that transaction was. */
  isUnavailable(error: unknown): boolean;
}

/**
 * Opens the store that a text names: a PostgreSQL database by its address, or else an SQLite file.
 * @throws UnusableStore, and what `openSqlite` and `openPostgres` do.
 */
export async function openStore(named: string, { postgres, ...sqlite }: OpenOptions = {}): Promise<Opened> {
  if (!isPostgresUrl(named)) {
    const { isStoreUnavailable, openSqlite } = await import('./sqlite.ts');
    return { store: await openSqlite(named, sqlite), isUnavailable: isStoreUnavailable };
  }
  const { isPostgresUnavailable, openPostgres } = await postgresDriver(named);
  return { store: await openPostgres({ ...postgres, url: named }), isUnavailable: isPostgresUnavailable };
}

/**
 * Opens the store that a text names to be looked at only.
 * @throws UnusableStore, StoreUnavailable
 */
export async function openReadOnly(named: string): Promise<StoreReader> {
  if (isPostgresUrl(named)) return (await postgresDriver(named)).openPostgresReadOnly(named);
  return (await import('./sqlite.ts')).openSqliteReadOnly(named);
}

async function postgresDriver(url: string) {
  try {
    return await import('./postgres.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UnusableStore(`${nameOf({ url })} cannot be used without its driver: npm install pg`);
  }
}
