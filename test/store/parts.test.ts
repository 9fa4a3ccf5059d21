import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { policyOf } from '../../machines/policy.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Change, RecoveryRecord } from '../../src/store/types.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regain-'));
  file = join(folder, 'store.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

const recordOf = (id: string, snapshot: unknown): RecoveryRecord => ({
  id,
  accountId: id,
  deviceId: 'd1',
  live: true,
  status: 'active',
  state: 'choosing',
  version: 1,
  machineVersion: '1',
  policyVersion: '1',
  snapshot,
  calls: {},
  createdAt: 0,
  updatedAt: 0,
});
const changeOf = (id: string, snapshot: unknown): Change => ({
  recovery: recordOf(id, snapshot),
  from: null,
  timers: [],
  requests: [],
  awaited: [],
  audit: [],
  ledger: [],
});
const tree = (context: object, child: object) => ({
  status: 'active',
  value: 'verifying',
  context,
  children: {
    path: { src: 'path', snapshot: { status: 'active', value: 'a', context: child, children: {} } },
  },
});

/** What a store gives that is opened anew, so that nothing is known. */
async function kept(...snapshots: unknown[]): Promise<unknown[]> {
  const store = await openSqlite(file);
  for (const [index, snapshot] of snapshots.entries()) {
    expect(await store.commit(changeOf(`r${index}`, snapshot))).toBe('committed');
  }
  await store.close();
  const again = await openSqlite(file);
  const found: unknown[] = [];
  for (const index of snapshots.keys()) found.push((await again.load(`r${index}`))?.recovery.snapshot);
  await again.close();
  return found;
}

function rows<Row>(query: string): Row[] {
  const database = new Database(file, { readonly: true });
  const found = database.prepare<[], Row>(query).all();
  database.close();
  return found;
}

describe('what recoveries have alike is kept once', () => {
  test('a policy has one row, however many recoveries and charts hold it', async () => {
    const snapshots = [1, 2, 3].map((at) => {
      const context = { policy: policyOf(), account: { name: 'x'.repeat(500) }, at };
      return tree(context, { policy: context.policy, account: { ...context.account } });
    });
    expect(await kept(...snapshots)).toEqual(snapshots);
    expect(rows('select hash from parts')).toHaveLength(1);
    const [row] = rows<{ snapshot: string }>('select snapshot from recoveries');
    expect(row?.snapshot.length).toBeLessThan(1_000);
  });

  test('another policy is another row, and each recovery gets its own', async () => {
    const one = tree({ policy: policyOf() }, {});
    const other = tree({ policy: policyOf({ code: { digits: 8 } }) }, {});
    expect(await kept(one, other)).toEqual([one, other]);
    expect(rows('select hash from parts')).toHaveLength(2);
  });

  test('a child that differs from its parent keeps its own', async () => {
    const snapshot = tree({ account: { a: 1 }, policy: { b: 1 } }, { account: { a: 2 }, policy: { b: 2 } });
    expect(await kept(snapshot)).toEqual([snapshot]);
  });

  test('what was written before there were parts is read as it is', async () => {
    const snapshot = tree({ policy: policyOf() }, {});
    const store = await openSqlite(file);
    await store.commit(changeOf('r0', snapshot));
    await store.close();
    const database = new Database(file);
    database.prepare('update recoveries set snapshot = ?').run(JSON.stringify(snapshot));
    database.exec('delete from parts');
    database.close();
    const again = await openSqlite(file);
    expect((await again.load('r0'))?.recovery.snapshot).toEqual(snapshot);
    await again.close();
  });

  test('a part that is gone is told, not passed over', async () => {
    await kept(tree({ policy: policyOf() }, {}));
    const database = new Database(file);
    database.exec('delete from parts');
    database.close();
    const again = await openSqlite(file);
    await expect(again.load('r0')).rejects.toThrow('is not in the store');
    await again.close();
  });

  test('a part whose first recovery was not written is written with the next', async () => {
    const store = await openSqlite(file);
    const snapshot = tree({ policy: policyOf() }, {});
    await store.commit(changeOf('r0', snapshot));
    const { recovery } = changeOf('r0', tree({ policy: policyOf({ code: { digits: 7 } }) }, {}));
    expect(await store.commit({ ...changeOf('r0', recovery.snapshot), from: 9 })).toBe('stale');
    expect(await store.commit(changeOf('r1', recovery.snapshot))).toBe('committed');
    await store.close();
    const again = await openSqlite(file);
    expect((await again.load('r1'))?.recovery.snapshot).toEqual(recovery.snapshot);
    await again.close();
  });

  test('any snapshot is read as it was written, also one that looks like our marks', async () => {
    const value = fc.letrec<{ value: fc.JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.jsonValue({ maxDepth: 2 }),
        fc.constant({ regain$part: 'x' }),
        fc.constant({ regain$parents: true }),
        fc.record({ regain$as: tie('value') }),
      ),
    })).value;
    const context = fc.dictionary(fc.constantFrom('policy', 'account', 'a', 'b'), value);
    const store = await openSqlite(file);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(context, context, async (parent, child) => {
        const snapshot = JSON.parse(JSON.stringify(tree(parent, { ...parent, ...child })));
        const id = `r${++count}`;
        await store.commit(changeOf(id, snapshot));
        const [listed] = await store.list({ search: id });
        expect(listed?.snapshot).toEqual(snapshot);
      }),
      { numRuns: 300, seed: 20260302 },
    );
    await store.close();
  });
});
