import type Database from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';

/** Statements that are kept: those of hot paths have one text each; a list of ids makes a text of its own. */
const MOST = 200;

/** The database as Kysely sees it, with each statement prepared once: preparing takes longer than running it. */
export function withStatementsKept(database: Database.Database): SqliteDatabase {
  const kept = new Map<string, Database.Statement>();
  return {
    close: () => void database.close(),
    prepare: (text) => {
      const statement = kept.get(text) ?? database.prepare(text);
      if (kept.size >= MOST) kept.clear();
      kept.set(text, statement);
      return statement as ReturnType<SqliteDatabase['prepare']>;
    },
  };
}
