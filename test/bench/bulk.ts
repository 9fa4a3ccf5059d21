import { cpSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Many recoveries at rest, as copies of the rows that real ones have made. */

export interface Rows {
  recoveries: number;
  timers: number;
  /** Of the whole file, in bytes. */
  bytes: number;
  /** For the insertion, in ms. */
  ms: number;
}

const UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(6)))`;
/** Pages that are kept while rows are inserted, in KiB, as a negative number. */
const CACHE = -1_000_000;

/**
 * Copies a closed store and fills the copy.
 * @param from a store in which every recovery is a pattern; they are copied in turns.
 * @param first instant at which the earliest timer of the copies falls due.
 * @param spacing between two of them, in ms.
 */
export function fill(
  from: string,
  file: string,
  count: number,
  { first, spacing }: { first: number; spacing: number },
): Rows {
  remove(file);
  cpSync(from, file);
  const database = new Database(file);
  try {
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma(`cache_size = ${CACHE}`);
    const begun = performance.now();
    database.exec('begin');
    database.exec(`
      create temp table pattern as select row_number() over (order by id) - 1 as turn, id from recoveries;
      create temp table copy as
        with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count})
        select i, ${UUID} as id, (select id from pattern where turn = n.i % (select count(*) from pattern)) as of from n;
      create index temp.copy_of on copy (of);
    `);
    const columnsOf = (table: string) =>
      (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
    const insert = (table: string, key: string, changed: Record<string, string>) => {
      const values = columnsOf(table).map((name) => changed[name] ?? `t."${name}"`);
      database.exec(`insert into ${table} select ${values.join(', ')} from copy join ${table} t on t.${key} = copy.of`);
    };
    insert('recoveries', 'id', { id: 'copy.id', account_id: `'account-' || copy.i` });
    const due = `${first} + copy.i * ${spacing} + (t.due_at - (select min(due_at) from timers e where e.recovery_id = copy.of))`;
    insert('timers', 'recovery_id', { recovery_id: 'copy.id', due_at: due });
    insert('audit', 'recovery_id', { recovery_id: 'copy.id' });
    insert('ledger', 'recovery_id', { recovery_id: 'copy.id', account_id: `'account-' || copy.i` });
    for (const table of ['timers', 'audit', 'ledger', 'requests', 'retention']) {
      database.exec(`delete from ${table} where recovery_id in (select id from pattern)`);
    }
    database.exec('delete from recoveries where id in (select id from pattern)');
    database.exec('commit');
    const ms = performance.now() - begun;
    const one = (query: string) => database.prepare<[], number>(query).pluck().get() ?? 0;
    const bytes =
      Number(database.pragma('page_count', { simple: true })) * Number(database.pragma('page_size', { simple: true }));
    return {
      recoveries: one('select count(*) from recoveries'),
      timers: one('select count(*) from timers'),
      bytes,
      ms,
    };
  } finally {
    database.close();
  }
}

/** Bytes of each table and index, the largest first. */
export function sizes(file: string): { name: string; bytes: number }[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare<[], { name: string; bytes: number }>(
        'select name, sum(pgsize) as bytes from dbstat group by name order by bytes desc',
      )
      .all();
  } finally {
    database.close();
  }
}

/** Removes a store with all that SQLite keeps beside it. */
export function remove(file: string): void {
  for (const beside of ['', '-wal', '-shm', '-lock']) rmSync(file + beside, { force: true });
}
