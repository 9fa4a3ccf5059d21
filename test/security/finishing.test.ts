import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { paymentRefusal } from '../../machines/payments.ts';
import { policyOf } from '../../machines/policy.ts';
import {
  DAY,
  go,
  hosted,
  MINUTE,
  type Move,
  NEW_PASSWORD,
  newFile,
  PASSWORD,
  PHONE,
  PROVING,
  refusalOf,
  START,
  tryAll,
  WAYS,
} from './helpers.ts';

const DIST = join(import.meta.dirname, '../../dist/src');
const movesOf = (path: string) => WAYS[path]?.moves ?? [];
const accountOf = (path: string) => ({ account: WAYS[path]?.account ?? {} });
const CANCEL: Move = { send: () => ({ type: 'recovery.cancel' }) };

describe('what a proof permits', () => {
  test.each(PROVING)('R31, R32: after %s one password is set, once, and nothing is handed out', async (path) => {
    const at = await hosted(accountOf(path));
    const id = await at.begin();
    await go(at, id, movesOf(path));
    const { allowed } = await at.host.get(id);
    expect(allowed).toEqual(['password.submit', 'recovery.cancel']);
    await go(at, id, [NEW_PASSWORD]);
    const { state, output } = await at.host.get(id);
    expect(state).toBe('completed');
    expect(Object.keys(output ?? {}).sort()).toEqual(['attempts', 'outcome', 'path']);
    expect(await tryAll(at, id, [NEW_PASSWORD, CANCEL, ...movesOf(path)])).toBe(0);
    expect(at.passwordsSet('a1')).toBe(1);
    expect(await at.passwords.verify('a1', PASSWORD)).toBe(true);
  });

  test('R31: under the strict profile the permission lasts 10 minutes', async () => {
    for (const [wait, state] of [
      [10 * MINUTE - 1, 'settingPassword.awaiting'],
      [10 * MINUTE, 'expired'],
    ] as const) {
      const at = await hosted({ ...accountOf('appeal'), policy: { profile: 'strict' } });
      const id = await at.begin();
      await go(at, id, [...movesOf('appeal'), { wait }]);
      expect(await at.state(id)).toBe(state);
    }
  });

  test.each(['throws', 'hangs', 'answers no'])(
    'R33: not done while sessions cannot be ended: the port %s',
    async (fault) => {
      const at = await hosted({
        policy: { recovery: { revokeWithin: '1h' } },
        ...(fault === 'answers no' ? { ports: () => ({ revokeSessions: async () => ({ ok: false }) }) } : {}),
      });
      if (fault !== 'answers no') at.world.setFault('revokeSessions', fault as 'throws');
      const id = await at.begin();
      await go(at, id, [...movesOf('biometric'), NEW_PASSWORD]);
      for (let minute = 0; minute < 58; minute++) {
        expect(await at.state(id)).toMatch(/^settingPassword\.revoking/);
        await at.clock.advance(MINUTE);
      }
      await at.clock.advance(10 * MINUTE);
      expect((await at.host.get(id)).output).toMatchObject({ outcome: 'failed', reason: 'sessionsNotRevoked' });
      expect(at.world.notices.map(({ notice }) => notice)).not.toContain('reset');
    },
  );

  test.each([
    ['a port that recovers', 'throws', 'completed'],
    ['a port that is slow', 'slow', 'completed'],
  ] as const)('R33: sessions end at last: %s', async (_, fault, state) => {
    const at = await hosted({ sandbox: { slowMs: 40_000 } });
    at.world.setFault('revokeSessions', fault, 2);
    const id = await at.begin();
    await go(at, id, [...movesOf('biometric'), NEW_PASSWORD, { wait: 5 * MINUTE }]);
    expect(await at.state(id)).toBe(state);
    expect(at.world.revoked.length).toBeGreaterThan(0);
  });
});

