import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { chained } from '../../src/store/audit-chain.ts';
import { openSqlite, openSqliteReadOnly, UnusableStore } from '../../src/store/sqlite.ts';
import type { TrailHead } from '../../src/store/types.ts';

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

/** Runs something and alters the file. */
async function altered(alter: (raw: Database.Database) => void) {
  const file = join(folder, `${++files}.sqlite`);
  await runScenario(SCENARIO, { file });
  const heads = await reading(file, (trails) => trails.trailHeads());
  const raw = new Database(file);
  alter(raw);
  raw.close();
  return { file, heads };
}

async function reading<T>(
  file: string,
  look: (trails: Awaited<ReturnType<typeof openSqliteReadOnly>>) => Promise<T>,
): Promise<T> {
  const trails = await openSqliteReadOnly(file);
  return look(trails).finally(() => trails.close());
}

const found = (file: string, since?: readonly TrailHead[]) =>
  reading(file, async (trails) => (await trails.tamperings(since)).map(({ seq, what }) => `${seq} ${what}`));

/** Runs something, alters the file by SQL, and looks at what is found. */
const tampered = async (sql: string) => found((await altered((raw) => raw.exec(sql))).file);

/** What someone who can write the file can do: computes the whole chain anew after a change. */
function forge(raw: Database.Database, change: (entries: { kind: string; data: string | null }[]) => void) {
  const rows = raw.prepare<[], Row>('select * from audit order by seq').all();
  change(rows);
  const entries = rows.map(({ at, kind, data }) => ({ at, kind: kind as 'event', data: JSON.parse(data) }));
  const forged = chained('r1', { seq: 0, hash: '' }, entries);
  raw.exec('delete from audit');
  const put = raw.prepare(
    `insert into audit (recovery_id, seq, at, kind, data, salt, digest, hash)
     values ('r1', @seq, @at, @kind, @data, @salt, @digest, @hash)`,
  );
  for (const entry of forged) put.run(entry);
  const last = forged.at(-1);
  raw.prepare('update recoveries set audit_seq = ?, audit_hash = ?').run(last?.seq, last?.hash);
}
interface Row {
  at: number;
  kind: string;
  data: string;
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
    const columns = 'at, kind, data, salt, digest, hash';
    const put = `insert into audit (recovery_id, seq, ${columns}) select recovery_id, seq + 100, ${columns} from audit where seq = 2`;
    expect(await tampered(put)).toContain('102 inserted');
    const between = `update audit set seq = -seq - 1 where seq > 3; update audit set seq = -seq where seq < 0;
      insert into audit (recovery_id, seq, ${columns}) select recovery_id, 4, ${columns} from audit where seq = 3`;
    expect((await tampered(between))[0]).toBe('4 changed');
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

  test('R55: data that were erased, and no later entry says so', async () => {
    expect(await tampered('update audit set data = null, salt = null where seq = 3')).toEqual(['3 changed']);
    expect(await tampered('update audit set data = null where seq = 3')).toEqual(['3 changed']);
  });

  test('R55: an entry that says so is chained itself, and speaks only of entries before it', async () => {
    const erasedBy = (entries: unknown, kind = 'erased') =>
      altered((raw) => {
        forge(raw, (rows) => {
          rows[4] = { ...(rows[4] as Row), kind, data: JSON.stringify({ class: 'evidence', entries }) };
        });
        raw.exec('update audit set data = null, salt = null where seq in (3, 6)');
      });
    expect(await found((await erasedBy([3])).file)).toEqual(['6 changed']);
    expect(await found((await erasedBy([3, 6])).file)).toEqual(['6 changed']);
    expect(await found((await erasedBy([3], 'notice')).file)).toEqual(['3 changed', '6 changed']);
    expect(await found((await erasedBy('all')).file)).toEqual(['3 changed', '6 changed']);
    const { file } = await erasedBy([3]);
    const raw = new Database(file);
    raw.exec(`update audit set data = replace(data, '[3]', '[3,6]') where seq = 5`);
    raw.close();
    expect(await found(file)).toEqual(['3 changed', '5 changed', '6 changed']);
  });

  test('a trail whose recovery was taken out without it', async () => {
    const { file } = await altered((raw) => {
      raw.pragma('foreign_keys = OFF');
      raw.exec('delete from recoveries; delete from audit where seq > 2');
    });
    expect(await found(file)).toEqual(['1 inserted', '2 inserted']);
  });
});

describe('R53: against a checkpoint that was kept elsewhere', () => {
  test('a trail that only grew is as it was', async () => {
    const earlier: TrailHead[] = [];
    const { file, heads } = await altered((raw) => {
      const third = raw.prepare<[], TrailHead>(
        'select recovery_id as recoveryId, seq, hash, at from audit where seq = 3',
      );
      earlier.push(...third.all());
    });
    expect(heads).toMatchObject([{ recoveryId: 'r1', hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(await found(file, heads)).toEqual([]);
    expect(earlier).toHaveLength(1);
    expect(await found(file, earlier)).toEqual([]);
  });

  test('a chain that was computed anew holds in itself, and is found', async () => {
    const { file, heads } = await altered((raw) =>
      forge(raw, (entries) => {
        for (const entry of entries) entry.data = entry.data?.replaceAll('voice', 'bankCard') ?? null;
      }),
    );
    expect(await found(file)).toEqual([]);
    expect(await found(file, heads)).toEqual([`${heads[0]?.seq} replaced`]);
  });

  test('a trail that was cut back, its head with it', async () => {
    const { file, heads } = await altered((raw) => forge(raw, (entries) => entries.splice(6)));
    expect(await found(file)).toEqual([]);
    expect(await found(file, heads)).toEqual([`${heads[0]?.seq} cut off`]);
  });

  test('a recovery that was taken out whole', async () => {
    const { file, heads } = await altered((raw) => {
      raw.pragma('foreign_keys = OFF');
      for (const table of ['audit', 'timers', 'requests', 'ledger', 'retention', 'recoveries'])
        raw.exec(`delete from ${table}`);
    });
    expect(await found(file)).toEqual([]);
    expect(await found(file, heads)).toEqual([`${heads[0]?.seq} removed`]);
  });
});

describe('looking at trails only', () => {
  test('works while a service has the store, sees what was committed, and changes nothing', async () => {
    const { file } = await altered(() => {});
    const store = await openSqlite(file);
    const trails = await openSqliteReadOnly(file);
    const [before] = await trails.trailHeads();
    await store.record('r1', [{ at: 1, kind: 'notice', data: {} }]);
    expect(await trails.tamperings()).toEqual([]);
    expect((await trails.trailHeads())[0]?.seq).toBe((before?.seq ?? 0) + 1);
    await trails.close();
    expect(await store.tamperings()).toEqual([]);
    await store.close();
  });

  test('a file of another version, or none of ours, is told as such', async () => {
    const { file } = await altered((raw) =>
      raw.exec(`update kysely_migration set name = '0001_recoveries' where name like '0001%'`),
    );
    await expect(openSqliteReadOnly(file)).rejects.toThrow(UnusableStore);
    await expect(openSqliteReadOnly(file)).rejects.toThrow('of another version (0001_recoveries,');
    await expect(openSqlite(file)).rejects.toThrow('0001_recoveries');
    await expect(openSqliteReadOnly(join(folder, 'none.sqlite'))).rejects.toThrow(UnusableStore);
    const empty = join(folder, 'empty.sqlite');
    new Database(empty).exec('create table t (x)').close();
    await expect(openSqliteReadOnly(empty)).rejects.toThrow(UnusableStore);
  });
});
