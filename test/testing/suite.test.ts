import { describe, expect, test } from 'vitest';
import { assign, createMachine, fromPromise, setup } from 'xstate';
import { leadsTo, never, type SuiteOptions, type System, suiteOf } from '../../src/testing/index.ts';
import { parcelMachine } from '../explore/machine.ts';

/** Tests that are made from a machine: here one with a child, timers and a call, which is not ours. */

const AT = Date.parse('2026-03-02T10:00:00Z');
const options = {
  at: AT,
  input: { at: AT },
  events: [{ type: 'send' }, { type: 'ring' }, { type: 'cancel' }],
  ports: { label: [{ answer: { ok: true } }, { throws: 'out of paper' }] },
  clocks: 'ordered',
  unreached: { 'xstate.after.600000.courier.driving cancelled': 'nothing comes to a courier who drives' },
  properties: [
    never('nothing is delivered that was never sent', {
      state: ({ step, depth }) => step.states.includes('delivered') && depth < 3,
    }),
    leadsTo(
      'what is packed can arrive',
      ({ step }) => step.states.includes('packed'),
      ({ step }) => step.states.includes('delivered'),
    ),
  ],
} satisfies SuiteOptions;

describe('a suite that holds: its paths are walked by XState itself, live', () => {
  for (const { name, run } of suiteOf(parcelMachine, options)) test(name, run as () => Promise<void>);
});

/** The names of the cases that fail, each with what it says. */
async function failures(...[machine, given]: Parameters<typeof suiteOf>): Promise<string[]> {
  const found: string[] = [];
  for (const { name, run } of suiteOf(machine, given)) {
    try {
      await run();
    } catch (error) {
      found.push(`${name}: ${(error as Error).message}`);
    }
  }
  return found;
}

test('each fault is the fault of one case', async () => {
  expect(await failures(parcelMachine, options)).toEqual([]);
  const noCancel = { ...options, events: options.events.slice(0, 2) };
  expect(await failures(parcelMachine, noCancel)).toEqual([
    expect.stringMatching(
      /paths cover the charts: parcel: events are covered to .* no path meets\n {2}parcel.packed cancel/,
    ),
  ]);
  expect(await failures(parcelMachine, { ...noCancel, coverage: 60 })).toEqual([]);
  expect(await failures(parcelMachine, { ...options, maxStates: 3 })).toContainEqual(
    expect.stringMatching(/^all that can happen is explored.*: it does not come to an end: .* stopped by maxStates/),
  );
  const wrong = never('never cancelled', { state: ({ step }) => step.states.includes('cancelled') });
  expect(await failures(parcelMachine, { ...options, properties: [wrong] })).toEqual([
    expect.stringContaining('{"type":"cancel"}  →  cancelled (end)'),
  ]);
});

test('what cannot be met is listed with its reason, and is not listed in vain', async () => {
  const oneWay = createMachine({
    id: 'oneWay',
    initial: 'a',
    states: { a: { on: { GO: [{ guard: () => true, target: 'b' }, { target: 'b' }] } }, b: {} },
  });
  const events = [{ type: 'GO' }];
  const unreached = { 'oneWay.a GO 0 false': 'it is always open', 'oneWay.a GO 1': 'it is always open' };
  expect(await failures(oneWay, { events })).toHaveLength(1);
  expect(await failures(oneWay, { events, unreached })).toEqual([]);
  expect(await failures(oneWay, { events, unreached: { ...unreached, 'oneWay.b': 'nobody goes there' } })).toEqual([
    expect.stringContaining('listed as never met, but met or not there: oneWay.b'),
  ]);
});

/** An app of its own, which forgets to count. */
class Shop implements System {
  count = 0;
  readonly #isGood: boolean;
  constructor(isGood: boolean) {
    this.#isGood = isGood;
  }
  apply(): void {
    if (this.#isGood) this.count = Math.min(this.count + 1, 2);
  }
  check({ snapshot }: { snapshot: unknown }): void {
    expect(this.count).toBe((snapshot as { context: { count: number } }).context.count);
  }
}

test('a system of its own is held against the machine', async () => {
  const counter = setup({
    types: { context: {} as { count: number } },
    guards: { few: ({ context }) => context.count < 2 },
    actions: { more: assign({ count: ({ context }) => context.count + 1 }) },
  }).createMachine({ id: 'counter', context: { count: 0 }, on: { ADD: { guard: 'few', actions: 'more' } } });
  const given = (isGood: boolean) => ({ events: [{ type: 'ADD' }], system: () => new Shop(isGood) });
  expect(await failures(counter, given(true))).toEqual([]);
  const [first] = await failures(counter, given(false));
  expect(first).toMatch(/^path 1: .*: after start → {"type":"ADD"}: expected \+?0 to be 1/);
});

test('a live actor that does otherwise than the machine is told', async () => {
  let calls = 0;
  const fickle = setup({ actors: { ask: fromPromise(async () => 1) } }).createMachine({
    id: 'fickle',
    context: () => ({ made: ++calls }), // never the same twice
    invoke: { src: 'ask', onDone: { actions: [] } },
  });
  const [first] = await failures(fickle, { ports: { ask: [{ answer: 1 }] }, coverage: 0 });
  expect(first).toContain('a live actor stands elsewhere');
});

test('timers at any moment need a system that has them so', () => {
  expect(() => suiteOf(parcelMachine, { ...options, anytime: ['x'] })).toThrow('give the system');
});