describe('notices', () => {
  const RESET = ['started', 'chosen', 'verified', 'passwordSet', 'reset'];

  test.each([
    ...PROVING.map((path) => [path, [NEW_PASSWORD], RESET] as const),
    ['emergencyCode', [{ wait: 15 * DAY }], ['started', 'chosen', 'emergencyCodeIssued', 'emergencyCodeUsed']] as const,
  ])('R35: %s tells everyone on file each thing once', async (path, last, expected) => {
    const at = await hosted(accountOf(path));
    const id = await at.begin();
    await go(at, id, [...movesOf(path), ...last]);
    const contacts = at.world.account('a1').contacts.map(({ contactId }) => contactId);
    expect(at.world.notices.map(({ notice }) => notice)).toEqual(expected);
    for (const { to } of at.world.notices) expect(to).toEqual([PHONE, ...contacts]);
    for (const { path: of } of at.world.notices.slice(1)) expect(of).toBe(path);
  });

  test.each<[string, Move[], string[]]>([
    ['a recovery that is cancelled', [CANCEL], ['started', 'cancelled']],
    ['one that nobody goes on with', [{ wait: 8 * DAY }], ['started', 'expired']],
    [
      'a path that fails',
      [...movesOf('biometric').slice(0, 1), { wait: 30 * MINUTE }],
      ['started', 'chosen', 'failed'],
    ],
    [
      'one that is locked',
      [...movesOf('bankCard').slice(0, 2), { send: () => ({ type: 'code.submit', code: '000000' }) }],
      ['started', 'chosen', 'locked'],
    ],
  ])('R35: %s is told too', async (_, moves, expected) => {
    const at = await hosted({ account: { wrongCodes: 9 }, ports: () => ({ checkCode: async () => ({ ok: false }) }) });
    await go(at, await at.begin(), moves);
    expect(at.world.notices.map(({ notice }) => notice)).toEqual(expected);
  });

  test('R35: a phone number that was changed on the way still gets every notice', async () => {
    const at = await hosted();
    const id = await at.begin();
    at.world.setAccount({ phone: '+8613911112222', cards: [] });
    await go(at, id, [...movesOf('biometric'), NEW_PASSWORD]);
    expect(at.world.notices).toHaveLength(5);
    for (const { to } of at.world.notices) expect(to).toContain(PHONE);
  });

  test('R36: the process is killed after the commit and before the sending; one notice arrives after the restart', async () => {
    const file = newFile();
    const child = `
      import { createRecoveries } from '${DIST}/host/recoveries.js';
      import { createSandbox } from '${DIST}/adapters/sandbox.js';
      import { openSqlite } from '${DIST}/store/sqlite.js';
      const { ports } = createSandbox({ key: 'a key of the tests, long enough' });
      const dying = { ...ports, notify: () => process.kill(process.pid, 'SIGKILL') };
      const host = await createRecoveries({ store: await openSqlite(process.argv[1]), ports: dying });
      await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
      await new Promise((resolve) => setTimeout(resolve, 30_000));`;
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', child, file], {
      encoding: 'utf8',
    });
    expect(signal, stderr).toBe('SIGKILL');
    const at = await hosted({ file, start: Date.now() });
    await at.host.idle();
    await at.restart();
    expect(at.world.notices.map(({ notice }) => notice)).toEqual(['started']);
    const [recovery] = await at.host.list();
    const sent = (await at.host.audit(recovery?.id ?? '')).filter(({ kind }) => kind === 'notice');
    expect(sent.map(({ data }) => data.ok)).toEqual([true]);
  });
});

describe('the owner calls it off', () => {
  const everywhere = Object.entries(WAYS).flatMap(([path, { moves }]) =>
    [...moves.keys()].map((taken) => [path, taken] as const),
  );

  test.each(everywhere)(
    'R37: %s is cancelled after %i moves; whatever comes later is worth nothing',
    async (path, taken) => {
      const at = await hosted(accountOf(path));
      const id = await at.begin();
      await go(at, id, [...movesOf(path).slice(0, taken), CANCEL]);
      expect((await at.host.get(id)).output).toMatchObject({ outcome: 'cancelled' });
      const before = at.world.calls.length;
      expect(await tryAll(at, id, [...movesOf(path).slice(taken), NEW_PASSWORD, CANCEL])).toBe(0);
      expect(at.world.calls.slice(before).map(({ port }) => port)).toEqual([]);
      expect(at.passwordsSet('a1')).toBe(0);
      expect(at.world.payments).toEqual([]);
    },
  );

  test('R37: while the password is being set the answer is awaited; from then on it is too late', async () => {
    const at = await hosted({ sandbox: { delays: { setPassword: 10_000 } } });
    const id = await at.begin();
    await go(at, id, movesOf('biometric'));
    await go(at, id, [NEW_PASSWORD]);
    expect(await at.state(id)).toBe('settingPassword.setting');
    expect(await refusalOf(go(at, id, [CANCEL]))).toMatchObject({ code: 'notAccepted', reason: 'settingPassword' });
    await at.clock.advance(10_000);
    expect(await at.state(id)).toBe('completed');
  });
});

