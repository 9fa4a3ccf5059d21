import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { migrate, SqlStore, type Tables } from './sql.ts';
import type { Store } from './types.ts';

export interface SqliteOptions {
  /**
   * `FULL` (the default) waits for the disk at every commit: a timer that was committed survives a power failure.
   * `NORMAL` is quicker and may lose the last commits then.
   */
  synchronous?: 'FULL' | 'NORMAL';
}

/**
 * Opens, and where needed creates, a store in one SQLite file in WAL mode.
 * @param file path of the file; `:memory:` keeps nothing.
 */
export async function openSqlite(file: string, { synchronous = 'FULL' }: SqliteOptions = {}): Promise<Store> {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma('foreign_keys = ON');
  database.pragma('secure_delete = ON'); // what is deleted is overwritten
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  await migrate(db);
  return new SqlStore(
    db,
    (error) => error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'),
  );
}
