import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { migrations } from './migrations.ts';
import { migrate, SqlStore } from './sql.ts';
import type { Tables } from './tables.ts';
import { SqlTrails } from './trails.ts';
import type { AuditTrails, Store } from './types.ts';

/** How long a writer waits for another, in ms: the driver's default. */
const BUSY_TIMEOUT = 5_000;

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

/** The file is no store, or one of another version. */
export class UnusableStore extends Error {
  override readonly name = 'UnusableStore';
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
    const purge = () => truncateWal(database);
    return new SqlStore(db, { begin: 'begin immediate', isOccupied, purge, onClose: () => lock?.close() });
  } catch (error) {
    database.close();
    lock?.close();
    throw error;
  }
}

/**
 * Opens the audit trails of a store to be looked at only, even while a service has the store open.
 * @param file path of an SQLite file.
 * @throws UnusableStore when it cannot be read, is no store, or one of another version.
 */
export async function openSqliteReadOnly(file: string): Promise<AuditTrails> {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true });
    const rows = database.prepare<[], { name: string }>('select name from kysely_migration order by name').all();
    const names = rows.map(({ name }) => name).join();
    if (names !== Object.keys(migrations).join()) throw new Error(`its tables are of another version (${names})`);
  } catch (error) {
    database?.close();
    throw new UnusableStore(`${file} cannot be used: ${(error as Error).message}`);
  }
  return new SqlTrails(new Kysely<Tables>({ dialect: new SqliteDialect({ database }) }));
}

/** Brings the log over into the tables, where deleted content is overwritten, and empties it. A reader may be in the way. */
function truncateWal(database: Database.Database): boolean {
  database.pragma('busy_timeout = 0');
  try {
    const [{ busy } = { busy: 0 }] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return busy === 0;
  } finally {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
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
