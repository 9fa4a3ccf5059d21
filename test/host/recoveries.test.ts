import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import type { Recoveries, RecoveriesOptions } from '../../src/host/api.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { PolicyError } from '../../src/host/policy.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { Refusal } from '../../src/host/refusal.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'regain-host-'));
let files = 0;
const open: { host: Recoveries; store: Store }[] = [];

afterEach(async () => {
  for (const { host, store } of open.splice(0)) {
    await host.close();
    await store.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A host on a file of its own, with the calls that its ports got. */
async function hosted(part: Partial<Ports> = {}, options: Partial<RecoveriesOptions> = {}) {
  const clock = createVirtualClock(START);
  const calls: { port: string; call: PortCall }[] = [];
  const base = { ...agreeablePorts(() => sandboxAccount()), ...part };
  const ports = Object.fromEntries(
    Object.entries(base).map(([port, carryOut]) => [
      port,
      (input: never, call: PortCall) => {
        calls.push({ port, call });
        return carryOut(input, call);
      },
    ]),
  ) as Ports;
  const file = join(folder, `${++files}.sqlite`);
  const start = async () => {
    const store = await openSqlite(file, { synchronous: 'NORMAL' });
    const host = await createRecoveries({
      store,
      ports,
      clock,
      sealingKey: 'a key for these tests',
      retryDelay: () => 0,
      ...options,
    });
    const pair = { host, store };
    open.push(pair);
    return pair;
  };
  const first = await start();
  const restart = async () => {
    const last = open.pop();
    await last?.host.close();
    await last?.store.close();
    return (await start()).host;
  };
  const down = async () => {
    const last = open.pop();
    await last?.host.close();
    await last?.store.close();
  };
  return { ...first, clock, calls, restart, down, up: async () => (await start()).host, file };
}

const begin = async (host: Recoveries, deviceId = 'd1') => {
  const { recoveryId } = await host.start({ accountId: 'a1', device: { deviceId } });
  await host.idle();
  return recoveryId;
};

const refusalOf = async (act: Promise<unknown>): Promise<Refusal> => {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${error}`);
  return error;
};

describe('a host in one process', () => {
  test('R41: a 45-minute window is kept through a restart that comes after its end', async () => {
    const { host, clock, restart } = await hosted();
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'securityContacts' });
    await host.idle();
    await host.send(id, { type: 'contacts.request', contactIds: ['k1', 'k2'] });
    await clock.advance(10 * MINUTE);
    for (const contactId of ['k1', 'k2']) {
      await host.send(
        id,
        { type: 'contact.confirm', contactId, method: 'qr', token: 't' },
        { role: 'contact', id: contactId },
      );
    }
    await host.idle();
    await host.close();
    await clock.advance(60 * MINUTE); // nobody is awake at minute 45
    const later = await restart();
    await later.idle();
    const timers = (await later.audit(id))
      .filter(({ kind }) => kind === 'timer')
      .map(({ at }) => (at - START) / MINUTE);
    expect(timers).toEqual([5, 30, 45]);
    // The proof stands as of minute 45; the calls that follow from it could only be made now.
    expect((await later.get(id)).state).toBe('settingPassword.awaiting');
  });

  test('a call that was not answered is made again after a restart, under the same key', async () => {
    let hang = true;
    const { host, calls, restart } = await hosted({
      verifyBankCard: (_, { signal }) =>
        hang
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : Promise.resolve({ status: 'verified' }),
    });
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'bankCard' });
    await host.idle();
    await host.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
    hang = false;
    const later = await restart();
    await later.idle();
    expect((await later.get(id)).state).toBe('verifying.bankCard.awaitingCode');
    const keys = calls.filter(({ port }) => port === 'verifyBankCard').map(({ call }) => call.key);
    expect(keys).toEqual([`${id}/bankCard/verifyBankCard/1`, `${id}/bankCard/verifyBankCard/1`]);
  });

  test('R50: an answer that comes after its time is recorded and dropped', async () => {
    const { host, clock } = await hosted({
      verifyBankCard: () => clock.wait(MINUTE).then(() => ({ status: 'verified' as const })),
    });
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'bankCard' });
    await host.idle();
    await host.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
    await clock.advance(2 * MINUTE);
    expect((await host.get(id)).state).toBe('verifying.bankCard.selectingCard');
    const kinds = (await host.audit(id)).filter(({ data }) => data.port === 'verifyBankCard').map(({ kind }) => kind);
    expect(kinds).toEqual(['dropped']);
  });

  test('fifty of the same event at once: one is taken, the others are refused, nothing is lost', async () => {
    const { host, calls } = await hosted();
    const id = await begin(host);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => host.send(id, { type: 'path.choose', path: 'bankCard' })),
    );
    await host.idle();
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = (await host.audit(id)).filter(({ kind }) => kind === 'refused');
    expect(refused).toHaveLength(49);
    expect(calls.filter(({ port }) => port === 'loadAccount')).toHaveLength(2);
  });

  test('R48: twenty starts at once give one recovery; another device is refused', async () => {
    const { host } = await hosted();
    const starts = await Promise.all(
      Array.from({ length: 20 }, () => host.start({ accountId: 'a1', device: { deviceId: 'd1' } })),
    );
    expect(new Set(starts.map(({ recoveryId }) => recoveryId)).size).toBe(1);
    expect(starts.filter(({ existing }) => !existing)).toHaveLength(1);
    const refusal = await refusalOf(host.start({ accountId: 'a1', device: { deviceId: 'd2' } }));
    expect(refusal.code).toBe('conflict');
  });

  test('refusals say what was wrong, where, and what would be right', async () => {
    const { host } = await hosted();
    const id = await begin(host);
    const version = (await host.get(id)).version;
    const unknownEvent = await refusalOf(host.send(id, { type: 'path.chose' } as never));
    expect(unknownEvent).toMatchObject({ code: 'invalidEvent', field: 'type' });
    const wrongField = await refusalOf(host.send(id, { type: 'bankCard.submit', cardId: 'c1' } as never));
    expect(wrongField).toMatchObject({ code: 'invalidEvent', field: 'holderRef' });
    const notHere = await refusalOf(host.send(id, { type: 'code.resend' }));
    expect(notHere).toMatchObject({ code: 'notAccepted', allowed: ['path.choose', 'recovery.cancel'] });
    expect(notHere.message).toContain('accepted are path.choose, recovery.cancel');
    const notTheirs = await refusalOf(host.send(id, { type: 'review.approve' }));
    expect(notTheirs.code).toBe('notAuthorised');
    const otherContact = await refusalOf(
      host.send(id, { type: 'contact.deny', contactId: 'k1' }, { role: 'contact', id: 'k2' }),
    );
    expect(otherContact.code).toBe('notAuthorised');
    const otherDevice = await refusalOf(host.send(id, { type: 'recovery.cancel' }, { role: 'owner', deviceId: 'd2' }));
    expect(otherDevice.code).toBe('notAuthorised');
    expect((await refusalOf(host.send('nobody', { type: 'path.leave' }))).code).toBe('unknownRecovery');
    expect((await refusalOf(host.get('nobody'))).code).toBe('unknownRecovery');
    expect((await host.get(id)).version).toBe(version);
    expect((await host.audit(id)).filter(({ kind }) => kind === 'refused')).toHaveLength(6);
  });

  test('R43: the time of an event is the host’s, whatever the sender says', async () => {
    const { host } = await hosted();
    const id = await begin(host);
    const refusal = await refusalOf(host.send(id, { type: 'path.choose', path: 'voice', at: 0 } as never));
    expect(refusal).toMatchObject({ code: 'invalidEvent', field: 'at' });
  });

  test('R44: a clock that is set back revives nothing', async () => {
    let now = START;
    const alarms: { instant: number; callback: () => void }[] = [];
    const clock = {
      now: () => now,
      at: (instant: number, callback: () => void) => {
        const alarm = { instant, callback };
        alarms.push(alarm);
        return () => void alarms.splice(alarms.indexOf(alarm), 1);
      },
    };
    const { host } = await hosted({}, { clock });
    const id = await begin(host);
    now += 31 * MINUTE;
    const expired = await refusalOf(host.send(id, { type: 'path.choose', path: 'voice' }));
    expect(expired.code).toBe('notAccepted');
    now -= 60 * MINUTE;
    expect((await host.get(id)).state).toBe('expired');
    expect((await refusalOf(host.send(id, { type: 'path.choose', path: 'voice' }))).code).toBe('notAccepted');
  });

  test('R36: a notice that could not be sent is tried again, once for each key, and its failure is visible', async () => {
    let down = 2;
    const { host, calls } = await hosted({
      notify: async () => {
        if (down-- > 0) throw new Error('gateway down');
        return {};
      },
    });
    const id = await begin(host);
    const started = calls.filter(({ port }) => port === 'notify').map(({ call }) => call.key);
    expect(started).toEqual(Array.from({ length: 3 }, () => `${id}/recovery/notice/1`));
    expect((await host.audit(id)).filter(({ kind }) => kind === 'notice').map(({ data }) => data.ok)).toEqual([true]);
  });

  test('a bad policy is told when the host is made', async () => {
    await expect(hosted({}, { policy: { contacts: { quorum: 9 } } })).rejects.toThrow(
      new PolicyError('the policy cannot be used: contacts.quorum: must be at most contacts.maxPreset (5)'),
    );
    const misspelt = { contacts: { quorun: 3 } } as PolicyInput;
    await expect(hosted({}, { policy: misspelt })).rejects.toThrow(
      new PolicyError("the policy cannot be used: unknown key 'quorun' in contacts"),
    );
    const { host } = await hosted();
    await expect(host.start({ accountId: 'a1', device: { deviceId: 'd1' } }, misspelt)).rejects.toThrow(PolicyError);
  });

  test('onChange tells every committed change, in order', async () => {
    const { host } = await hosted();
    const seen: string[] = [];
    const end = host.onChange(({ version, state }) => seen.push(`${version} ${state}`));
    await begin(host);
    expect(seen).toEqual(['1 assessing.loading', '2 assessing.rating', '3 choosing.offering']);
    end();
  });

  test('what fell due while nobody was awake is processed in order, each notice once', async () => {
    const { host, clock, calls, down, up } = await hosted();
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'bankCard' });
    await host.idle();
    await down();
    await clock.advance(120 * MINUTE); // the path's wait and then the choice's run out
    const later = await up();
    await later.idle();
    expect((await later.get(id)).state).toBe('expired');
    const timers = (await later.audit(id))
      .filter(({ kind }) => kind === 'timer')
      .map(({ at }) => (at - START) / MINUTE);
    expect(timers).toEqual([30, 60]);
    const notices = calls.filter(({ port }) => port === 'notify').map(({ call }) => call.key);
    expect(notices).toEqual([1, 2, 3, 4].map((n) => `${id}/recovery/notice/${n}`));
  });

  test('a call whose time has passed while nobody was awake is not made', async () => {
    let hang = true;
    const { host, clock, calls, down, up } = await hosted({
      setPassword: (_, { signal }) =>
        hang
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : Promise.resolve({ ok: true }),
    });
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'biometric' });
    await host.idle();
    await host.send(id, { type: 'biometric.scan', captureRef: 'finger' });
    await host.idle();
    await host.send(id, { type: 'password.submit', password: '506172', confirmation: '506172' });
    await down();
    hang = false;
    await clock.advance(20 * MINUTE);
    const later = await up();
    await later.idle();
    expect((await later.get(id)).state).toBe('expired');
    expect(calls.filter(({ port }) => port === 'setPassword')).toHaveLength(1);
  });

  test('a recovery whose snapshot is broken gets stuck, and keeps nobody else from their time', async () => {
    const errors: unknown[] = [];
    const { host, clock, down, up, file } = await hosted({}, { onError: (error) => errors.push(error) });
    const broken = await begin(host);
    await host.send(broken, { type: 'path.choose', path: 'voice' });
    await clock.advance(MINUTE);
    const other = (await host.start({ accountId: 'a2', device: { deviceId: 'd1' } })).recoveryId;
    await host.idle();
    await down();
    const raw = new Database(file);
    raw
      .prepare('update recoveries set snapshot = replace(snapshot, \'"src":"voice"\', \'"src":"gone"\') where id = ?')
      .run(broken);
    raw.close();
    const later = await up();
    await clock.advance(60 * MINUTE);
    expect((await later.get(other)).state).toBe('expired');
    expect((await later.list({ status: 'stuck' })).map(({ id, live }) => ({ id, live }))).toEqual([
      { id: broken, live: false },
    ]);
    expect(String(errors[0])).toContain("made from 'gone'");
    const again = await later.start({ accountId: 'a1', device: { deviceId: 'd1' } }); // R30: the account is not shut out
    expect(again.existing).toBe(false);
  });

  test('R9: a port that puts a secret into its error does not bring it into the audit trail', async () => {
    const { host } = await hosted({
      checkCode: async ({ code }) => {
        throw new Error(`gateway refused ${code}`);
      },
    });
    const id = await begin(host);
    await host.send(id, { type: 'path.choose', path: 'bankCard' });
    await host.idle();
    await host.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
    await host.idle();
    await host.send(id, { type: 'code.submit', code: '918273' });
    await host.idle();
    await refusalOf(host.send(id, { type: 'password.submit 918273' } as never));
    await refusalOf(host.send(id, { type: 'code.resend', 918273: 1 } as never));
    const trail = JSON.stringify(await host.audit(id));
    expect(trail).toContain('gateway refused [secret]');
    expect(trail).not.toContain('918273');
  });

  test('R16: under the strict profile the owner is told of the account only after a first proof', async () => {
    const account = sandboxAccount({ cards: [] });
    const { host } = await hosted({ loadAccount: async () => account }, { policy: { profile: 'strict' } });
    const id = await begin(host);
    const blind = await host.get(id, { role: 'owner' });
    expect(blind.eligible).toHaveLength(8);
    expect(blind.ineligible).toEqual({});
    const refusal = await refusalOf(host.send(id, { type: 'path.choose', path: 'bankCard' }));
    expect(refusal).toMatchObject({ code: 'notEligible' });
    expect(refusal.reason).toBeUndefined();
    await host.send(id, { type: 'path.choose', path: 'biometric' });
    await host.idle();
    await host.send(id, { type: 'biometric.scan', captureRef: 'finger' });
    await host.idle();
    expect((await host.get(id, { role: 'owner' })).ineligible).toMatchObject({
      bankCard: 'noCard',
      biometric: 'alreadyProved',
    });
  });

  test('R32: the outcome holds no session token', async () => {
    const { host } = await hosted();
    const id = await begin(host);
    await host.send(id, { type: 'recovery.cancel' });
    expect((await host.get(id)).output).toEqual({ outcome: 'cancelled', attempts: [] });
  });
});
