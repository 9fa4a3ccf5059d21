import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { RecoveryEvent } from '../../machines/events.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import type { Ports } from '../../src/adapters/ports.ts';
import { createSandbox, type SandboxOptions } from '../../src/adapters/sandbox.ts';
import type { By, Recoveries, RecoveriesOptions } from '../../src/host/api.ts';
import { type Clock, createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { Refusal } from '../../src/host/refusal.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';

export const START = Date.parse('2026-03-02T10:00:00+08:00');
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const PHONE = '+8613800000000';
export const PASSWORD = '294817';

const folder = mkdtempSync(join(tmpdir(), 'regain-security-'));
let files = 0;
export const newFile = () => join(folder, `${++files}.sqlite`);
const open = new Set<{ host: Recoveries; store: Store }>();
afterEach(async () => {
  for (const { host } of open) await host.close();
  for (const store of new Set([...open].map(({ store }) => store))) await store.close();
  open.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface HostedOptions {
  /** Facts that differ from those of the sandbox's default account. */
  account?: Record<string, unknown>;
  policy?: PolicyInput;
  /** Where nothing is restarted and no bytes are read, memory is quicker. */
  file?: string;
  start?: number;
  sandbox?: Partial<SandboxOptions>;
  /** Ports laid over those of the sandbox. */
  ports?: (base: Ports) => Partial<Ports>;
  host?: Partial<RecoveriesOptions>;
}

/** The real host over the sandbox, on SQLite, with the one-time codes in the same file. */
export async function hosted(options: HostedOptions = {}) {
  const { file = ':memory:', policy = {} } = options;
  const clock = createVirtualClock(options.start ?? START);
  /** How far the clock of the host is off. */
  let off = 0;
  const stepped: Clock = {
    ...clock,
    now: () => clock.now() + off,
    at: (instant, callback) => clock.at(instant - off, callback),
  };
  Object.defineProperty(stepped, 'waiting', { get: () => clock.waiting });
  let now: { host: Recoveries; store: Store };
  const sandbox = createSandbox({
    accounts: [sandboxAccount(options.account)],
    key: 'a key of the tests, long enough',
    clock: stepped.now,
    wait: clock.wait,
    policy: policyOf(policy),
    passwordCost: 2,
    codeStore: { update: (slot, change) => now.store.codes.update(slot, change) },
    ...options.sandbox,
  });
  const ports: Ports = { ...sandbox.ports, ...options.ports?.(sandbox.ports) };
  const up = async (store?: Store) => {
    store ??= await openSqlite(file, { synchronous: 'NORMAL' });
    const host = await createRecoveries({
      store,
      ports,
      policy,
      clock: stepped,
      sealingKey: 'a sealing key of the tests',
      retryDelay: () => 0,
      ...options.host,
    });
    now = { host, store };
    open.add(now);
  };
  const down = async () => {
    open.delete(now);
    await now.host.close();
    await now.store.close();
  };
  await up();
  return {
    clock,
    sandbox,
    ...sandbox,
    get host() {
      return now.host;
    },
    get store() {
      return now.store;
    },
    down,
    up: () => up(),
    /** Drops everything in memory but a store in memory. */
    restart: async () => {
      const { host, store } = now;
      if (file !== ':memory:') await down();
      else await host.close();
      await up(file === ':memory:' ? store : undefined);
      await now.host.idle();
    },
    /** Sets the clock of the host forward or back. */
    stepClock: (ms: number) => {
      off += ms;
    },
    begin: async (device: { deviceId: string } = { deviceId: 'd1' }, accountId = 'a1') => {
      const { recoveryId } = await now.host.start({ accountId, device });
      await now.host.idle();
      return recoveryId;
    },
    send: async (id: string, event: RecoveryEvent, by?: By) => {
      await now.host.send(id, event, by);
      await now.host.idle();
    },
    state: async (id: string) => (await now.host.get(id)).state,
  };
}
export type Hosted = Awaited<ReturnType<typeof hosted>>;

export async function refusalOf(act: Promise<unknown>): Promise<Refusal> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${error}`);
  return error;
}

/** An account to which only people can help. */
export const NOTHING_LEFT = {
  realName: { verified: false },
  cards: [],
  validTransactions: 0,
  contacts: [],
  biometric: { enabled: false },
  voiceprint: { enrolled: false },
};

/** One thing that happens on a way back. */
export type Move = { wait: number } | { send: (at: Hosted, id: string) => RecoveryEvent; by?: By };
const say = (event: RecoveryEvent, by?: By): Move => ({ send: () => event, ...(by ? { by } : {}) });
const choose = (path: string) => say({ type: 'path.choose', path });
const confirm = (contactId: string): Move => ({
  send: ({ world }) => ({
    type: 'contact.confirm',
    contactId,
    method: 'smsLink',
    token: world.inbox(contactId).at(-1)?.token ?? 'none',
  }),
  by: { role: 'contact', id: contactId },
});
const answer = (questionId: string): Move => ({
  send: ({ rightAnswer }, recoveryId) => ({
    type: 'quiz.answer',
    questionId,
    answer: rightAnswer({ accountId: 'a1', recoveryId, questionId }) ?? 'none',
  }),
});
const STAFF: By = { role: 'staff' };

/** Every path as it goes when all is well, from the choice on; and what the account has to be for it. */
export const WAYS: Record<string, { account: Record<string, unknown>; moves: Move[] }> = {
  bankCard: {
    account: {},
    moves: [
      choose('bankCard'),
      say({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' }),
      { send: ({ world }) => ({ type: 'code.submit', code: world.inbox(PHONE).at(-1)?.code ?? '0' }) },
    ],
  },
  idCard: {
    account: { cards: [] },
    moves: [
      choose('idCard'),
      say({ type: 'document.submit', frontRef: 'front', backRef: 'back' }),
      say({ type: 'face.submit', captureRef: 'face' }),
    ],
  },
  transactionHistory: {
    account: {},
    moves: [
      choose('transactionHistory'),
      ...[1, 2, 3, 4, 5, 6, 7].map((number) => answer(`q${number}`)),
      say({ type: 'quiz.submit' }),
    ],
  },
  securityContacts: {
    account: {},
    moves: [
      choose('securityContacts'),
      say({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] }),
      { wait: 5 * MINUTE },
      confirm('k1'),
      confirm('k2'),
      { wait: 40 * MINUTE },
    ],
  },
  appeal: {
    account: NOTHING_LEFT,
    moves: [
      choose('appeal'),
      say({ type: 'appeal.file', registrationMonth: '2016-05', evidenceRefs: ['proof'] }),
      say({ type: 'callback.reached' }, { role: 'agent', id: 'ann' }),
      say({ type: 'review.approve' }, { role: 'agent', id: 'bo' }),
    ],
  },
  biometric: { account: {}, moves: [choose('biometric'), say({ type: 'biometric.scan', captureRef: 'finger' })] },
  voice: {
    account: {},
    moves: [
      choose('voice'),
      say({ type: 'call.connected' }),
      say({ type: 'call.key', key: '3' }),
      say({ type: 'voice.spoken', captureRef: 'voice' }),
      { send: ({ world }) => ({ type: 'answers.submit', answers: world.securityAnswers('a1') }) },
    ],
  },
  emergencyCode: {
    account: NOTHING_LEFT,
    moves: [
      choose('emergencyCode'),
      { send: (at) => ({ type: 'institution.scan', institutionToken: at.institutionToken() }), by: STAFF },
      say({ type: 'identity.present', evidenceRef: 'document' }, STAFF),
      say({ type: 'code.redeem', amountFen: 50_000, category: 'medical', merchantRef: 'm1', redemptionId: 'p1' }),
    ],
  },
};

/** Paths that prove something. */
export const PROVING = Object.keys(WAYS).filter((path) => path !== 'emergencyCode');
export const NEW_PASSWORD = say({ type: 'password.submit', password: PASSWORD, confirmation: PASSWORD });

export async function go(at: Hosted, id: string, moves: readonly Move[]): Promise<void> {
  for (const move of moves) {
    if ('wait' in move) await at.clock.advance(move.wait);
    else await at.send(id, move.send(at, id), move.by);
  }
}

/** As `go`, for what need not be taken any more. @returns how many moves were. */
export async function tryAll(at: Hosted, id: string, moves: readonly Move[]): Promise<number> {
  let taken = 0;
  for (const move of moves) {
    const refused = await go(at, id, [move]).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined && !(refused instanceof Refusal)) throw refused;
    if (refused === undefined && 'send' in move) taken += 1;
  }
  return taken;
}
