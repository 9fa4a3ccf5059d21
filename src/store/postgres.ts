import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Instant } from '../core/index.ts';
import { issuesText } from '../issues.ts';
import { UnusableStore } from './errors.ts';
import { migrations } from './migrations.ts';
import { nameOf, PostgresConfig, type PostgresConfigInput } from './postgres/config.ts';
import { LastingPool } from './postgres/pool.ts';
import { PostgresStore } from './postgres/store.ts';
import { ServerTime, serverNow } from './postgres/time.ts';
import { SqlReader } from './reader.ts';
import { migrate } from './sql.ts';
import type { Tables } from './tables.ts';
import type { Store, StoreReader } from './types.ts';

export { UnusableStore } from './errors.ts';
export type { PostgresConfigInput } from './postgres/config.ts';
export { isPostgresUnavailable, StoreUnavailable } from './postgres/errors.ts';
export type { Store, StoreReader } from './types.ts';

/**
 * Opens a store in a PostgreSQL database (14 or newer); the tables are made, and brought up to date, under an advisory lock.
 * Several hosts may have one database open, each with a store of its own: see `Shared`. A server that goes away and comes again, or another one in its place, is waited for.
 * @param config the address, or the address and how it is used.
 * @throws StoreUnavailable when it cannot be reached for as long as the configuration has patience.
 * @throws UnusableStore that names what is wrong in the configuration; or when the server lets nobody in, or has no such database.
 */
export async function openPostgres(config: string | PostgresConfigInput): Promise<Store> {
  const { db, parsed } = connected(config);
  const time = new ServerTime();
  try {
    if ((await migrated(db)).join() !== Object.keys(migrations).sort().join()) await migrate(db);
    await time.compare(() => timeOf(db));
  } catch (error) {
    await db.destroy();
    throw told(error, parsed);
  }
  return new PostgresStore(db, parsed, time);
}

/**
 * Opens a store to be looked at only.
 * @throws UnusableStore as `openPostgres` does, and when its tables are of another version; StoreUnavailable
 */
export async function openPostgresReadOnly(config: string | PostgresConfigInput): Promise<StoreReader> {
  const { db, parsed } = connected(config);
  const names = await migrated(db).catch(async (error: unknown) => {
    await db.destroy();
    throw told(error, parsed);
  });
  if (names.join() === Object.keys(migrations).sort().join()) return new SqlReader(db);
  await db.destroy();
  throw new UnusableStore(`${nameOf(parsed)} cannot be used: its tables are of another version (${names.join()})`);
}

const timeOf = async (db: Kysely<Tables>): Promise<Instant> =>
  Number((await sql<{ now: Instant }>`select ${serverNow} as now`.execute(db)).rows[0]?.now);

function connected(config: string | PostgresConfigInput) {
  const { data: parsed, error } = PostgresConfig.safeParse(typeof config === 'string' ? { url: config } : config);
  // What is no address is not repeated: it may hold a password.
  if (error) throw new UnusableStore(`PostgreSQL cannot be used: ${issuesText(error)}`, { cause: error });
  return { parsed, db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new LastingPool(parsed) }) }) };
}

const NO_TABLE = '42P01';

/** Names of the migrations that this database has had. */
async function migrated(db: Kysely<Tables>): Promise<string[]> {
  const known = db.withTables<{ kysely_migration: { name: string } }>();
  try {
    const rows = await known.selectFrom('kysely_migration').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: unknown }).code === NO_TABLE) return [];
    throw error;
  }
}

/** Nobody may enter, there is no such database, nothing may be made in it, or no machine has that name. */
const REFUSED = /^(28|3D000|42501|ENOTFOUND)/;

function told(error: unknown, config: PostgresConfig): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  return REFUSED.test(String(code)) ? new UnusableStore(`${nameOf(config)} cannot be used: ${message}`) : error;
}
