import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'regain-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const SCENARIO = parseScenario(
  'audit.yaml',
  `title: something to look at
now: '2026-03-02T10:00:00+08:00'
steps:
  - send: { type: path.choose, path: voice }
  - send: { type: path.leave }
  - send: { type: recovery.cancel }
  - expect: { state: cancelled }
`,
);

/** Runs something, alters the file by SQL, and looks at what is found. */
async function tampered(alter: string) {
  const file = join(folder, `${++files}.sqlite`);
  await runScenario(SCENARIO, { file });
  const raw = new Database(file);
  raw.exec(alter);
  raw.close();
  const store = await openSqlite(file);
  const found = await store.tamperings();
  await store.close();
  return found.map(({ seq, what }) => `${seq} ${what}`);
}

describe('R53: the audit trail shows tampering, and where', () => {
  test('as it was written', async () => expect(await tampered('select 1')).toEqual([]));

  test('an entry that was changed', async () => {
    expect(await tampered(`update audit set data = replace(data, 'voice', 'bankCard') where seq = 5`)).toEqual([
      '5 changed',
    ]);
    expect(await tampered('update audit set at = at + 1 where seq = 2')).toEqual(['2 changed']);
  });

  test('an entry that was taken out', async () => {
    expect(await tampered('delete from audit where seq = 4')).toEqual(['4 missing']);
  });

  test('two entries that changed places', async () => {
    const swap =
      'update audit set seq = -1 where seq = 3; update audit set seq = 3 where seq = 4; update audit set seq = 4 where seq = -1;';
    expect(await tampered(swap)).toContain('3 changed');
  });

  test('an entry that was put in', async () => {
    const put = `insert into audit (recovery_id, seq, at, kind, data, hash) select recovery_id, seq + 100, at, kind, data, hash from audit where seq = 2`;
    expect(await tampered(put)).toContain('102 inserted');
  });

  test('entries that were cut off the end', async () => {
    const [first, ...rest] = await tampered('delete from audit where seq > 6');
    expect(first).toBe('7 cut off');
    expect(rest.every((each) => each.endsWith('cut off'))).toBe(true);
  });

  test('an entry that was written anew with a hash of its own', async () => {
    expect(await tampered(`update audit set data = '{}', hash = 'x' where seq = 3`)).toEqual([
      '3 changed',
      '4 changed',
    ]);
  });
});
