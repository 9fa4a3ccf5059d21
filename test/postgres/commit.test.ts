import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Store } from '../../src/store/types.ts';
import { CommitRelay, type Held } from './commit-relay.ts';
import { Server } from './server.ts';

/** What came of a commit that nobody answered is found out: it is neither done twice nor forgotten. */

const STATEMENT = 1_000; // ms
const START = { accountId: 'a1', device: { deviceId: 'd1' } };

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
const last: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of last.splice(0).reverse()) await end();
});

interface Made {
  relay: CommitRelay;
  store: Store;
  host: Recoveries;
  url: string;
}

async function made(to = server): Promise<Made> {
  const url = await to.database();
  const relay = await CommitRelay.open(to.port);
  last.push(() => relay.close());
  const through = url.replace(`:${to.port}/`, `:${relay.port}/`);
  const store = await openPostgres({ url: through, statementTimeout: STATEMENT, connections: 4 });
  last.push(() => store.close());
  const ports = agreeablePorts(() => sandboxAccount());
  const host = await createRecoveries({ store, ports, sealingKey: 'a key for these tests', onError: () => {} });
  last.push(() => host.close());
  return { relay, store, host, url };
}

/** Begun once, as far as whoever asked was told, and as far as the store knows. */
async function begunOnce({ host, store }: Made, starting: ReturnType<Recoveries['start']>): Promise<void> {
  const { recoveryId, existing } = await starting;
  expect(existing).toBe(false);
  expect((await host.audit(recoveryId)).filter(({ kind }) => kind === 'start')).toHaveLength(1);
  expect(await store.list({})).toHaveLength(1);
  expect(await store.tamperings()).toEqual([]);
}

test('a commit that goes through, and whose answer never arrives', async () => {
  const here = await made();
  here.relay.next(({ far, commit }) => far.write(commit));
  await begunOnce(here, here.host.start(START));
});

test('a commit that goes through when the connection is lost already', async () => {
  const here = await made();
  here.relay.next(async ({ near, far, commit }) => {
    near.destroy();
    await setTimeout(STATEMENT / 2);
    far.write(commit);
  });
  await begunOnce(here, here.host.start(START));
});

test('a commit that never arrives, on a connection that the server believes in', async () => {
  const here = await made();
  here.relay.next(({ near }) => near.destroy());
  await begunOnce(here, here.host.start(START));
});

test('a commit that arrives when it was given up', async () => {
  const here = await made();
  here.relay.next(({ near, far, commit }) => near.once('close', () => far.write(commit)));
  await begunOnce(here, here.host.start(START));
});

test.each([
  ['the server', (own: Server) => own.signal('SIGKILL')],
  ['one of its processes', killOne],
])('a commit that was lost with a crash of %s, which then gave its number to another', async (_, kill) => {
  const own = await Server.start();
  last.push(() => own.stop());
  await own.run("alter system set wal_writer_delay = '10s'"); // what is written waits for a commit to be kept
  await own.run('select pg_reload_conf()');
  const here = await made(own);
  const held = new Promise<Held>((resolve) => here.relay.next(resolve));
  const request = { idempotencyKey: 'k1' };
  const starting = here.host.start(START, undefined, request).catch((error: Error) => error.name);
  const { near } = await held;
  await kill(own);
  await own.up();
  for (let others = 0; others < 5; others++) {
    await own.run(`create table other${others} ()`, new URL(here.url).pathname.slice(1));
  }
  near.destroy();
  expect(await starting).toBe('StoreUnavailable'); // it cannot be known any more; whoever is told so asks again under his key
  await begunOnce(here, here.host.start(START, undefined, request));
});

async function killOne(own: Server): Promise<void> {
  const client = new pg.Client(own.url());
  const ended = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  process.kill(rows[0].pid, 'SIGKILL');
  await ended;
}

test('a row that another one keeps for longer than a statement may take is waited for', async () => {
  const { host, store, url } = await made();
  const { recoveryId } = await host.start(START);
  while ((await host.get(recoveryId)).state !== 'choosing.offering') await setTimeout(20);
  const other = new pg.Client(url);
  await other.connect();
  last.push(() => other.end());
  await other.query('begin');
  await other.query('select * from recoveries for update');
  const sending = host.send(recoveryId, { type: 'path.choose', path: 'bankCard' });
  await setTimeout(2 * STATEMENT);
  await other.query('commit');
  expect((await sending).state).not.toBe('choosing.offering');
  expect(await store.tamperings()).toEqual([]);
});
