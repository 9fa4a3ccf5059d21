import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { migrate, SqlStore } from './sql.ts';
import type { Tables } from './tables.ts';
import type { Store } from './types.ts';

export interface SqliteOptions {
  /**
   * `FULL` (the default) waits for the disk at every commit: a timer that was committed survives a power failure.
   * `NORMAL` is quicker and may lose the last commits then.
   */
  synchronous?: 'FULL' | 'NORMAL';
}

/** Another process has this store. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse';
  constructor(file: string) {
    super(`${file} is in use by another process: stop that one first, or give this one a file of its own`);
  }
}

/**
 * Opens, and where needed creates, a store in one SQLite file in WAL mode.
 * @param file path of the file; `:memory:` keeps nothing.
 * @throws StoreInUse when another process has it open: two hosts on one file would not take over from each other.
 */
export async function openSqlite(file: string, { synchronous = 'FULL' }: SqliteOptions = {}): Promise<Store> {
  const lock = file === ':memory:' ? undefined : lockOf(file);
  const database = new Database(file);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${synchronous}`);
    database.pragma('foreign_keys = ON');
    database.pragma('secure_delete = ON'); // what is deleted is overwritten
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    await migrate(db);
    return new SqlStore(db, { begin: 'begin immediate', isOccupied, onClose: () => lock?.close() });
  } catch (error) {
    database.close();
    lock?.close();
    throw error;
  }
}

/** A lock that the operating system takes back when the process dies. */
function lockOf(file: string): Database.Database {
  const lock = new Database(`${file}-lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('begin exclusive');
    return lock;
  } catch {
    lock.close();
    throw new StoreInUse(file);
  }
}

const isOccupied = (error: unknown) =>
  error instanceof Database.SqliteError && error.message.includes('recoveries.account_id');
