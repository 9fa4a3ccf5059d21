import './tab.ts';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import type { PortCall } from '../../../src/adapters/ports.ts';
import { forgetActor, openActor, type TabActor, TabError, type TabPorts } from '../../../src/browser/index.ts';
import type { Stored } from '../../../src/core/index.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/host/clock.ts';
import { order } from './order.ts';

const T0 = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
let actors = 0;
const opened: TabActor<typeof order>[] = [];
afterEach(async () => {
  for (const actor of opened.splice(0)) await actor.close();
});

const charged: TabPorts = { charge: async () => ({ receipt: 'r1' }) };

async function open(id: string, clock: VirtualClock, ports: TabPorts = charged, more: object = {}) {
  const actor = await openActor(order, { id, clock, ports, onError: () => {}, ...more });
  opened.push(actor);
  return actor;
}
const newId = () => `order-${++actors}`;
const kinds = async (actor: TabActor<typeof order>) => (await actor.log()).map(({ kind, at }) => [kind, at - T0]);

/** All that is written of anything, as text. */
async function written(): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('regain');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const parts = [...db.objectStoreNames].map(
    (name) =>
      new Promise((resolve) => {
        const all = db.transaction(name).objectStore(name).getAll();
        all.onsuccess = () => resolve(all.result);
      }),
  );
  const text = JSON.stringify(await Promise.all(parts));
  db.close();
  return text;
}

describe('time', () => {
  test('a visit takes up what fell due meanwhile, each as of its own instant', async () => {
    const id = newId();
    await (await open(id, createVirtualClock(T0))).close();
    const later = await open(id, createVirtualClock(T0 + 60 * MINUTE));
    expect(later.getSnapshot().value).toBe('given up');
    expect(later.info.getSnapshot().status).toBe('done');
    expect(await kinds(later)).toEqual([
      ['start', 0],
      ['timer', MINUTE],
      ['timer', 3 * MINUTE],
    ]);
  });

  test('a deadline does not move when the page is loaded anew', async () => {
    const id = newId();
    const first = await open(id, createVirtualClock(T0));
    const [deadline] = first.info.getSnapshot().deadlines;
    expect(deadline).toMatchObject({ dueAt: T0 + MINUTE });
    await first.close();
    const clock = createVirtualClock(T0 + 59_000);
    const second = await open(id, clock);
    expect(second.getSnapshot().value).toBe('open');
    expect(second.info.getSnapshot().deadlines).toEqual([deadline]);
    await clock.advance(1_000);
    expect(second.getSnapshot().value).toBe('reminded');
  });

  test('an event comes after every timer that is due, though the alarm was not heard', async () => {
    const clock = createVirtualClock(T0);
    const deaf = { ...clock, at: () => () => {} };
    const actor = await openActor(order, { id: newId(), clock: deaf, ports: charged });
    opened.push(actor);
    await clock.advance(3 * MINUTE);
    expect(actor.getSnapshot().value).toBe('open');
    expect(await actor.send({ type: 'PAY', amount: 20 })).toEqual({ taken: false, code: 'notAccepted' });
    expect(actor.getSnapshot().value).toBe('given up');
    expect(await kinds(actor)).toEqual([
      ['start', 0],
      ['timer', MINUTE],
      ['timer', 3 * MINUTE],
      ['refused', 3 * MINUTE],
    ]);
  });

  test('a clock that is set back takes nothing back', async () => {
    const id = newId();
    const clock = createVirtualClock(T0);
    const first = await open(id, clock);
    await clock.advance(MINUTE);
    await first.close();
    const second = await open(id, createVirtualClock(T0 - MINUTE));
    await second.send({ type: 'PAY', amount: 20 });
    expect((await kinds(second)).at(-1)).toEqual(['event', MINUTE]);
  });
});

