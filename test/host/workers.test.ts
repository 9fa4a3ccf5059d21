import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import type { Recoveries, RecoveriesOptions } from '../../src/host/api.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Store } from '../../src/store/types.ts';
import { Server } from '../postgres/server.ts';

/** Several hosts on one database, here in one process: each has a store of its own, and nothing else in common. */

const LEASE = 1_500; // ms
let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
const last: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of last.splice(0).reverse()) await end();
});

interface Worker {
  host: Recoveries;
  store: Store;
  calls: PortCall[];
}

async function worker(
  url: string,
  part: Partial<Ports> = {},
  options: Partial<RecoveriesOptions> = {},
  lease = LEASE,
): Promise<Worker> {
  const store = await openPostgres({ url, lease, connections: 4 });
  const calls: PortCall[] = [];
  const all = Object.entries({ ...agreeablePorts(() => sandboxAccount()), ...part }).map(([port, carryOut]) => [
    port,
    (input: never, call: PortCall) => {
      calls.push(call);
      return (carryOut as (input: never, call: PortCall) => Promise<unknown>)(input, call);
    },
  ]);
  const host = await createRecoveries({
    store,
    ports: Object.fromEntries(all),
    sealingKey: 'a key for these tests',
    onError: () => {}, // of a host whose store was taken away
    ...options,
  });
  let open = true;
  last.push(async () => {
    if (!open) return;
    open = false;
    await host.close();
    await store.close();
  });
  return { host, store, calls };
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await setTimeout(20);
}

const hang = (_: unknown, { signal }: PortCall) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

async function atTheBank({ host }: Worker): Promise<string> {
  const { recoveryId: id } = await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await until(async () => (await host.get(id)).state === 'choosing.offering');
  await host.send(id, { type: 'path.choose', path: 'bankCard' });
  await until(async () => (await host.get(id)).state === 'verifying.bankCard.selectingCard');
  await host.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  return id;
}

const bank = ({ calls }: Worker) => calls.filter(({ step }) => step === 'verifyBankCard');

