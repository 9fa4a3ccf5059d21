import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { bankCard } from '../../machines/bank-card.ts';
import type { PathInput } from '../../machines/path.ts';
import { port } from '../../machines/ports.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Ports } from '../../src/adapters/ports.ts';
import type { RecoveriesOptions } from '../../src/host/api.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');

/** Ports and charts that go wrong in ways that they should not. */
async function hosted(part: Partial<Ports>, options: Partial<RecoveriesOptions> = {}) {
  const clock = createVirtualClock(START);
  const store = await openSqlite(':memory:');
  const errors: unknown[] = [];
  const host = await createRecoveries({
    store,
    clock,
    ports: { ...agreeablePorts(() => sandboxAccount()), ...part },
    retryDelay: () => 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  const { recoveryId } = await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await host.idle();
  return { host, clock, errors, recoveryId, end: () => host.close().then(() => store.close()) };
}

test('a machine that fails on an answer leaves the recovery stuck, not silent', async () => {
  const faulty = setup({
    types: { input: {} as PathInput },
    actors: { crossCheckDevice: port('crossCheckDevice') },
    actions: {
      fail: () => {
        throw new Error('a fault of the chart');
      },
    },
  }).createMachine({
    id: 'bankCard',
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          src: 'crossCheckDevice',
          input: { accountId: 'a1', device: { deviceId: 'd1' } },
          onDone: { actions: 'fail' },
        },
      },
    },
  });
  const { host, errors, recoveryId, end } = await hosted({}, { paths: [{ ...bankCard, machine: faulty }] });
  await host.send(recoveryId, { type: 'path.choose', path: 'bankCard' });
  await host.idle();
  expect((await host.get(recoveryId)).status).toBe('stuck');
  expect((await host.audit(recoveryId)).at(-1)).toMatchObject({ kind: 'stuck' });
  expect(String(errors[0])).toContain('a fault of the chart');
  await end();
});

test('R9: a port that throws at once, without a promise, does not bring a secret into the audit trail', async () => {
  const { host, recoveryId, end } = await hosted({
    checkCode: ({ code }) => {
      throw new Error(`cannot read ${code}`);
    },
  });
  await host.send(recoveryId, { type: 'path.choose', path: 'bankCard' });
  await host.idle();
  await host.send(recoveryId, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  await host.idle();
  await host.send(recoveryId, { type: 'code.submit', code: '918273' });
  await host.idle();
  const trail = JSON.stringify(await host.audit(recoveryId));
  expect(trail).toContain('cannot read [secret]');
  expect(trail).not.toContain('918273');
  await end();
});

test('R36: a notice whose gateway never answers is tried again', async () => {
  let calls = 0;
  let release: () => void = () => {};
  const hung = new Promise<void>((resolve) => {
    release = resolve;
  });
  const clock = createVirtualClock(START);
  const { host, recoveryId, end } = await hosted(
    {
      notify: async () => {
        calls += 1;
        if (calls === 1) await Promise.race([hung, clock.wait(Number.POSITIVE_INFINITY)]); // heeds no signal
        return {};
      },
    },
    { clock },
  );
  await clock.advance(31_000);
  expect(calls).toBe(2);
  expect((await host.audit(recoveryId)).filter(({ kind }) => kind === 'notice').map(({ data }) => data.ok)).toEqual([
    true,
  ]);
  release();
  await end();
});

test('R36: a notice whose time passes before it could be made brings nothing down', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  let tries = 0;
  const clock = createVirtualClock(START);
  const cancel = async () => {
    tries += 1;
    if (tries === 1) throw new Error('no key to sign with');
    return 'token';
  };
  const { host, recoveryId, end } = await hosted({}, { clock, linkTokens: { cancel, contact: cancel } });
  await clock.advance(31_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
  expect((await host.audit(recoveryId)).filter(({ kind }) => kind === 'notice').map(({ data }) => data.ok)).toEqual([
    true,
  ]);
  process.off('unhandledRejection', note);
  await end();
});