describe('events', () => {
  test('what is written is told, and only that', async () => {
    const actor = await open(newId(), createVirtualClock(T0), charged, { input: { paid: 3 } });
    expect(actor.getSnapshot().context.paid).toBe(3);
    const seen: unknown[] = [];
    const unsubscribe = actor.subscribe((snapshot) => seen.push(snapshot.value));
    const other = actor.subscribe({ next: () => seen.push('other') });
    expect(await actor.send({ type: 'PAY', amount: 20 })).toEqual({ taken: true, version: 2 });
    unsubscribe();
    other.unsubscribe();
    await actor.idle();
    expect(seen).toEqual(['paying', 'other']);
    expect(actor.getSnapshot()).toMatchObject({ value: 'paid', context: { paid: 20, receipt: 'r1' } });
    expect(actor.getSnapshot()).toBe(actor.getSnapshot());
    expect(actor.getSnapshot().can({ type: 'REFUND' })).toBe(true);
  });

  test('an event that is refused changes nothing, and the log says so', async () => {
    const actor = await open(newId(), createVirtualClock(T0));
    const before = actor.getSnapshot();
    expect(await actor.send({ type: 'REFUND' })).toEqual({ taken: false, code: 'notAccepted' });
    expect(await actor.send({ type: 'PAY', amount: 1 })).toEqual({
      taken: false,
      code: 'invalidEvent',
      field: 'amount',
    });
    expect(actor.getSnapshot()).toBe(before);
    expect(actor.info.getSnapshot().version).toBe(1);
    expect((await actor.log()).slice(1).map(({ kind, data }) => ({ kind, data }))).toEqual([
      { kind: 'refused', data: { event: { type: 'REFUND' }, code: 'notAccepted' } },
      { kind: 'refused', data: { event: { type: 'PAY', amount: 1 }, code: 'invalidEvent', field: 'amount' } },
    ]);
  });

  test('where the machine fails the sender is told, and nothing has changed', async () => {
    const actor = await open(newId(), createVirtualClock(T0));
    await expect(actor.send({ type: 'BREAK' })).rejects.toThrow(/broken/);
    expect(actor.info.getSnapshot()).toMatchObject({ status: 'active', version: 1 });
    expect(await actor.send({ type: 'PAY', amount: 20 })).toMatchObject({ taken: true });
  });

  test('events are taken one after another', async () => {
    const actor = await open(newId(), createVirtualClock(T0));
    const answers = await Promise.all([1, 2, 3].map(() => actor.send({ type: 'PAY', amount: 20 })));
    expect(answers.map(({ taken }) => taken)).toEqual([true, false, false]);
  });
});

