import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { UnusableStore } from './errors.ts';
import { migrations } from './migrations.ts';
import { SqlReader } from './reader.ts';
import { migrate, SqlStore } from './sql.ts';
import { withStatementsKept } from './statements.ts';
import type { Tables } from './tables.ts';
import type { Store, StoreReader } from './types.ts';

export interface SqliteOptions {
  /**
   * `FULL` (the default) waits for the disk at every commit: a timer that was committed survives a power failure.
   * `NORMAL` is quicker and may lose the last commits then.
   */
  synchronous?: 'FULL' | 'NORMAL';
  /** Whether the whole file is looked through for damage before it is used; it is, by default. */
  check?: boolean;
}

/** Another process has this store. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse';
  constructor(file: string) {
    super(`${file} is in use by another process: stop that one first, or give this one a file of its own`);
  }
}

export type { Store, StoreReader } from './types.ts';
export { UnusableStore };

/** The file is damaged, or no store at all. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';
  constructor(file: string, cause: unknown) {
    super(
      `${file} cannot be used: ${cause instanceof Error ? cause.message : cause}. Nothing was changed. Keep the file, put the ` +
        `last copy made by 'regain backup' in its place, and compare their audit trails with 'regain audit verify'.`,
      { cause },
    );
  }
}

/**
 * Opens, and where needed creates, a store in one SQLite file in WAL mode.
 * @param file path of the file; `:memory:` keeps nothing.
 * @throws StoreInUse when another process has it open: two hosts on one file would not take over from each other.
 * @throws StoreDamaged when it is no database, or a damaged one.
 * @throws UnusableStore when there can be no such file: a folder stands in its place, or nothing may be written there.
 */
export async function openSqlite(
  file: string,
  { synchronous = 'FULL', check = true }: SqliteOptions = {},
): Promise<Store> {
  const lock = file === ':memory:' ? undefined : lockOf(file);
  let opened: Database.Database | undefined;
  try {
    const database = openedFor(file);
    opened = database;
    if (check) checkFile(database, file);
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${synchronous}`);
    database.pragma('foreign_keys = ON');
    database.pragma('secure_delete = ON'); // what is deleted is overwritten
    const { kept, run } = withStatementsKept(database);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kept }) });
    await migrate(db);
    const purge = () => truncateWal(database);
    const onClose = () => lock?.close();
    return new SqlStore(db, { begin: 'begin immediate', isOccupied, isBusy, purge, alone: run, onClose });
  } catch (error) {
    opened?.close();
    lock?.close();
    throw error;
  }
}

/**
 * Opens a store to be looked at only, even while a service has the store open.
 * @param file path of an SQLite file.
 * @throws UnusableStore when it cannot be read, is no store, or one of another version.
 */
export async function openSqliteReadOnly(file: string): Promise<StoreReader> {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true });
    const rows = database.prepare<[], { name: string }>('select name from kysely_migration order by name').all();
    const names = rows.map(({ name }) => name).join();
    if (names !== Object.keys(migrations).sort().join())
      throw new Error(`its tables are of another version (${names})`);
  } catch (error) {
    database?.close();
    throw unusable(file, error);
  }
  return new SqlReader(new Kysely<Tables>({ dialect: new SqliteDialect({ database }) }));
}

/** Brings the log over into the tables, where deleted content is overwritten, and empties it. A reader may be in the way. */
function truncateWal(database: Database.Database): boolean {
  const [{ busy } = { busy: 0 }] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  return busy === 0;
}

/**
 * Copies a store while a host goes on writing it, and looks the copy through for damage.
 * @throws StoreDamaged when what was copied is damaged.
 */
export async function copySqlite(file: string, copy: string): Promise<void> {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  try {
    await database.backup(copy);
  } finally {
    database.close();
  }
  const copied = new Database(copy);
  try {
    checkFile(copied, file);
    copied.pragma('journal_mode = DELETE'); // one file, with nothing beside it
  } finally {
    copied.close();
  }
}

/** The file itself, whatever links lead to it. */
function ownName(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new UnusableStore(`${file} cannot be used: there is no folder ${folder}`);
  return join(realpathSync(folder), basename(file));
}

const unusable = (file: string, cause: unknown) =>
  new UnusableStore(`${file} cannot be used: ${(cause as Error).message}`, { cause });

/**
 * While somebody else writes, the store waits without holding up the process: see SqlStore.
 * @param named the file as messages name it.
 */
function openedFor(file: string, named = file): Database.Database {
  try {
    return new Database(file, { timeout: 0 });
  } catch (error) {
    throw unusable(named, error);
  }
}

/** A lock that the operating system takes back when the process dies. */
function lockOf(file: string): Database.Database {
  const lock = openedFor(`${ownName(file)}-lock`, file);
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new StoreInUse(file) : unusable(file, error);
  }
}

function checkFile(database: Database.Database, file: string): void {
  let found: unknown;
  try {
    found = database.pragma('quick_check(1)', { simple: true });
  } catch (error) {
    if (isBusy(error)) throw error;
    throw new StoreDamaged(file, error);
  }
  if (found !== 'ok') throw new StoreDamaged(file, found);
}

const isBusy = (error: unknown) => error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

const CANNOT_WRITE = ['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_READONLY'];

/** Whether an error says that the file cannot be written now, though it may later: nothing of that transaction was. */
export const isStoreUnavailable = (error: unknown): boolean =>
  error instanceof Database.SqliteError && CANNOT_WRITE.some((code) => error.code.startsWith(code));

const isOccupied = (error: unknown) =>
  error instanceof Database.SqliteError && error.message.includes('recoveries.account_id');