describe('two hosts on one database', () => {
  test('each hears at once of what the other did', async () => {
    const url = await server.database();
    const [one, other] = [await worker(url), await worker(url)];
    const seen: string[] = [];
    other.host.onChange(({ state }) => seen.push(state));
    await setTimeout(200); // the other one listens
    const { recoveryId: id } = await one.host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    await until(() => seen.includes('choosing.offering'));
    expect(seen).toEqual(['assessing.loading', 'assessing.rating', 'choosing.offering']);
    await other.host.send(id, { type: 'recovery.cancel' });
    expect((await one.host.get(id)).state).toBe('cancelled');
  });

  test('a call is made by the one that asked for it, for longer than its lease, and by no other', async () => {
    const url = await server.database();
    const slow = async () => {
      await setTimeout(2 * LEASE);
      return { status: 'verified' as const };
    };
    const [one, other] = [await worker(url, { verifyBankCard: slow }), await worker(url)];
    const id = await atTheBank(one);
    await until(async () => (await one.host.get(id)).state === 'verifying.bankCard.awaitingCode');
    expect([bank(one).length, bank(other).length]).toEqual([1, 0]);
  });

  test('a call that the other one ends is broken off where it is made', async () => {
    const url = await server.database();
    const [one, other] = [await worker(url, { verifyBankCard: hang }), await worker(url)];
    const id = await atTheBank(one);
    await until(() => bank(one).length === 1);
    await other.host.send(id, { type: 'recovery.cancel' });
    await until(() => bank(one)[0]?.signal.aborted === true);
    expect((await one.host.audit(id)).filter(({ data }) => data.port === 'verifyBankCard')).toEqual([]);
  });

  test('what one leaves that is gone without a word, the other goes on with, under the same key, once', async () => {
    const url = await server.database();
    const [one, other] = [await worker(url, { verifyBankCard: hang }), await worker(url)];
    const id = await atTheBank(one);
    await until(() => bank(one).length === 1);
    await one.store.close(); // it can neither keep its calls nor give them back
    await until(async () => (await other.host.get(id)).state === 'verifying.bankCard.awaitingCode');
    expect(bank(other).map(({ key }) => key)).toEqual(bank(one).map(({ key }) => key));
    const answers = (await other.host.audit(id)).filter(({ data }) => data.port === 'verifyBankCard');
    expect(answers.map(({ kind }) => kind)).toEqual(['answer']);
  });

  test('an answer that comes after another host has given one is dropped', async () => {
    const url = await server.database();
    let say = () => {};
    const late = () =>
      new Promise<{ status: 'verified' }>((resolve) => {
        say = () => resolve({ status: 'verified' });
      });
    const one = await worker(url, { verifyBankCard: late }, {}, 60_000); // it will not look again before that
    const id = await atTheBank(one);
    await until(() => bank(one).length === 1);
    await server.run('update requests set leased_until = 0', new URL(url).pathname.slice(1)); // it slept
    const other = await worker(url);
    await until(async () => (await other.host.get(id)).state === 'verifying.bankCard.awaitingCode');
    say();
    const trail = async () => (await other.host.audit(id)).filter(({ data }) => data.port === 'verifyBankCard');
    await until(async () => (await trail()).length === 2);
    expect((await trail()).map(({ kind }) => kind)).toEqual(['answer', 'dropped']);
  });

  test('timers that are due at once are processed once each, whoever wakes', async () => {
    const url = await server.database();
    const shift = { by: 0 };
    const clock = { now: () => Date.now() + shift.by, at: systemClock.at };
    const [one, other] = [await worker(url, {}, { clock }), await worker(url, {}, { clock })];
    const starts = Array.from({ length: 40 }, (_, index) =>
      one.host.start({ accountId: `a${index}`, device: { deviceId: 'd1' } }),
    );
    const ids = (await Promise.all(starts)).map(({ recoveryId }) => recoveryId);
    await Promise.all([one.host.idle(), other.host.idle()]);
    shift.by = 31 * 60_000;
    await Promise.all([one.host.processDue(), other.host.processDue()]);
    for (const id of ids) {
      const timers = (await one.host.audit(id)).filter(({ kind }) => kind === 'timer');
      expect(timers).toHaveLength(1);
      expect((await one.host.get(id)).state).toBe('expired');
    }
  });

  test('twenty starts at once of one account, at both, give one recovery', async () => {
    const url = await server.database();
    const workers = [await worker(url), await worker(url)];
    const starts = Array.from({ length: 20 }, (_, index) =>
      workers[index % 2]?.host.start({ accountId: 'a1', device: { deviceId: 'd1' } }),
    );
    const ids = new Set((await Promise.all(starts)).map((started) => started?.recoveryId));
    expect(ids.size).toBe(1);
  });

  test('fifty events at once, at both: one is taken, each refusal is written down, the trail holds', async () => {
    const url = await server.database();
    const [one, other] = [await worker(url), await worker(url)];
    const { recoveryId: id } = await one.host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    await until(async () => (await one.host.get(id)).state === 'choosing.offering');
    const sends = Array.from({ length: 50 }, (_, index) =>
      (index % 2 ? one : other).host.send(id, { type: 'path.choose', path: 'bankCard' }),
    );
    const results = await Promise.allSettled(sends);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await one.host.audit(id)).filter(({ kind }) => kind === 'refused')).toHaveLength(49);
    expect(await one.store.tamperings()).toEqual([]);
  });
});

test('a server that is gone for a while is waited for; one that stays away is told', async () => {
  const own = await Server.start();
  last.push(() => own.stop());
  const url = await own.database();
  const store = await openPostgres({ url, patience: 8_000, connectTimeout: 500 });
  last.push(() => store.close());
  const host = await createRecoveries({ store, ports: agreeablePorts(() => sandboxAccount()), onError: () => {} });
  last.push(() => host.close());
  await own.signal('SIGQUIT');
  const starting = host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await setTimeout(300);
  await own.up();
  const { recoveryId } = await starting;
  await until(async () => (await host.get(recoveryId)).state === 'choosing.offering');

  const hasty = await openPostgres({ url, patience: 200 });
  last.push(() => hasty.close());
  await own.signal('SIGQUIT');
  await expect(hasty.load(recoveryId)).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringMatching(/^postgres:\/\/127\.0\.0\.1:\d+\/\w+ cannot be used: /),
  });
  await own.up();
  expect((await hasty.load(recoveryId))?.recovery.id).toBe(recoveryId);
});