describe('calls', () => {
  test('a call that a closed page left is made again under the same key, and its answer is applied once', async () => {
    const id = newId();
    const calls: PortCall[] = [];
    const hangs: TabPorts = {
      charge: (_: unknown, call) => {
        calls.push(call);
        return new Promise(() => {});
      },
    };
    const first = await open(id, createVirtualClock(T0), hangs);
    await first.send({ type: 'PAY', amount: 20 });
    await setTimeout(5);
    await first.close();
    expect(calls[0]?.signal.aborted).toBe(true);
    const second = await open(id, createVirtualClock(T0 + 1_000), {
      charge: async (_: unknown, call) => {
        calls.push(call);
        return { receipt: 'r2' };
      },
    });
    await second.idle();
    expect(second.getSnapshot()).toMatchObject({ value: 'paid', context: { receipt: 'r2' } });
    expect(calls.map(({ key }) => key)).toEqual([`${id}/order/charge/1`, `${id}/order/charge/1`]);
    expect((await kinds(second)).filter(([kind]) => kind === 'answer')).toHaveLength(1);
    await second.close();
    await (await open(id, createVirtualClock(T0 + 2_000), { charge: () => expect.fail('made a third time') })).idle();
  });

  test('an answer is held against its schema', async () => {
    const ports: TabPorts = {
      charge: { call: async () => ({ receipt: 7 }), answer: z.object({ receipt: z.string() }) },
    };
    const actor = await open(newId(), createVirtualClock(T0), ports);
    await actor.send({ type: 'PAY', amount: 20 });
    await actor.idle();
    expect(actor.getSnapshot().value).toBe('open');
    const failed = (await actor.log()).find(({ kind }) => kind === 'failure');
    expect(failed?.data.error).toMatch(/answered amiss at 'receipt'/);
  });

  test('a try ends when its time is up, and is repeated as often as its port says', async () => {
    const clock = createVirtualClock(T0);
    const at: number[] = [];
    const call = (_: unknown, { at: now }: PortCall) => {
      at.push(now - T0);
      return at.length < 3 ? clock.wait(Number.POSITIVE_INFINITY) : Promise.resolve({ receipt: 'r3' });
    };
    const actor = await open(newId(), clock, { charge: { call, tries: 3, timeout: 5_000 } });
    await actor.send({ type: 'PAY', amount: 20 });
    for (let second = 0; second < 20; second++) {
      await clock.advance(1_000);
      await actor.idle(); // the store takes time of its own
    }
    expect(at).toEqual([0, 6_000, 13_000]);
    expect(actor.getSnapshot().value).toBe('paid');
  });

  test('a secret is in no store; a call that has one fails once the page was closed', async () => {
    const id = newId();
    const pins: unknown[] = [];
    const call = async ({ pin }: { pin: string }) => {
      pins.push(pin);
      return new Promise<never>(() => {});
    };
    const ports: TabPorts = { charge: call };
    const secrets = { secrets: ['pin'] };
    const first = await open(id, createVirtualClock(T0), ports, secrets);
    await first.send({ type: 'PAY', amount: 20, pin: 'mine-4711' });
    await setTimeout(5);
    expect(pins).toEqual(['mine-4711']);
    await first.close();
    const second = await open(id, createVirtualClock(T0 + 1_000), ports, secrets);
    await second.idle();
    expect(pins).toHaveLength(1);
    expect(second.getSnapshot().value).toBe('open');
    expect((await second.log()).at(-1)?.data.error).toMatch(/holds a secret/);
    expect(await written()).toContain(id);
    expect((await written()).includes('mine-4711')).toBe(false);
  });

  test('a port that is missing is told at once', async () => {
    const opening = open(newId(), createVirtualClock(T0), {});
    await expect(opening).rejects.toThrow(TabError);
    await expect(opening).rejects.toMatchObject({ code: 'unknownPort', message: expect.stringContaining('charge') });
  });
});

describe('machines that change', () => {
  const light = (then: string) =>
    setup({ delays: { long: 60_000 } }).createMachine({
      id: 'light',
      initial: 'on',
      states: { on: { after: { long: then } }, off: {}, dim: {} },
    });

  test('another chart is refused, and goes on by a migration', async () => {
    const id = newId();
    await (await openActor(light('off'), { id, clock: createVirtualClock(T0) })).close();
    const clock = createVirtualClock(T0 + 1_000);
    await expect(openActor(light('dim'), { id, clock })).rejects.toMatchObject({ code: 'machineChanged' });
    const unfit = { id, clock, migrate: (stored: Stored) => ({ ...stored, snapshot: {} }) };
    await expect(openActor(light('dim'), unfit)).rejects.toMatchObject({ code: 'notMigrated' });
    const actor = await openActor(light('dim'), { id, clock, migrate: (stored: Stored) => stored });
    await clock.advance(59_000);
    expect(actor.getSnapshot().value).toBe('dim');
    expect((await actor.log()).map(({ kind }) => kind)).toEqual(['start', 'migrated', 'timer']);
    await actor.close();
  });

  test('an actor whose machine fails by itself is left as it was', async () => {
    const bomb = setup({
      actions: {
        fail: assign(() => {
          throw new Error('boom');
        }),
      },
    }).createMachine({ initial: 'a', states: { a: { after: { 1000: { target: 'b', actions: 'fail' } } }, b: {} } });
    const id = newId();
    const clock = createVirtualClock(T0);
    const errors: unknown[] = [];
    const actor = await openActor(bomb, { id, clock, onError: (error) => errors.push(error) });
    await clock.advance(2_000);
    expect(actor.info.getSnapshot()).toMatchObject({ status: 'stuck', states: ['a'] });
    expect(errors).toHaveLength(1);
    expect(await actor.send({ type: 'x' })).toMatchObject({ taken: false });
    await actor.close();
  });

  test('what IndexedDB cannot keep is the machine’s failure, and nothing is written', async () => {
    const held = setup({ actions: { hold: assign({ held: () => () => 1 }) } }).createMachine({
      initial: 'a',
      context: { held: undefined },
      states: { a: { on: { hold: { target: 'b', actions: 'hold' } } }, b: {} },
    });
    const actor = await openActor(held, { id: newId(), clock: createVirtualClock(T0) });
    await expect(actor.send({ type: 'hold' })).rejects.toMatchObject({ name: 'StepError' });
    expect(actor.getSnapshot().value).toBe('a');
    expect(await actor.log()).toHaveLength(1);
    await actor.close();
  });

  test('what is forgotten starts anew', async () => {
    const id = newId();
    const first = await open(id, createVirtualClock(T0));
    await first.send({ type: 'PAY', amount: 20 });
    const forgotten = forgetActor(id);
    await first.close();
    await forgotten;
    const second = await open(id, createVirtualClock(T0));
    expect(second.getSnapshot().value).toBe('open');
    expect(await kinds(second)).toEqual([['start', 0]]);
  });
});

