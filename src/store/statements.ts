import type Database from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';
import type { Run } from './direct.ts';

/** Statements that are kept: those of hot paths have one text each; a list of ids makes a text of its own. */
const MOST = 200;

/** A database with each statement prepared once: preparing takes longer than running it. */
export function withStatementsKept(database: Database.Database): { kept: SqliteDatabase; run: Run } {
  const statements = new Map<string, Database.Statement>();
  const prepare = (text: string) => {
    const statement = statements.get(text) ?? database.prepare(text);
    if (statements.size >= MOST) statements.clear();
    statements.set(text, statement);
    return statement;
  };
  return {
    /** As Kysely sees it. */
    kept: {
      close: () => void database.close(),
      prepare: (text) => prepare(text) as ReturnType<SqliteDatabase['prepare']>,
    },
    /** As Kysely would run it. */
    run: (text, parameters) => {
      const statement = prepare(text);
      if (statement.reader) return { rows: statement.all(...parameters) };
      return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
    },
  };
}
