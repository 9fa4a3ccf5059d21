import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { RecoveryRecord, Store } from '../../src/store/types.ts';
import { Server } from '../postgres/server.ts';
import { change, recovery, request, timer } from './changes.ts';

const folder = mkdtempSync(join(tmpdir(), 'regain-store-'));
let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
/** Each gives empty places, and what opens the store there, again after it was closed. */
const kinds: { name: string; place: () => Promise<() => Promise<Store>> }[] = [
  {
    name: 'SQLite',
    place: async () => {
      const file = join(folder, `${++count}.sqlite`);
      return () => openSqlite(file);
    },
  },
  {
    name: 'PostgreSQL',
    place: async () => {
      const url = await server.database();
      return () => openPostgres(url);
    },
  },
];

describe.each(kinds)('a store on $name', (kind) => {
  test('gives back what was committed, after it was opened again', async () => {
    const open = await kind.place();
    const store = await open();
    const timers = [timer('a', 30), timer('b', 20)];
    expect(await store.commit(change({ timers, requests: [request('k1')], awaited: ['k1'] }))).toBe('committed');
    await store.shared?.release();
    await store.close();
    const again = await open();
    expect(await again.load('r1')).toEqual({ recovery: recovery(), timers });
    expect(await again.pendingRequests(10)).toEqual([request('k1')]);
    expect(await again.audit('r1')).toEqual([{ seq: 1, at: 10, kind: 'start', data: { to: 'x' } }]);
    await again.close();
  });

  test('R47: a change is written whole or not at all', async () => {
    const store = await (await kind.place())();
    await store.commit(change());
    const twice = [request('k1'), request('k1')]; // the second violates the key, after the snapshot was written
    const broken = change({
      recovery: recovery({ version: 2, state: 'new' }),
      from: 1,
      timers: [timer('a', 1)],
      requests: twice,
      awaited: ['k1'],
    });
    await expect(store.commit(broken)).rejects.toThrow(/unique/i);
    expect((await store.load('r1'))?.recovery.state).toBe('choosing.offering');
    expect(await store.nextDue()).toBeUndefined();
    expect(await store.audit('r1')).toHaveLength(1);
    await store.close();
  });

  test('R48: a change made from an older version is stale', async () => {
    const store = await (await kind.place())();
    await store.commit(change());
    const next = (state: string) => change({ recovery: recovery({ version: 2, state }), from: 1 });
    expect(await Promise.all([store.commit(next('one')), store.commit(next('two'))])).toEqual(['committed', 'stale']);
    expect((await store.load('r1'))?.recovery.state).toBe('one');
    await store.close();
  });

  test('R48: an account has one live recovery, whoever starts at once', async () => {
    const store = await (await kind.place())();
    const starts = Array.from({ length: 20 }, (_, i) => store.commit(change({ recovery: recovery({ id: `r${i}` }) })));
    const results = await Promise.all(starts);
    expect(results.filter((result) => result === 'committed')).toHaveLength(1);
    expect(results.filter((result) => result === 'occupied')).toHaveLength(19);
    expect((await store.live('a1'))?.id).toBe(`r${results.indexOf('committed')}`);
    await store.close();
  });

  test('a timer that is still pending keeps its row; one that is gone or moved does not', async () => {
    const store = await (await kind.place())();
    await store.commit(change({ timers: [timer('a', 30), timer('b', 20), timer('c', 40)] }));
    const timers = [timer('a', 30), timer('c', 50), timer('d', 5)];
    await store.commit(change({ recovery: recovery({ version: 2 }), from: 1, timers }));
    expect((await store.load('r1'))?.timers).toEqual(timers);
    expect(await store.due(30, 10)).toEqual([{ recoveryId: 'r1', dueAt: 5 }]);
    await store.shared?.release();
    expect(await store.nextDue()).toBe(5);
    await store.close();
  });

  test('calls that nobody awaits any more leave the outbox; notices stay until they are settled', async () => {
    const store = await (await kind.place())();
    const notice = { ...request('n1'), port: 'notify', kind: 'sent' as const };
    await store.commit(change({ requests: [request('k1'), request('k2'), notice], awaited: ['k1', 'k2'] }));
    await store.commit(change({ recovery: recovery({ version: 2 }), from: 1, awaited: ['k2'] }));
    expect((await store.pendingRequests(10)).map(({ key }) => key).sort()).toEqual(['k2', 'n1']);
    await store.postpone('r1', 'n1', 1, 99);
    expect((await store.pendingRequests(10)).find(({ key }) => key === 'n1')).toMatchObject({
      tries: 1,
      notBefore: 99,
    });
    await store.record('r1', [{ at: 11, kind: 'notice', data: {} }], ['n1']);
    expect((await store.pendingRequests(10)).map(({ key }) => key)).toEqual(['k2']);
    await store.close();
  });

  test('lists by account, status and the beginning of a state', async () => {
    const store = await (await kind.place())();
    await store.commit(change());
    await store.commit(change({ recovery: recovery({ id: 'r2', accountId: 'a2', state: 'choosingX' }) }));
    expect((await store.list({ state: 'choosing' })).map(({ id }) => id)).toEqual(['r1']);
    expect((await store.list({ accountId: 'a2' })).map(({ id }) => id)).toEqual(['r2']);
    expect(await store.list({ status: 'stuck' })).toEqual([]);
    await store.close();
  });

  test('R55: a date is used up with the erasure, which a second one finds done; what has not ended has none', async () => {
    const store = await (await kind.place())();
    await store.commit(change({ retention: [{ class: 'evidence', dueAt: 20 }], requests: [request('k1')] }));
    expect(await store.dueErasures(99, 10)).toEqual([]);
    expect(await store.nextErasure()).toBeUndefined();
    const ended = (version: number) => recovery({ version, status: 'done', live: false });
    const dates = [
      { class: 'personalData', dueAt: 30 },
      { class: 'evidence', dueAt: 30 },
    ] as const;
    const end = { at: 20, kind: 'event', data: {} } as const;
    await store.commit(change({ recovery: ended(2), from: 1, retention: dates, audit: [end] }));
    expect(await store.nextErasure()).toBe(30);
    expect(await store.dueErasures(29, 10)).toEqual([]);
    const due = await store.dueErasures(30, 10);
    expect(due.map((date) => date.class)).toEqual(['evidence', 'personalData']);
    const erased = { at: 30, kind: 'erased', data: { class: 'evidence', entries: [1] } } as const;
    const erasure = { class: 'evidence', entries: [1], ledger: false } as const;
    const erase = (version: number) =>
      store.commit(change({ recovery: ended(version + 1), from: version, audit: [erased], erasure }));
    expect(await erase(2)).toBe('committed');
    expect(await erase(3)).toBe('stale');
    expect((await store.load('r1'))?.recovery.version).toBe(3);
    expect(await store.dueErasures(30, 10)).toEqual([{ recoveryId: 'r1', class: 'personalData', dueAt: 30 }]);
    expect((await store.audit('r1')).map(({ kind, data }) => [kind, data.erased])).toEqual([
      ['start', true],
      ['event', undefined],
      ['erased', undefined],
    ]);
    expect(await store.tamperings()).toEqual([]);
    await store.close();
  });

  test('R51: passes over the active recoveries of versions that nobody here knows, and over no others', async () => {
    const store = await (await kind.place())();
    const begin = (id: string, machineVersion: string, dueAt: number, part: Partial<RecoveryRecord> = {}) =>
      store.commit(
        change({
          recovery: recovery({ id, accountId: id, machineVersion, ...part }),
          timers: [timer('a', dueAt)],
          requests: [{ ...request('k1'), recoveryId: id }],
          awaited: ['k1'],
        }),
      );
    await begin('r1', '1', 20);
    await begin('r2', '2', 10);
    await begin('r3', '2', 5, { status: 'done', live: false }); // its last notice is still to be sent
    await begin('r4', '3', 1);
    expect(await store.activeVersions()).toEqual(['1', '2', '3']);
    expect(await store.activeOf('2')).toEqual(['r2']);
    expect((await store.due(30, 10)).map(({ recoveryId }) => recoveryId)).toEqual(['r4', 'r3', 'r2', 'r1']);
    await store.shared?.release();
    expect((await store.due(30, 10, ['2', '3'])).map(({ recoveryId }) => recoveryId)).toEqual(['r3', 'r1']);
    await store.shared?.release();
    expect([await store.nextDue(), await store.nextDue(['3']), await store.nextDue(['1', '2', '3'])]).toEqual([
      1, 5, 5,
    ]);
    expect((await store.pendingRequests(10, ['2'])).map(({ recoveryId }) => recoveryId).sort()).toEqual([
      'r1',
      'r3',
      'r4',
    ]);
    await store.close();
  });

  test('R51: the structure of a version holds while a recovery of it is active', async () => {
    const store = await (await kind.place())();
    expect(await store.keepStructure('1', 'old')).toBe('old');
    expect(await store.keepStructure('1', 'new')).toBe('new');
    await store.commit(change());
    expect(await store.keepStructure('1', 'newer')).toBe('new');
    expect(await store.keepStructure('2', 'newer')).toBe('newer');
    await store.commit(change({ recovery: recovery({ version: 2, status: 'done' }), from: 1 }));
    expect(await store.keepStructure('1', 'newer')).toBe('newer');
    await store.close();
  });

  describe('limits', () => {
    const own = { key: 'address:1', most: 2, span: 1_000 };
    const shared = { key: 'account:a1', most: 3, span: 1_000 };

    test('R14: count together or not at all: who is refused takes nothing from others', async () => {
      const store = await (await kind.place())();
      for (const wanted of [100, 100, 1_100, 1_100, 1_100]) expect(await store.take([own, shared], 100)).toBe(wanted);
      expect(await store.take([shared], 100)).toBe(100); // the third, not the sixth
      expect(await store.take([shared], 100)).toBe(1_100);
      expect(await store.take([own, shared], 1_100)).toBe(1_100);
      await store.close();
    });

    test('R44: what a clock that was wrong has left does not last', async () => {
      const store = await (await kind.place())();
      for (let count = 0; count < 3; count++) await store.take([own], 1_000_000);
      expect(await store.take([own], 100)).toBe(100);
      await store.close();
    });
  });
});