describe('two tabs', () => {
  test('one hosts, the other is told and sends through it; when the first closes the other takes over', async () => {
    const id = newId();
    const clock = createVirtualClock(T0);
    const first = await open(id, clock);
    const second = await open(id, clock, charged);
    const roles = () => [first, second].map(({ info }) => info.getSnapshot().role);
    expect(roles()).toEqual(['host', 'follower']);
    expect(await second.send({ type: 'PAY', amount: 20 })).toEqual({ taken: true, version: 2 });
    await expect.poll(() => second.getSnapshot().value).toBe('paid');
    expect(await second.send({ type: 'PAY', amount: 20 })).toEqual({ taken: false, code: 'notAccepted' });
    await expect(second.send({ type: 'BREAK' })).rejects.toMatchObject({ name: 'StepError', code: 'machineFailed' });
    await first.send({ type: 'REFUND' });
    await expect.poll(() => second.getSnapshot().value).toBe('open');
    await first.close();
    await expect.poll(() => second.info.getSnapshot().role).toBe('host');
    await clock.advance(MINUTE);
    expect(second.getSnapshot().value).toBe('reminded');
    await expect(first.send({ type: 'REFUND' })).rejects.toMatchObject({ code: 'closed' });
  });

  test('an event that the host did not answer goes to the next one, and has its effect once', async () => {
    const id = newId();
    const clock = createVirtualClock(T0);
    const first = await open(id, clock);
    const second = await open(id, clock);
    const sent = second.send({ type: 'PAY', amount: 20 }); // on its way, or written, when the first one closes
    await first.close();
    expect(await sent).toMatchObject({ taken: true });
    await second.idle();
    expect((await kinds(second)).filter(([kind]) => kind === 'event')).toHaveLength(1);
  });

  test('a page without Web Locks is told why, not left to write beside others', async () => {
    const { navigator } = globalThis;
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
    try {
      await expect(open(newId(), createVirtualClock(T0))).rejects.toMatchObject({ code: 'noLocks' });
    } finally {
      Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    }
  });

  test('a tab with an older chart is told to load anew', async () => {
    const id = newId();
    const first = await open(id, createVirtualClock(T0));
    const other = setup({}).createMachine({ id: 'order', initial: 'open', states: { open: {} } });
    await expect(openActor(other, { id })).rejects.toMatchObject({ code: 'machineChanged' });
    expect(await first.send({ type: 'PAY', amount: 20 })).toMatchObject({ taken: true });
  });
});
