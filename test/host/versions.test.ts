import { afterEach, describe, expect, test } from 'vitest';
import { createRecoveryMachine } from '../../machines/recovery.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Ports } from '../../src/adapters/ports.ts';
import type { Stored } from '../../src/core/index.ts';
import type { Recoveries, RecoveriesOptions } from '../../src/host/api.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { Refusal } from '../../src/host/refusal.ts';
import type { OlderVersion } from '../../src/host/versions.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { after, before } from './stamp.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const hosts: Recoveries[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  for (const store of stores.splice(0)) await store.close();
});

/** A service on one store, which is shut down and started again in other versions. */
async function service(part: Partial<Ports> = {}) {
  const clock = createVirtualClock(START);
  const store = await openSqlite(':memory:');
  stores.push(store);
  const errors: Error[] = [];
  const calls: string[] = [];
  let ids = 0;
  const base = { ...agreeablePorts(() => sandboxAccount()), ...part };
  const ports = Object.fromEntries(
    Object.entries(base).map(([port, carryOut]) => [
      port,
      (input: never, call: never) => {
        calls.push(port);
        return carryOut(input, call);
      },
    ]),
  ) as Ports;
  const start = async (options: Partial<RecoveriesOptions>) => {
    const host = await createRecoveries({
      store,
      ports,
      clock,
      retryDelay: () => 0,
      newId: () => `r${++ids}`,
      onError: (error) => errors.push(error as Error),
      ...options,
    });
    hosts.push(host);
    await host.idle();
    return host;
  };
  const next = async (options: Partial<RecoveriesOptions>) => {
    await hosts.pop()?.close();
    return start(options);
  };
  return { clock, store, errors, calls, start, next };
}

/** A recovery whose owner has chosen the ninth path. */
async function begun(host: Recoveries, accountId = 'a1') {
  const { recoveryId } = await host.start({ accountId, device: { deviceId: 'd1' } });
  await host.idle();
  await host.send(recoveryId, { type: 'path.choose', path: 'stamp' });
  await host.idle();
  return recoveryId;
}

const stamp = async (host: Recoveries, id: string, type: 'stamp.show' | 'stamp.confirm' = 'stamp.show') => {
  await host.send(id, { type } as never);
  await host.idle();
  return (await host.get(id)).state;
};

