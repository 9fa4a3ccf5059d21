import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { migrations } from '../../src/store/migrations.ts';
import { openSqlite, StoreInUse, UnusableStore } from '../../src/store/sqlite.ts';
import { change, recovery } from './changes.ts';

const folder = mkdtempSync(join(tmpdir(), 'regain-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newFile = () => join(folder, `${++count}.sqlite`);

describe('the SQLite store', () => {
  test('R55: what was erased before a crash is in no file once the next process has purged', async () => {
    const file = newFile();
    const store = await openSqlite(file);
    const ended = recovery({ status: 'done', live: false });
    const audit = [{ at: 10, kind: 'event', data: { ref: 'a-reference' } }] as const;
    await store.commit(change({ recovery: ended, audit, retention: [{ class: 'evidence', dueAt: 20 }] }));
    await store.purge();
    const erasure = { class: 'evidence', entries: [1], ledger: false } as const;
    await store.commit(change({ recovery: { ...ended, version: 2 }, from: 1, audit: [], erasure }));
    const crashed = newFile(); // the files as a process leaves them that is killed here
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${crashed}${end}`);
    await store.close();
    const bytes = () => ['', '-wal'].map((end) => readFileSync(`${crashed}${end}`, 'latin1')).join('');
    expect(bytes()).toContain('a-reference');
    const again = await openSqlite(crashed);
    expect(await again.purge()).toBe(true);
    expect(bytes()).not.toContain('a-reference');
    expect((await again.audit('r1'))[0]?.data).toEqual({ erased: true });
    await again.close();
  });

  test('two hosts on one file would not take over from each other: the second is refused', async () => {
    const file = newFile();
    const store = await openSqlite(file);
    await expect(openSqlite(file)).rejects.toThrow(StoreInUse);
    await store.close();
    await (await openSqlite(file)).close();
  });

  test('a file that is no database is refused, and not kept locked', async () => {
    const file = newFile();
    writeFileSync(file, 'this is no database, whatever its name says. '.repeat(100));
    await expect(openSqlite(file)).rejects.toThrow('not a database');
    await expect(openSqlite(file)).rejects.toThrow('not a database');
  });

  test('a place where no file can be is named each time, and not kept locked', async () => {
    const file = newFile();
    mkdirSync(file);
    for (const _ of ['first', 'again']) {
      const error = await openSqlite(file).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnusableStore);
      expect(error).toMatchObject({
        message: `${file} cannot be used: unable to open database file`,
        cause: { code: 'SQLITE_CANTOPEN' },
      });
    }
    rmSync(file, { recursive: true });
    await (await openSqlite(file)).close();
    const locked = newFile();
    mkdirSync(`${locked}-lock`);
    await expect(openSqlite(locked)).rejects.toThrow(`${locked} cannot be used: unable to open`);
  });

  test('uses WAL, waits for the disk by default, and records its migrations', async () => {
    const file = newFile();
    const store = await openSqlite(file);
    const raw = new Database(file);
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(raw.prepare('select name from kysely_migration').pluck().all()).toEqual(Object.keys(migrations));
    raw.close();
    await store.close();
    const again = await openSqlite(file); // run once, not twice
    await again.close();
  });
});
