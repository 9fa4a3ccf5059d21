import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PortName } from '../../machines/ports.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { createVirtualClock, systemClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { SqlStore } from '../../src/store/sql.ts';
import type { Tables } from '../../src/store/tables.ts';
import {
  DAY,
  go,
  HOUR,
  type Hosted,
  hosted,
  MINUTE,
  type Move,
  NEW_PASSWORD,
  NOTHING_LEFT,
  newFile,
  PROVING,
  START,
  tryAll,
  WAYS,
} from './helpers.ts';

const movesOf = (path: string) => WAYS[path]?.moves ?? [];
const accountOf = (path: string) => ({ account: WAYS[path]?.account ?? {} });
/** Every state of a way back that a person or the time has to end, by the moves made so far. */
const places = Object.entries(WAYS).flatMap(([path, { moves }]) =>
  [...moves.keys(), moves.length].map((taken) => [path, taken] as const),
);

describe('waits', () => {
  afterEach(() => void vi.useRealTimers());

  test('R42: a wait of 30 days, with the real timers of the process, does not fire early', () => {
    vi.useFakeTimers({ now: START });
    let fired = 0;
    systemClock.at(START + 30 * DAY, () => fired++);
    vi.advanceTimersByTime(30 * DAY - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    vi.advanceTimersByTime(90 * DAY);
    expect(fired).toBe(1);
  });

  const shown = async (at: Hosted, id: string) => {
    const { state, deadlines } = await at.host.get(id);
    return { state, deadlines };
  };

  test.each(places)(
    'R41, R44: %s after %i moves: no restart and no clock that is set back moves a deadline',
    async (path, taken) => {
      const at = await hosted(accountOf(path));
      const id = await at.begin();
      await go(at, id, movesOf(path).slice(0, taken));
      const before = await shown(at, id);
      at.stepClock(-HOUR);
      await tryAll(at, id, [{ send: () => ({ type: 'code.resend' }) }]);
      await at.restart();
      expect(await shown(at, id)).toEqual(before);
      at.stepClock(HOUR);
      await at.restart();
      expect(await shown(at, id)).toEqual(before);
      const first = before.deadlines[0];
      if (!first) return;
      await at.clock.advance(first.at - at.clock.now());
      const fired = (await at.host.audit(id)).filter(
        ({ kind, at: instant }) => kind === 'timer' && instant === first.at,
      );
      expect(fired.length).toBeGreaterThan(0);
      at.stepClock(-HOUR);
      await at.restart();
      expect((await shown(at, id)).deadlines).not.toContainEqual(first);
      expect(new Set(fired.map(({ data }) => JSON.stringify(data))).size).toBe(fired.length); // each once
    },
  );

  test.each(places)(
    'R44: %s after %i moves: a clock that jumps an hour ahead ends what was to end within it',
    async (path, taken) => {
      const at = await hosted(accountOf(path));
      const id = await at.begin();
      await go(at, id, movesOf(path).slice(0, taken));
      const { deadlines } = await shown(at, id);
      const jumped = at.clock.now() + HOUR;
      at.stepClock(HOUR);
      await at.restart();
      const timers = (await at.host.audit(id)).filter(({ kind }) => kind === 'timer').map((timer) => timer.at);
      const due = deadlines.filter((deadline) => deadline.at <= jumped);
      if (due[0]) expect(timers).toContain(due[0].at);
      const left = (await shown(at, id)).deadlines;
      for (const deadline of left) expect(deadline.at).toBeGreaterThan(jumped);
      for (const deadline of due) expect(left).not.toContainEqual(deadline);
    },
  );

  test('R44: a clock that is set back over midnight gives no fresh tries, and no record an earlier instant', async () => {
    const mismatch = { verifyBankCard: async () => ({ status: 'mismatch' as const }) };
    const at = await hosted({ start: Date.parse('2026-03-02T00:30:00+08:00'), ports: () => mismatch });
    const id = await at.begin();
    await tryAll(at, id, [
      ...movesOf('bankCard').slice(0, 1),
      ...Array.from({ length: 5 }, () => movesOf('bankCard')[1] as Move),
    ]);
    expect((await at.host.get(id)).ineligible.bankCard).toBe('dailyLimit');
    at.stepClock(-HOUR);
    expect(await tryAll(at, id, movesOf('bankCard').slice(0, 1))).toBe(0);
    await at.send(id, { type: 'recovery.cancel' });
    const instants = (await at.host.audit(id)).filter(({ kind }) => kind !== 'notice').map((entry) => entry.at);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect((await at.host.get(await at.begin())).ineligible.bankCard).toBe('dailyLimit');
  });

  test('R43: what a client says of the time changes nothing', async () => {
    const trails = await Promise.all(
      [0, 365 * DAY, -365 * DAY].map(async (off) => {
        const at = await hosted({ host: { newId: () => 'r1' } });
        const device = { deviceId: 'd1', at: START + off, clientTime: START + off, timestamp: `${START + off}` };
        await at.host.start({ accountId: 'a1', device, network: { at: START + off } });
        await at.host.idle();
        await go(at, 'r1', [...movesOf('securityContacts'), NEW_PASSWORD]);
        return at.host.audit('r1');
      }),
    );
    expect(trails[0]?.length).toBeGreaterThan(5);
    expect(trails[1]).toEqual(trails[0]);
    expect(trails[2]).toEqual(trails[0]);
  });
});

/** All that the outside has seen of a recovery. */
const effects = ({ world, passwordsSet }: Hosted) => ({
  messages: ['+8613800000000', 'k1', 'k2', 'k3'].map((to) => world.inbox(to).length),
  notices: world.notices.map(({ notice }) => notice),
  payments: world.payments.length,
  tickets: world.tickets.length,
  revoked: world.revoked.length,
  passwords: passwordsSet('a1'),
});

describe('events that come twice, late or out of order', () => {
  test.each(Object.keys(WAYS))('R45: %s with every event twice has the effects of once', async (path) => {
    const [once, twice] = await Promise.all(
      [1, 2].map(async (times) => {
        const at = await hosted(accountOf(path));
        const id = await at.begin();
        for (const move of [...movesOf(path), NEW_PASSWORD]) {
          await tryAll(at, id, 'wait' in move ? [move] : Array.from({ length: times }, () => move));
        }
        return { state: await at.state(id), ...effects(at) };
      }),
    );
    expect(twice).toEqual(once);
  });

  const late = [...PROVING.filter((path) => WAYS[path]?.account !== NOTHING_LEFT), 'none'];
  test.each(['completed', 'cancelled', 'expired'])(
    'R46: whatever comes after a recovery is %s leaves a line and nothing else',
    async (end) => {
      const at = await hosted();
      const id = await at.begin();
      if (end === 'completed') await go(at, id, [...movesOf('biometric'), NEW_PASSWORD]);
      if (end === 'cancelled') await at.send(id, { type: 'recovery.cancel' });
      if (end === 'expired') await at.clock.advance(30 * MINUTE);
      const before = { view: await at.host.get(id), effects: effects(at) };
      const lines = (await at.host.audit(id)).length;
      const moves = ['appeal', 'emergencyCode', ...late].flatMap(movesOf);
      expect(await tryAll(at, id, [...moves, { wait: 72 * HOUR }, ...moves, NEW_PASSWORD])).toBe(0);
      expect({ view: await at.host.get(id), effects: effects(at) }).toEqual(before);
      const refused = (await at.host.audit(id)).slice(lines);
      expect(refused.every(({ kind }) => kind === 'refused')).toBe(true);
      expect(refused).toHaveLength([...moves, ...moves, NEW_PASSWORD].filter((move) => 'send' in move).length);
    },
  );

  test.each(PROVING)(
    'R46: the events of %s shuffled and delayed: no password before the proof, one line for each',
    async (path) => {
      const moves = [...movesOf(path), NEW_PASSWORD];
      const delayed = fc.record({
        move: fc.constantFrom(...moves),
        wait: fc.constantFrom(0, 0, 0, 31_000, 5 * MINUTE, HOUR),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(delayed, { minLength: 3, maxLength: 16 }), async (events) => {
          const at = await hosted(accountOf(path));
          const id = await at.begin();
          let sent = 0;
          for (const { move, wait } of events) {
            await tryAll(at, id, [{ wait }, move]);
            if ('send' in move) sent += 1;
          }
          const trail = await at.host.audit(id);
          expect(trail.filter(({ kind }) => kind === 'event' || kind === 'refused')).toHaveLength(sent);
          const verified = trail.findIndex(({ data }) => data.to === 'settingPassword.awaiting');
          const submitted = trail.findIndex(
            ({ kind, data }) => kind === 'event' && data.to === 'settingPassword.setting',
          );
          if (submitted >= 0) expect(verified).toBeGreaterThanOrEqual(0);
          expect(submitted < 0 || submitted > verified).toBe(true);
          expect(at.passwordsSet('a1')).toBe(submitted < 0 ? 0 : 1);
          await at.host.close();
          await at.store.close();
        }),
        { numRuns: 15, seed: 20260302 },
      );
    },
  );
});

/** A database whose connection dies at the given write, and stays dead. */
function dyingStore(file: string) {
  const database = new Database(file);
  let left = Number.POSITIVE_INFINITY;
  const dialect = new SqliteDialect({
    database: {
      prepare: (text: string) => {
        left -= 1;
        if (left <= 0) throw new Error('the process died here');
        return database.prepare(text);
      },
      close: () => database.close(),
    } as unknown as Database.Database,
  });
  const store = new SqlStore(new Kysely<Tables>({ dialect }), {
    begin: 'begin immediate',
    isOccupied: () => false,
    isBusy: () => false,
    onClose: () => {},
  });
  return {
    store,
    dieAt: (statement: number) => {
      left = statement;
    },
    get died() {
      return left <= 0;
    },
  };
}

/** Every row of every table. */
function rowsOf(file: string): string {
  const database = new Database(file, { readonly: true });
  const tables = ['recoveries', 'timers', 'requests', 'audit', 'ledger', 'codes', 'receipts', 'retention'];
  const rows = tables.map((table) => database.prepare(`select * from ${table} order by 1, 2`).all());
  database.close();
  // The salt of an entry is random, and its digest and the hashes come of it.
  return JSON.stringify(rows, (name, value) => (/^(salt|digest|hash|audit_hash)$/.test(name) ? '' : value));
}

describe('the commit', () => {
  /** A host whose bank never answers, over a store that may die. */
  const over = async (file: string, now: number) => {
    const dying = dyingStore(file);
    const clock = createVirtualClock(now);
    const never = () => clock.wait(Number.POSITIVE_INFINITY).then(() => ({}));
    const ports = { ...agreeablePorts(() => sandboxAccount()), notify: never };
    const host = await createRecoveries({
      store: dying.store,
      ports,
      clock,
      sealingKey: 'a key of the tests',
      onError: () => {},
    });
    return { ...dying, dying, clock, host };
  };

  test('R47: the process dies at each statement of a step in turn: all of the step is there afterwards, or nothing', async () => {
    const file = newFile();
    const at = await hosted({ file });
    const id = await at.begin();
    // At minute 30 nobody has confirmed: a step that writes snapshot, timers, a notice, the trail and the ledger.
    await go(at, id, [...movesOf('securityContacts').slice(0, 3), { wait: 25 * MINUTE - 1 }]);
    const now = at.clock.now();
    await at.down();
    const copy = () => {
      const to = newFile();
      copyFileSync(file, to);
      return to;
    };
    const results = new Map<string, number>();
    const before = rowsOf(file);
    let statements = 0;
    for (let died = true; died; ) {
      statements += 1;
      const each = copy();
      const { host, clock, store, dieAt, dying } = await over(each, now);
      await host.idle();
      dieAt(statements);
      await clock.advance(1).catch(() => {});
      died = dying.died;
      dieAt(Number.POSITIVE_INFINITY);
      await store.close();
      const rows = rowsOf(each);
      results.set(rows, (results.get(rows) ?? 0) + 1);
      await host.close();
    }
    expect(results.size).toBe(2);
    expect(results.get(before)).toBeGreaterThan(8);
    expect(results.get(before)).toBeLessThan(statements);
    const [after] = [...results.keys()].filter((rows) => rows !== before);
    for (const written of ['attempt', 'quorumNotReached', '"notify"']) {
      expect(before).not.toContain(`"kind":"${written}"`);
      expect(after).toContain(written.replaceAll('"', ''));
    }
  });
});

describe('what changes on the way', () => {
  const CHANGES: Record<string, Record<string, unknown>[]> = {
    bankCard: [
      { phone: '+8613911112222' },
      { cards: [{ status: 'frozen' }] },
      { cards: [] },
      { cards: [{ reservedPhone: '+8613911112222' }] },
    ],
    idCard: [{ realName: { verified: false } }, { realName: { documentExpired: true } }],
    transactionHistory: [{ validTransactions: 19 }],
    securityContacts: [
      { contacts: [{ contactId: 'k3' }, { contactId: 'k4' }, { contactId: 'k5' }] },
      { contacts: [{ realNameVerified: false }, { realNameVerified: false }, {}, {}] },
    ],
    biometric: [
      { biometric: { enrolledDeviceId: 'd9' } },
      { biometric: { enabled: false } },
      { device: { deviceId: 'd9' } },
      { recentAbnormalLogin: true },
    ],
    voice: [{ voiceprint: { enrolled: false } }],
  };
  const each = Object.entries(CHANGES).flatMap(([path, changes]) =>
    changes.flatMap((change) =>
      [...movesOf(path).keys(), movesOf(path).length].map((step) => [path, change, step] as const),
    ),
  );

  test.each(each)('R49: %s with %o before move %i sets no password', async (path, change, step) => {
    if (path === 'transactionHistory' && step === movesOf(path).length) return; // transactions made do not go away
    const at = await hosted(accountOf(path));
    const id = await at.begin();
    const moves = [...movesOf(path), NEW_PASSWORD];
    await tryAll(at, id, moves.slice(0, step));
    at.world.setAccount(change);
    await tryAll(at, id, moves.slice(step));
    expect(at.passwordsSet('a1')).toBe(0);
    expect(await at.state(id)).not.toBe('completed');
  });
});

describe('ports that go wrong', () => {
  const used: Record<string, PortName[]> = {
    bankCard: ['loadAccount', 'assessRisk', 'sendCode', 'checkCode', 'verifyBankCard'],
    idCard: ['checkDocument', 'checkFace', 'matchRegistry'],
    transactionHistory: ['drawQuestions', 'gradeAnswer'],
    securityContacts: ['requestConfirmation', 'checkConfirmation'],
    appeal: ['openTicket'],
    biometric: ['scanBiometric', 'crossCheckDevice', 'setPassword', 'revokeSessions'],
    voice: ['sendCode', 'matchVoiceprint', 'checkAnswers'],
    emergencyCode: ['verifyInstitution', 'verifyIdentityOnSite', 'assessEmergency', 'issueEmergencyCode'],
  };
  const faults = ['throws', 'hangs', 'slow'] as const;
  const each = Object.entries(used).flatMap(([path, ports]) =>
    ports.flatMap((port) => faults.map((fault) => [path, port, fault] as const)),
  );

  test.each(each)('R50: %s: when %s %s the owner loses no try, and there is an end', async (path, port, fault) => {
    const policy = { recovery: { revokeRetryAfter: '1d' } };
    const at = await hosted({ ...accountOf(path), policy, sandbox: { slowMs: 2 * HOUR } });
    at.world.setFault(port, fault);
    const { recoveryId: id } = await at.host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    for (let time = 0; time < 3; time++) {
      await at.clock.advance(MINUTE);
      await tryAll(at, id, [...movesOf(path), NEW_PASSWORD]);
      if ((await at.host.get(id)).told === 'unavailable') break;
    }
    await at.clock.advance(31 * MINUTE);
    const ledger = (await at.store.ledger('a1')).map(({ kind }) => kind);
    // The bank's own time is part of the rule: an answer that does not come spends a try (spec section 3.1).
    const spent =
      port === 'verifyBankCard' && fault !== 'throws' ? ['codeSent', 'attempt'] : ['codeSent', 'emergencyCode'];
    expect(ledger.filter((kind) => !spent.includes(kind))).toEqual([]);
    const { status, output } = await at.host.get(id);
    expect(status).not.toBe('stuck');
    // Contacts who were asked may still answer, whether or not the port said that they were.
    if (port !== 'requestConfirmation') expect(output?.outcome).not.toBe('reset');
    await tryAll(at, id, [{ send: () => ({ type: 'recovery.cancel' }) }, { wait: 8 * DAY }]);
    expect((await at.host.get(id)).status).toBe('done');
  });
});
