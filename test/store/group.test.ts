import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Timer } from '../../src/core/index.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Change, Store } from '../../src/store/types.ts';

let folder: string;
let file: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'regain-'));
  file = join(folder, 'store.sqlite');
  store = await openSqlite(file);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const timer = (id: string, dueAt: number): Timer => ({ id, source: '', target: '', event: { type: id }, dueAt });
const change = (id: string, from: number | null, more: Partial<Change> = {}): Change => ({
  recovery: {
    id,
    accountId: `account of ${id}`,
    deviceId: 'd1',
    live: true,
    status: 'active',
    state: 'choosing',
    version: (from ?? 0) + 1,
    machineVersion: '1',
    policyVersion: '1',
    snapshot: { context: {} },
    calls: {},
    createdAt: 0,
    updatedAt: 0,
  },
  from,
  timers: [],
  requests: [],
  awaited: [],
  audit: [{ at: 0, kind: 'event', data: { from } }],
  ledger: [],
  ...more,
});
const receipt = (recoveryId: string) => ({ scope: 's', key: 'k', recoveryId, digest: 'd', at: 0, answer: 1 });
const ids = Array.from({ length: 20 }, (_, index) => `r${index}`);

describe('what is written together', () => {
  test('is answered each as it came out: what is stale, occupied or fails takes nothing else with it', async () => {
    await store.commit(change('old', null));
    const results = await Promise.allSettled([
      ...ids.map((id) => store.commit(change(id, null))),
      store.commit(change('old', 9)), // stale
      store.commit({ ...change('second', null), recovery: { ...change('old', null).recovery, id: 'second' } }),
      store.commit(change('broken', null, { audit: [{ at: 0, kind: 'event', data: { big: 1n as never } }] })),
      store.commit(change('keyed', null, { receipt: receipt('keyed') })),
      store.commit(change('same key', null, { receipt: receipt('same key') })),
    ]);
    const said = results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'));
    expect(said.slice(0, ids.length)).toEqual(ids.map(() => 'committed'));
    expect(said.slice(ids.length)).toEqual(['stale', 'occupied', 'failed', 'committed', 'stale']);
    const written = (await store.list({})).map(({ id }) => id).sort();
    expect(written).toEqual([...ids, 'keyed', 'old'].sort());
    expect(await store.tamperings()).toEqual([]);
  });

  test('is not seen in this process before it is committed', async () => {
    await store.commit(change('keyed', null, { receipt: receipt('keyed') }));
    const reads: Promise<{ recoveryId: string }[]>[] = [];
    const readAndRead = async () => {
      while (reads.length < 1_000) {
        reads.push(store.due(1, 100));
        await undefined; // between any two queries of the transaction
      }
    };
    let reading: Promise<void> | undefined;
    const toJSON = () => {
      reading ??= readAndRead();
      return {};
    };
    const data = { toJSON } as never; // it begins when the transaction writes its first entry
    const doomed = change('doomed', null, { timers: [timer('t', 1)], receipt: receipt('doomed') });
    const audit = [{ at: 0, kind: 'event', data }];
    expect(await store.commit({ ...doomed, audit } as Change)).toBe('stale'); // it had written its timer by then
    await reading;
    expect((await Promise.all(reads)).flat()).toEqual([]);
    expect(reads.length).toBe(1_000);
  });

  test('is seen by others before any of it is answered', async () => {
    const reader = new Database(file, { readonly: true });
    const isThere = reader.prepare('select count(*) from recoveries where id = ?').pluck();
    await Promise.all(
      ids.map(async (id) => {
        await store.commit(change(id, null));
        expect(isThere.get(id)).toBe(1);
      }),
    );
    reader.close();
  });

  test('goes on where each recovery stands, whoever writes to it in between', async () => {
    await Promise.all(ids.map((id) => store.commit(change(id, null, { timers: [timer('a', 10)] }))));
    const note = { at: 1, kind: 'refused', data: {} } as const;
    for (let version = 1; version <= 5; version++) {
      const results = await Promise.all(
        ids.flatMap((id, index) => {
          const timers = [timer('a', 10), timer('b', 10 + version), timer('c', 5)];
          const both = [store.record(id, [note]), store.commit(change(id, version, { timers }))];
          return index % 2 === 0 ? both : both.reverse();
        }),
      );
      expect(new Set(results)).toEqual(new Set([true, 'committed']));
    }
    await store.close();
    store = await openSqlite(file);
    expect(await store.tamperings()).toEqual([]);
    for (const id of ids) {
      const loaded = await store.load(id);
      expect(loaded?.recovery.version).toBe(6);
      expect(loaded?.timers.map((each) => each.id)).toEqual(['a', 'b', 'c']);
      expect((await store.audit(id)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
  });

  test('of two for one version one is first', async () => {
    await store.commit(change('r', null));
    const said = await Promise.all([1, 2, 3].map(() => store.commit(change('r', 1))));
    expect(said.sort()).toEqual(['committed', 'stale', 'stale']);
    expect((await store.load('r'))?.recovery.version).toBe(2);
  });
});

test('timers keep the order in which they were scheduled, also one that is scheduled again for the same instant', async () => {
  await store.commit(change('r', null, { timers: [timer('a', 10), timer('b', 10)] }));
  await store.commit(change('r', 1, { timers: [timer('b', 10), timer('a', 10)] }));
  const known = await store.load('r');
  await store.close();
  store = await openSqlite(file);
  expect((await store.load('r'))?.timers.map(({ id }) => id)).toEqual(['b', 'a']);
  expect(known?.timers.map(({ id }) => id)).toEqual(['b', 'a']);
});