describe('after an emergency code', () => {
  test('R38: the 15 days survive a restart every day and end at 15 days exactly', async () => {
    const at = await hosted({ ...accountOf('emergencyCode'), file: newFile() });
    const id = await at.begin();
    await go(at, id, movesOf('emergencyCode'));
    const paid = at.clock.now();
    const emergencyAgain = async () => {
      const other = await at.begin();
      const { ineligible } = await at.host.get(other);
      await at.send(other, { type: 'recovery.cancel' });
      return ineligible.emergencyCode;
    };
    for (let day = 1; day <= 14; day++) {
      await at.clock.advance(DAY);
      await at.restart();
      expect(await at.host.get(id)).toMatchObject({
        state: 'observing',
        deadlines: expect.arrayContaining([{ name: 'observation', at: paid + 15 * DAY }]),
      });
      expect(await emergencyAgain()).toBe('observed');
    }
    await at.clock.advance(DAY - 1);
    await at.restart();
    expect(await at.state(id)).toBe('observing');
    expect(await emergencyAgain()).toBe('observed');
    await at.clock.advance(1);
    expect(await at.state(id)).toBe('completed');
    expect(await emergencyAgain()).toBeUndefined();
  });

  const policy = policyOf();
  const until = START + 15 * DAY;
  const midnight = Date.parse('2026-03-03T00:00:00+08:00');
  const made = [{ at: midnight - 1, amountFen: 90_000 }];
  const asked = { at: midnight - 1, amountFen: 10_000, kinds: 1, newPayee: false };

  test.each<[string, object, number | null, string | undefined]>([
    ['up to 1,000.00 yuan a day with one kind of proof', {}, until, undefined],
    ['not a fen more', { amountFen: 10_001 }, until, 'dailyCap'],
    ['up to 5,000.00 with two', { amountFen: 410_000, kinds: 2 }, until, undefined],
    ['and not a fen more', { amountFen: 410_001, kinds: 2 }, until, 'dailyCap'],
    ['the next calendar day counts from nothing', { at: midnight, amountFen: 100_000 }, until, undefined],
    ['nobody new is paid', { newPayee: true }, until, 'newPayee'],
    ['to the last millisecond', { at: until - 1, amountFen: 100_001 }, until, 'dailyCap'],
    ['and not longer', { at: until, amountFen: 100_001, newPayee: true }, until, undefined],
    ['who is not watched is not limited', { amountFen: 10_000_000 }, null, undefined],
  ])('R38, R40: %s', (_, over, observedUntil, reason) => {
    expect(paymentRefusal({ ...asked, ...over }, made, observedUntil, policy)).toBe(reason);
  });

  test('R39: of two charges at once one is paid, and 50,001 fen are not', async () => {
    const at = await hosted(accountOf('emergencyCode'));
    const id = await at.begin();
    await go(at, id, movesOf('emergencyCode').slice(0, 3));
    const pay = (amountFen: number, redemptionId: string) =>
      at.host.send(id, { type: 'code.redeem', amountFen, category: 'medical', merchantRef: 'm1', redemptionId });
    await refusalOf(pay(50_001, 'p0'));
    const results = await Promise.allSettled([pay(50_000, 'p1'), pay(50_000, 'p2')]);
    await at.host.idle();
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(at.world.payments.map(({ amountFen }) => amountFen)).toEqual([50_000]);
    expect(await at.state(id)).toBe('observing');
  });
});
