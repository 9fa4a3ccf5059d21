import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Change, Store } from '../../src/store/types.ts';
import { change, recovery, timer } from '../store/changes.ts';
import { Server } from './server.ts';

/** What a process keeps of a recovery is used only where it is what is stored. */

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
const last: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of last.splice(0).reverse()) await end();
});

async function two(): Promise<{ one: Store; other: Store; url: string }> {
  const url = await server.database();
  const [one, other] = [await openPostgres(url), await openPostgres(url)];
  last.push(
    () => one.close(),
    () => other.close(),
  );
  return { one, other, url };
}

const next = (state: string, part: Partial<Change> = {}): Change =>
  change({
    recovery: recovery({ state, version: 2, snapshot: { value: state } }),
    from: 1,
    audit: [{ at: 20, kind: 'event', data: { to: state } }],
    ...part,
  });

test('the same objects are given again as long as nobody else has written', async () => {
  const { one } = await two();
  await one.commit(change());
  const loaded = await one.load('r1');
  expect((await one.load('r1'))?.recovery).toBe(loaded?.recovery);
  await one.record('r1', [{ at: 15, kind: 'refused', data: {} }]);
  expect((await one.load('r1'))?.recovery).toBe(loaded?.recovery);
  expect(await one.commit(next('own'))).toBe('committed');
  expect(await one.tamperings()).toEqual([]);
});

test('what another process has written is seen, and nothing is written over it', async () => {
  const { one, other } = await two();
  await one.commit(change({ timers: [timer('a', 30)] }));
  await one.load('r1');
  expect(await other.commit(next('theirs', { timers: [timer('b', 40)] }))).toBe('committed');
  expect(await one.commit(next('own'))).toBe('stale');
  expect(await one.load('r1')).toEqual({ recovery: next('theirs').recovery, timers: [timer('b', 40)] });
});

test('what another process has noted is chained to, after one try', async () => {
  const { one, other } = await two();
  await one.commit(change());
  await one.load('r1');
  await other.record('r1', [{ at: 15, kind: 'refused', data: {} }]);
  expect(await one.commit(next('own'))).toBe('stale');
  await one.load('r1');
  expect(await one.commit(next('own'))).toBe('committed');
  expect(await one.tamperings()).toEqual([]);
});

test('the same version with another history, as on a server that lost commits, is another stand', async () => {
  const { one, other, url } = await two();
  await one.commit(change());
  await one.load('r1');
  await one.commit(next('lost'));
  await one.load('r1');
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`delete from audit; delete from recoveries`);
  await client.end();
  await other.commit(change());
  await other.commit(next('theirs'));
  expect((await one.load('r1'))?.recovery.state).toBe('theirs');
  expect(await one.record('r1', [{ at: 25, kind: 'refused', data: {} }])).toBe(true);
  expect((await one.load('r1'))?.recovery.state).toBe('theirs');
});
