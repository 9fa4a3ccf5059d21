import assert from 'node:assert/strict';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import type { By, Recoveries } from '../../src/host/api.ts';
import { createVirtualClock, type VirtualClock } from '../../src/host/clock.ts';
import { Refusal } from '../../src/host/refusal.ts';
import type { Case } from './case.ts';
import type { HostOptions, Place } from './host.ts';
import { Watched } from './watched.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const OWNER = { role: 'owner' } as const;
const FIRST = { accountId: 'a1', device: { deviceId: 'd1' } };

/** A host whose ports are noted, and who can be stopped and started. */
class Stage {
  readonly clock: VirtualClock = createVirtualClock(START);
  readonly calls: { port: string; call: PortCall }[] = [];
  readonly errors: string[] = [];
  readonly #watched: Watched;
  readonly #ports: Ports;
  readonly #options: Partial<HostOptions>;
  #host: Recoveries | undefined;
  #ids = 0;

  constructor(place: Place, ports: (stage: Stage) => Partial<Ports>, options: Partial<HostOptions> = {}) {
    this.#watched = new Watched(place);
    this.#options = options;
    const all = { ...agreeablePorts(() => sandboxAccount()), ...ports(this) };
    const noted = Object.entries(all).map(([port, carryOut]) => [
      port,
      (input: never, call: PortCall) => {
        this.calls.push({ port, call });
        return (carryOut as (input: never, call: PortCall) => Promise<unknown>)(input, call);
      },
    ]);
    this.#ports = Object.fromEntries(noted) as Ports;
  }

  get host(): Recoveries {
    assert(this.#host, 'no host runs');
    return this.#host;
  }

  async up(): Promise<Recoveries> {
    this.#host = await this.#watched.open({
      ports: this.#ports,
      clock: this.clock,
      sealingKey: 'a key for these cases',
      retryDelay: () => 0,
      newId: () => `recovery-${String(++this.#ids).padStart(3, '0')}`,
      onError: (error) => this.errors.push(String(error)),
      ...this.#options,
    });
    await this.#host.idle();
    return this.#host;
  }

  down = () => this.host.close();

  async begin(): Promise<string> {
    const { recoveryId } = await (await this.up()).start(FIRST);
    await this.host.idle();
    return recoveryId;
  }

  /** Sends an event and lets what follows from it happen. */
  async send(id: string, event: { type: string } & Record<string, unknown>, by: By = OWNER): Promise<void> {
    await this.host.send(id, event as never, by);
    await this.host.idle();
  }

  /** Waits until the clock passes an instant, or the call is given up. */
  hang = (call: PortCall) => this.clock.wait(Number.POSITIVE_INFINITY, call.signal).then(() => ({}) as never);

  keysOf = (port: string) => this.calls.filter((each) => each.port === port).map(({ call }) => call.key);

  left = async () => ({ left: await this.#watched.left(), calls: this.calls.map(({ call }) => call.key).sort() });
}

/** Asks for no port: what is refused beside it is noted before any answer could come. */
const LEAVE = { type: 'path.leave' } as const;

async function inPath(stage: Stage): Promise<string> {
  const id = await stage.begin();
  await stage.send(id, { type: 'path.choose', path: 'bankCard' });
  return id;
}

const refusalOf = async (act: Promise<unknown>) => {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof Refusal, `not refused: ${error}`);
  return { code: error.code, reason: error.reason };
};

type Told = (stage: Stage) => Promise<unknown>;
const fault = (
  name: string,
  told: Told,
  ports: (stage: Stage) => Partial<Ports> = () => ({}),
  options: Partial<HostOptions> = {},
): Case => ({
  name,
  async run(place) {
    const stage = new Stage(place, ports, options);
    const seen = await told(stage);
    const { left, calls } = await stage.left();
    // Which of many starts at once was first is chance.
    const text = JSON.stringify({ seen, left, calls });
    return JSON.parse(left.reduce((known, { view }, index) => known.replaceAll(view.recoveryId, `#${index}`), text));
  },
});