const refusalOf = async (act: Promise<unknown>) => {
  const error = await act.catch((thrown: unknown) => thrown);
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${error}`);
  return error;
};

const FIRST = { paths: before, version: '1' };
const SECOND = { paths: after, version: '2' };

/** From the first version to the second: a state has another name. */
const rename = ({ snapshot, timers, calls }: Stored): Stored => ({
  snapshot: JSON.parse(JSON.stringify(snapshot).replace('"value":"waiting"', '"value":"presenting"')),
  timers: timers.map((timer) => JSON.parse(JSON.stringify(timer).replaceAll('stamp.waiting', 'stamp.presenting'))),
  calls,
});
const migration: OlderVersion = { to: '2', migrate: rename };

describe('a recovery that began with an older version', () => {
  test('R51: goes on with the machine it began with; a new one begins with the new', async () => {
    const { next } = await service();
    const old = await begun(await next(FIRST));
    const host = await next({ ...SECOND, versions: { 1: { paths: before } } });
    const young = await begun(host, 'a2');
    expect((await host.get(old)).state).toBe('verifying.stamp.waiting');
    expect((await host.get(old)).allowed).toContain('stamp.show');
    expect((await host.get(young)).state).toBe('verifying.stamp.presenting');
    expect((await refusalOf(stamp(host, old, 'stamp.confirm'))).code).toBe('invalidEvent');
    expect(await stamp(host, old)).toBe('settingPassword.awaiting');
    expect(await stamp(host, young)).toBe('verifying.stamp.confirming');
    expect(await stamp(host, young, 'stamp.confirm')).toBe('settingPassword.awaiting');
    expect((await host.list()).map(({ machineVersion }) => machineVersion)).toEqual(['1', '2']);
    expect(host.leftUntouched).toEqual([]);
  });

  test('R51: keeps its deadlines, and its calls are answered, with the old machine', async () => {
    let hang = true;
    const { clock, next } = await service({
      crossCheckDevice: (_, { signal }) =>
        hang
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : Promise.resolve({ ok: true }),
    });
    const first = await next(FIRST);
    const [waiting, calling] = [await begun(first), await begun(first, 'a2')];
    await first.send(calling, { type: 'stamp.show' } as never);
    hang = false;
    const host = await next({ ...SECOND, versions: { 1: { paths: before } } });
    expect((await host.get(calling)).state).toBe('settingPassword.awaiting');
    await clock.advance(30 * MINUTE);
    expect((await host.get(waiting)).state).toBe('choosing.offering');
  });

  test('R51: is migrated by the function given for that, and keeps its deadlines', async () => {
    const { clock, store, next } = await service();
    const first = await next(FIRST);
    const id = await begun(first);
    const was = await first.get(id);
    await clock.advance(10 * MINUTE);
    const host = await next({ ...SECOND, versions: { 1: migration } });
    const is = await host.get(id);
    expect(is.state).toBe('verifying.stamp.presenting');
    expect(is.deadlines).toEqual(was.deadlines);
    expect((await host.audit(id)).filter(({ kind }) => kind === 'migrated')).toEqual([
      {
        seq: expect.any(Number),
        at: START + 10 * MINUTE,
        kind: 'migrated',
        data: { fromVersion: '1', toVersion: '2', from: was.state, to: is.state },
      },
    ]);
    expect((await host.list())[0]).toMatchObject({ machineVersion: '2', version: was.version + 1, live: true });
    expect(await store.tamperings()).toEqual([]);
    expect(await stamp(host, id)).toBe('verifying.stamp.confirming');
    await clock.advance(30 * MINUTE);
    expect((await host.get(id)).state).toBe('choosing.offering');
  });

  test('R51: is migrated with its call under way, which is answered once', async () => {
    let hang = true;
    const { calls, next } = await service({
      crossCheckDevice: (_, { signal }) =>
        hang
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : Promise.resolve({ ok: true }),
    });
    const first = await next(FIRST);
    const id = await begun(first);
    await first.send(id, { type: 'stamp.show' } as never);
    hang = false;
    const host = await next({ ...SECOND, versions: { 1: migration } });
    expect((await host.get(id)).state).toBe('verifying.stamp.confirming');
    expect(calls.filter((port) => port === 'crossCheckDevice')).toHaveLength(2); // broken off, and made again
  });

  test('R51: is migrated over several versions at once', async () => {
    const { next } = await service();
    const id = await begun(await next(FIRST));
    const same = (stored: Stored) => stored;
    const host = await next({
      ...SECOND,
      version: '4',
      versions: { 1: migration, 2: { to: '3', migrate: same }, 3: { to: '4', migrate: same } },
    });
    expect((await host.list())[0]?.machineVersion).toBe('4');
    expect(await stamp(host, id)).toBe('verifying.stamp.confirming');
  });

  test('R51: is migrated when it appears while the service runs', async () => {
    const { clock, start } = await service();
    const host = await start({ ...SECOND, versions: { 1: migration } });
    const older = await start(FIRST); // a process that is not replaced yet
    const [sent, due] = [await begun(older), await begun(older, 'a2')];
    await hosts.pop()?.close();
    expect(await stamp(host, sent)).toBe('verifying.stamp.confirming');
    await clock.advance(30 * MINUTE);
    expect((await host.get(due)).state).toBe('choosing.offering');
    expect((await host.list()).map(({ machineVersion }) => machineVersion)).toEqual(['2', '2']);
  });

  test('one that is over is not migrated, and shown as it ended', async () => {
    const { next } = await service();
    const first = await next(FIRST);
    const id = await begun(first);
    await first.send(id, { type: 'recovery.cancel' });
    await first.idle();
    const was = await first.get(id);
    const host = await next({ ...SECOND, versions: { 1: migration } });
    expect(await host.get(id)).toMatchObject({ state: 'cancelled', output: was.output, allowed: [] });
    expect((await host.list())[0]?.machineVersion).toBe('1');
    expect((await refusalOf(host.send(id, { type: 'recovery.cancel' }))).code).toBe('notAccepted');
    expect(host.leftUntouched).toEqual([]);
  });

  test('a recovery keeps the policy it began with; a new one gets the new', async () => {
    const { clock, next } = await service();
    const first = await next({ ...FIRST, policy: { version: 'p1', recovery: { idleTimeout: '10m' } } });
    const old = await begun(first);
    const host = await next({ ...FIRST, policy: { version: 'p2', recovery: { idleTimeout: '20m' } } });
    const young = await begun(host, 'a2');
    expect((await host.list()).map(({ policyVersion }) => policyVersion)).toEqual(['p1', 'p2']);
    await clock.advance(10 * MINUTE);
    expect((await host.get(old)).state).toBe('choosing.offering');
    await host.send(old, { type: 'path.choose', path: 'stamp' }); // what begins now, too, has the old figures
    await clock.advance(10 * MINUTE);
    expect([(await host.get(old)).state, (await host.get(young)).state]).toEqual([
      'choosing.offering',
      'choosing.offering',
    ]);
    const idle = (await host.audit(young))
      .filter(({ kind }) => kind === 'timer')
      .map(({ at }) => (at - START) / MINUTE);
    expect(idle).toEqual([20]);
  });
});

describe('a recovery of a version that is not known', () => {
  test('R51: is left untouched, is named at the start, and can be gone on with later', async () => {
    const { clock, store, errors, calls, next } = await service({ notify: async () => ({}) });
    const first = await next(FIRST);
    const id = await begun(first);
    const was = await store.load(id);
    const host = await next(SECOND);
    expect(host.leftUntouched).toEqual([
      { machineVersion: '1', reason: 'unknownVersion', count: 1, recoveryIds: [id] },
    ]);
    expect(errors).toEqual([expect.objectContaining({ name: 'VersionError', code: 'unknownVersion' })]);
    expect(errors[0]?.message).toMatch(/1 recovery under way \(r1\) began with version '1'.*Give it in `versions`/);

    const young = await begun(host, 'a2');
    const made = calls.length;
    const refusal = await refusalOf(host.send(id, { type: 'recovery.cancel' }));
    expect(refusal).toMatchObject({ code: 'conflict', reason: 'unknownVersion' });
    await clock.advance(120 * MINUTE);
    expect(await store.load(id)).toEqual(was);
    expect((await host.audit(id)).at(-1)).toMatchObject({ kind: 'refused', data: { code: 'conflict' } });
    expect((await host.get(young)).state).toBe('expired'); // its timers are fired nonetheless
    expect(calls.length).toBeGreaterThan(made);
    expect(await host.get(id)).toMatchObject({
      state: 'verifying.stamp.waiting',
      status: 'active',
      allowed: [],
      deadlines: [],
    });

    const later = await next({ ...SECOND, versions: { 1: { paths: before } } });
    expect(later.leftUntouched).toEqual([]);
    const timers = (await later.audit(id))
      .filter(({ kind }) => kind === 'timer')
      .map(({ at }) => (at - START) / MINUTE);
    expect(timers).toEqual([30, 60]);
  });

  test('R51: makes no call', async () => {
    let calls = 0;
    const { next } = await service({
      crossCheckDevice: (_, { signal }) => {
        calls += 1;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const first = await next(FIRST);
    await first.send(await begun(first), { type: 'stamp.show' } as never);
    await next(SECOND);
    expect(calls).toBe(1);
  });

  test('R51: is named once when it appears while the service runs', async () => {
    const { clock, errors, start } = await service();
    const host = await start(FIRST);
    const younger = await start(SECOND); // a process that was replaced already
    const id = await begun(younger);
    await begun(younger, 'a2');
    await hosts.pop()?.close();
    await begun(host, 'a3');
    await clock.advance(120 * MINUTE);
    expect((await refusalOf(host.send(id, { type: 'recovery.cancel' }))).reason).toBe('unknownVersion');
    expect(errors).toEqual([expect.objectContaining({ code: 'unknownVersion' })]);
    expect(host.leftUntouched).toMatchObject([{ machineVersion: '2', recoveryIds: expect.arrayContaining([id]) }]);
    expect((await host.get('r3')).state).toBe('expired');
  });
});

describe('a migration that fails', () => {
  const withSnapshot = (stored: Stored, change: (text: string) => string): Stored => ({
    ...stored,
    snapshot: JSON.parse(change(JSON.stringify(stored.snapshot))),
  });
  const failing: [string, string, (stored: Stored) => Stored][] = [
    [
      'throws',
      'no such contact',
      () => {
        throw new Error('no such contact');
      },
    ],
    ['gives nothing', 'gave no', () => undefined as never],
    ['leaves a state that is gone', 'waiting', (stored) => stored],
    [
      'names an actor that is gone',
      "made from 'seal'",
      (stored) => withSnapshot(rename(stored), (text) => text.replace('"src":"stamp"', '"src":"seal"')),
    ],
    [
      'leaves a deadline that nobody hears',
      'stamp.waiting',
      (stored) => ({ ...rename(stored), timers: stored.timers }),
    ],
    [
      'waits for a call that was never made',
      'never made',
      (stored) =>
        withSnapshot(rename(stored), (text) =>
          text.replace(
            '"children":{}',
            '"children":{"crossCheckDevice":{"src":"crossCheckDevice","syncSnapshot":false,"snapshot":{"status":"active"}}}',
          ),
        ),
    ],
  ];

  test.each(failing)('R51: one that %s leaves its recovery untouched, and no other', async (_, message, migrate) => {
    const { clock, store, errors, next } = await service();
    const first = await next(FIRST);
    const [bad, good] = [await begun(first), await begun(first, 'a2')];
    const was = await store.load(bad);
    const host = await next({
      ...SECOND,
      versions: {
        1: {
          to: '2',
          migrate: (stored) =>
            JSON.stringify(stored).includes('"recoveryId":"r1"') ? migrate(stored) : rename(stored),
        },
      },
    });
    expect(host.leftUntouched).toEqual([{ machineVersion: '1', reason: 'notMigrated', count: 1, recoveryIds: [bad] }]);
    expect(errors).toEqual([expect.objectContaining({ name: 'VersionError', code: 'notMigrated' })]);
    expect(errors[0]?.message).toContain(message);
    expect(await refusalOf(host.send(bad, { type: 'recovery.cancel' }))).toMatchObject({
      code: 'conflict',
      reason: 'notMigrated',
    });
    await clock.advance(60 * MINUTE);
    expect(await store.load(bad)).toEqual(was);
    expect((await host.get(bad)).state).toBe('verifying.stamp.waiting');
    expect((await host.get(good)).state).toBe('expired');
    expect(errors).toHaveLength(1);
  });
});

describe('a chart that was changed without a new version', () => {
  test('R51: is refused while recoveries are under way that began with the old one, with what changed', async () => {
    const { store, next } = await service();
    const first = await next(FIRST);
    const id = await begun(first);
    const was = await store.load(id);
    const refused = await next({ paths: after, version: '1' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'VersionError', code: 'machineChanged' });
    const { message } = refused as Error;
    expect(message).toMatch(/version '1' was changed.*Give the changed machine a version of its own/s);
    expect(message).toMatch(/No longer there:.*recovery\/stamp: .*New:.*recovery\/stamp: confirming/s);
    expect(await store.load(id)).toEqual(was);

    const again = await next(FIRST);
    await again.send(id, { type: 'recovery.cancel' });
    await again.idle();
    const changed = await next({ paths: after, version: '1' }); // nobody is under way any more
    expect(await stamp(changed, await begun(changed))).toBe('verifying.stamp.confirming');
  });

  test('R51: is refused as an older version, too', async () => {
    const { next } = await service();
    await begun(await next(FIRST));
    await expect(next({ ...SECOND, versions: { 1: { paths: after } } })).rejects.toMatchObject({
      code: 'machineChanged',
    });
  });
});

test.each([
  ['a migration to a version that is not known', { 1: { to: '9', migrate: rename } }, /'9'.*known are '2', '1'/],
  ['migrations in a circle', { 0: migrationTo('1'), 1: migrationTo('0') }, /circle: 0 → 1 → 0/],
  ['the version that is begun with as an older one', { 2: { paths: before } }, /versions\['2'\]/],
  [
    'a machine that calls itself otherwise',
    { 1: { paths: before, machine: createRecoveryMachine(before, '0') } },
    /version '0'/,
  ],
])('%s is told when the host is made', async (_, versions, message) => {
  const { next } = await service();
  const made = await next({ ...SECOND, versions: versions as Record<string, OlderVersion> }).catch(
    (error: unknown) => error,
  );
  expect(made).toMatchObject({
    name: 'VersionError',
    code: 'invalidVersions',
    message: expect.stringMatching(message),
  });
});

function migrationTo(to: string): OlderVersion {
  return { to, migrate: rename };
}
