import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { type ActorsOptions, createActors, createVirtualClock, type VirtualClock } from '../../src/index.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { CoverageRecorder } from '../../src/testing/index.ts';

/** Machines that are no recoveries, made to last by the same engine. */

const HOUR = 3_600_000;
const machine = setup({
  types: {
    context: {} as { item: string; tries: number },
    input: {} as { item: string },
    events: {} as { type: 'PAY' } | { type: 'CANCEL' },
    output: {} as { paid: boolean },
  },
  actors: { charge: fromPromise<{ receipt: string }, { item: string }>(async () => ({ receipt: '' })) },
  actions: { count: assign({ tries: ({ context }) => context.tries + 1 }) },
}).createMachine({
  id: 'order',
  version: '1',
  context: ({ input }) => ({ item: input.item, tries: 0 }),
  initial: 'open',
  states: {
    open: { on: { PAY: 'charging', CANCEL: 'cancelled' }, after: { [HOUR]: 'cancelled' } },
    charging: {
      invoke: {
        src: 'charge',
        input: ({ context }) => ({ item: context.item }),
        onDone: 'paid',
        onError: { target: 'open', actions: 'count' },
      },
    },
    paid: { type: 'final', output: { paid: true } },
    cancelled: { type: 'final', output: { paid: false } },
  },
  output: ({ event }) => ('output' in event ? (event.output as { paid: boolean }) : { paid: false }),
});

const folder = mkdtempSync(join(tmpdir(), 'regain-actors-'));
const file = join(folder, 'orders.sqlite');
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 2 }));

/** Opens the file, does something, and closes it: a process of its own. */
async function during<T>(
  clock: VirtualClock,
  options: Partial<ActorsOptions<typeof machine>>,
  work: (actors: Awaited<ReturnType<typeof createActors<typeof machine>>>) => Promise<T>,
): Promise<T> {
  const store = await openSqlite(file);
  const actors = await createActors({ machine, store, clock, ...options });
  try {
    return await work(actors);
  } finally {
    await actors.close();
    await store.close();
  }
}

test('timers, calls and coverage of a machine that is no recovery, over restarts', async () => {
  const clock = createVirtualClock(Date.parse('2026-03-02T10:00:00Z'));
  const coverage = new CoverageRecorder();
  const tracer = coverage.tracer();
  const keys: string[] = [];
  const ports: ActorsOptions<typeof machine>['ports'] = {
    charge: async ({ item }: { item: string }, { key }) => {
      keys.push(key);
      if (keys.length === 1) throw new Error('declined');
      return { receipt: item };
    },
  };
  await during(clock, { ports, trace: () => tracer }, async (orders) => {
    const begun = await orders.start({ item: 'tea' }, 'o1');
    expect(begun).toMatchObject({ state: 'open', version: 1, events: ['PAY', 'CANCEL'], context: { item: 'tea' } });
    expect(begun.deadlines).toEqual([{ type: `xstate.after.${HOUR}.order.open`, at: clock.now() + HOUR }]);
    await orders.start({ item: 'rice' }, 'o2');
    await expect(orders.start({ item: 'tea' }, 'o1')).rejects.toThrow("there is an actor 'o1' already");
    await expect(orders.send('o9', { type: 'PAY' })).rejects.toThrow("actor 'o9' is unknown");
    await clock.advance(HOUR / 2);
  });
  const woken = createVirtualClock(clock.now() + 2 * HOUR); // nobody was there when it fell due
  await during(woken, { ports, trace: () => tracer }, async (orders) => {
    await orders.idle();
    expect(await orders.get('o1')).toMatchObject({ status: 'done', state: 'cancelled', output: { paid: false } });
    expect((await orders.audit('o1')).map(({ kind, at }) => [kind, at - clock.now()])).toEqual([
      ['start', -HOUR / 2],
      ['timer', HOUR / 2],
    ]);
    expect((await orders.send('o1', { type: 'PAY' })).taken).toBe(false);

    await orders.start({ item: 'salt' }, 'o3');
    expect((await orders.send('o3', { type: 'PAY' })).taken).toBe(true);
    await orders.idle();
    expect(await orders.get('o3')).toMatchObject({ state: 'open', context: { tries: 1 } });
    await orders.send('o3', { type: 'PAY' });
    await orders.idle();
    expect(await orders.get('o3')).toMatchObject({ status: 'done', output: { paid: true } });
  });
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(2); // each call has a key of its own
  expect(Object.keys(coverage.data.machines.order?.states ?? {}).sort()).toEqual(
    ['order', 'order.cancelled', 'order.charging', 'order.open', 'order.paid'].sort(),
  );
});