/** What befalls a host: it stops in the middle, wakes late, is asked the same by many at once, its ports fail. */
export const faultCases = (): Case[] => [
  fault('R41: a window is kept over a stop that lasts longer than it', async (stage) => {
    const id = await stage.begin();
    await stage.send(id, { type: 'path.choose', path: 'securityContacts' });
    await stage.send(id, { type: 'contacts.request', contactIds: ['k1', 'k2'] });
    await stage.clock.advance(10 * MINUTE);
    for (const contactId of ['k1', 'k2']) {
      const event = { type: 'contact.confirm', contactId, method: 'qr', token: 't' } as const;
      await stage.send(id, event, { role: 'contact', id: contactId });
    }
    await stage.down();
    await stage.clock.advance(60 * MINUTE);
    const { state } = await (await stage.up()).get(id);
    assert.equal(state, 'settingPassword.awaiting');
  }),

  fault('R41: what fell due while nobody was awake is processed in order, each notice once', async (stage) => {
    const id = await stage.begin();
    await stage.send(id, { type: 'path.choose', path: 'bankCard' });
    await stage.down();
    await stage.clock.advance(120 * MINUTE);
    await stage.up();
    const timers = (await stage.host.audit(id)).filter(({ kind }) => kind === 'timer');
    assert.deepEqual(
      timers.map(({ at }) => (at - START) / MINUTE),
      [30, 60],
    );
    assert.equal(new Set(stage.keysOf('notify')).size, stage.keysOf('notify').length);
  }),

  fault(
    'R42: a wait of thirty days is kept, over a restart a day',
    async (stage) => {
      const id = await stage.begin();
      for (let day = 0; day < 29; day++) {
        await stage.down();
        await stage.clock.advance(DAY);
        assert.equal((await (await stage.up()).get(id)).status, 'active');
      }
      await stage.clock.advance(DAY);
      assert.equal((await stage.host.get(id)).state, 'expired');
    },
    undefined,
    { policy: { recovery: { timeout: '60d', choosingTimeout: '30d' } } },
  ),

  fault(
    'a call that was not answered is made again after a restart, under the same key',
    async (stage) => {
      const id = await stage.begin();
      await stage.send(id, { type: 'path.choose', path: 'bankCard' });
      await stage.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
      await stage.down();
      await stage.up();
      const key = `${id}/bankCard/verifyBankCard/1`;
      assert.deepEqual(stage.keysOf('verifyBankCard'), [key, key]);
      assert.equal((await stage.host.get(id)).state, 'verifying.bankCard.awaitingCode');
    },
    (stage) => ({
      verifyBankCard: async (_, call) =>
        stage.keysOf('verifyBankCard').length === 1 ? stage.hang(call) : { status: 'verified' },
    }),
  ),

  fault(
    'a call whose time has passed while nobody was awake is not made',
    async (stage) => {
      const id = await stage.begin();
      await stage.send(id, { type: 'path.choose', path: 'biometric' });
      await stage.send(id, { type: 'biometric.scan', captureRef: 'finger' });
      await stage.send(id, { type: 'password.submit', password: '506172', confirmation: '506172' });
      await stage.down();
      await stage.clock.advance(20 * MINUTE);
      assert.equal((await (await stage.up()).get(id)).state, 'expired');
      assert.equal(stage.keysOf('setPassword').length, 1);
    },
    (stage) => ({ setPassword: async (_, call) => stage.hang(call) }),
  ),

  fault(
    'R50: an answer that comes after its time is recorded and dropped',
    async (stage) => {
      const id = await stage.begin();
      await stage.send(id, { type: 'path.choose', path: 'bankCard' });
      await stage.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
      await stage.clock.advance(2 * MINUTE);
      const trail = (await stage.host.audit(id)).filter(({ data }) => data.port === 'verifyBankCard');
      assert.deepEqual(
        trail.map(({ kind }) => kind),
        ['dropped'],
      );
    },
    (stage) => ({ verifyBankCard: () => stage.clock.wait(MINUTE).then(() => ({ status: 'verified' as const })) }),
  ),

  fault(
    'a call that nobody waits for any more is broken off',
    async (stage) => {
      const id = await stage.begin();
      await stage.send(id, { type: 'path.choose', path: 'bankCard' });
      await stage.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
      await stage.send(id, { type: 'recovery.cancel' });
      const call = stage.calls.find(({ port }) => port === 'verifyBankCard');
      assert.equal(call?.call.signal.aborted, true);
    },
    (stage) => ({ verifyBankCard: async (_, call) => stage.hang(call) }),
  ),

  fault(
    'R36: a notice that could not be sent is tried again under its key, and its failure is told',
    async (stage) => {
      const id = await stage.begin();
      assert.deepEqual(
        stage.keysOf('notify'),
        Array.from({ length: 4 }, () => `${id}/recovery/notice/1`),
      );
    },
    (stage) => ({
      notify: async () => {
        const tries = stage.keysOf('notify').length;
        if (tries < 3) throw new Error('the gateway is down');
        return { ok: tries > 3 } as { ok: true };
      },
    }),
  ),

  fault('R48: twenty starts at once give one recovery, and another device none', async (stage) => {
    const host = await stage.up();
    const starts = await Promise.all(Array.from({ length: 20 }, () => host.start(FIRST)));
    assert.equal(new Set(starts.map(({ recoveryId }) => recoveryId)).size, 1);
    assert.equal(starts.filter(({ existing }) => !existing).length, 1);
    await host.idle();
    return refusalOf(host.start({ ...FIRST, device: { deviceId: 'd2' } }));
  }),

  fault('twenty of the same event at once: one is taken, the others are refused', async (stage) => {
    const id = await inPath(stage);
    const sends = Array.from({ length: 20 }, () => stage.host.send(id, LEAVE));
    const results = await Promise.allSettled(sends);
    await stage.host.idle();
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await stage.host.audit(id)).filter(({ kind }) => kind === 'refused').length, 19);
  }),

  fault('twenty events at once for the same version: one is taken', async (stage) => {
    const id = await inPath(stage);
    const { version } = await stage.host.get(id);
    const sends = Array.from({ length: 20 }, () => stage.host.send(id, LEAVE, OWNER, { ifVersion: version }));
    const results = await Promise.allSettled(sends);
    await stage.host.idle();
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  }),

  fault('R45: a repeat with the same key gets the same answer, over a restart, and has no effect', async (stage) => {
    const id = await stage.begin();
    const card = { type: 'path.choose', path: 'idCard' } as const;
    const bank = { type: 'path.choose', path: 'bankCard' } as const;
    const refused = await refusalOf(stage.host.send(id, card, OWNER, { idempotencyKey: 'k0' }));
    const taken = await stage.host.send(id, bank, OWNER, { idempotencyKey: 'k1' });
    await stage.host.idle();
    await stage.down();
    const host = await stage.up();
    const { length } = await host.audit(id);
    assert.deepEqual(await host.send(id, bank, OWNER, { idempotencyKey: 'k1' }), taken);
    assert.deepEqual(await refusalOf(host.send(id, card, OWNER, { idempotencyKey: 'k0' })), refused);
    assert.equal((await host.audit(id)).length, length);
    return { taken, refused, other: await refusalOf(host.send(id, card, OWNER, { idempotencyKey: 'k1' })) };
  }),

  fault('R45: twenty starts at once with one key are one request', async (stage) => {
    const host = await stage.up();
    const starts = Array.from({ length: 20 }, () => host.start(FIRST, undefined, { idempotencyKey: 'k' }));
    const answers = new Set((await Promise.all(starts)).map((answer) => JSON.stringify(answer)));
    assert.equal(answers.size, 1);
    await host.idle();
    return [...answers];
  }),

  fault(
    'R11: wrong codes of one recovery count in the next, over a restart',
    async (stage) => {
      const id = await stage.begin();
      await stage.send(id, { type: 'path.choose', path: 'bankCard' });
      await stage.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
      for (let tries = 0; tries < 3; tries++)
        await stage.send(id, { type: 'code.submit', code: '000000' }).catch(() => {});
      await stage.send(id, { type: 'recovery.cancel' });
      await stage.down();
      await stage.up();
      await stage.host.start(FIRST);
      await stage.host.idle();
    },
    () => ({ checkCode: async () => ({ ok: false, reason: 'wrong' }) as never }),
  ),

  fault('R55: evidence, then all that is personal, is erased at its date, over stops', async (stage) => {
    const id = await stage.begin();
    await stage.send(id, { type: 'path.choose', path: 'biometric' });
    await stage.send(id, { type: 'biometric.scan', captureRef: 'finger' });
    await stage.send(id, { type: 'password.submit', password: '506172', confirmation: '506172' });
    assert.equal((await stage.host.get(id)).status, 'done');
    await stage.down();
    await stage.clock.advance(8 * DAY);
    await stage.up();
    assert.equal(stage.keysOf('eraseEvidence').length, 1);
    await stage.down();
    await stage.clock.advance(180 * DAY);
    await stage.up();
    const kinds = (await stage.host.audit(id)).filter(({ kind }) => kind === 'erased').map(({ data }) => data.class);
    return kinds;
  }),
];
