import { describe, expect, test, vi } from 'vitest';
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  createMachine,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  sendTo,
  setup,
  spawnChild,
} from 'xstate';
import { durable, restore, StepError, step } from '../../src/core/index.ts';
import type { Step, Stored } from '../../src/core/types.ts';
import { deepFreeze } from './freeze.ts';

const T0 = Date.UTC(2026, 0, 1);
const restart = (stored: Stored): Stored => JSON.parse(JSON.stringify(stored));
const start = (machine: AnyStateMachine): Step => step(machine, null, { type: 'start' }, T0);
const send = (machine: AnyStateMachine, stored: Stored, type: string): Step =>
  step(machine, stored, { type: 'event', event: { type } }, T0);
const refusal = (code: string, ...words: string[]) =>
  expect.objectContaining({
    name: 'DurabilityError',
    code,
    message: expect.stringMatching(words.map((word) => `(?=.*${word})`).join('')),
  });

const none = { subscribe: () => ({ unsubscribe: () => {} }) };
const logics: [string, AnyActorLogic][] = [
  ['callback', fromCallback(() => {})],
  ['observable', fromObservable(() => none)],
  ['event observable', fromEventObservable(() => none)],
];
const idle = setup({}).createMachine({ id: 'idle', initial: 'on', states: { on: {} } });

describe('actors that no restart can carry over are refused', () => {
  test.each(logics)('%s, by name', (_, ticker) => {
    const machine = setup({ actors: { ticker } }).createMachine({ id: 'clock' });
    expect(() => durable(machine)).toThrow(refusal('unsupportedActor', 'ticker', 'clock'));
    expect(() => start(machine)).toThrow(refusal('unsupportedActor', 'ticker'));
  });

  test.each(logics)('%s, written in a state', (_, ticker) => {
    const machine = createMachine({
      id: 'clock',
      initial: 'on',
      states: { on: { invoke: { src: ticker, id: 'here' } } },
    });
    expect(() => start(machine)).toThrow(refusal('unsupportedActor', 'here', 'clock'));
  });

  test('a callback inside a child machine, and the same again on the second try', () => {
    const inner = setup({ actors: { ticker: fromCallback(() => {}) } }).createMachine({ id: 'inner' });
    const outer = setup({ actors: { inner } }).createMachine({ id: 'outer', invoke: { src: 'inner' } });
    for (let turn = 0; turn < 2; turn++) {
      expect(() => durable(outer)).toThrow(refusal('unsupportedActor', 'ticker', 'inner'));
    }
  });

  test('logic spawned in place, before it has run', () => {
    const ran = vi.fn(async () => 'ran');
    const logic = fromPromise(ran);
    const machine = createMachine({
      id: 'spawner',
      context: {},
      on: { GO: { actions: assign({ ref: ({ spawn }) => spawn(logic, { id: 'here' }) }) } },
    });
    expect(() => send(machine, start(machine), 'GO')).toThrow(refusal('inlineActor', 'here'));
    expect(ran).not.toHaveBeenCalled();
  });

  test('logic spawned in place by a child, even when the parent handles the errors of its child', () => {
    const inner = createMachine({ id: 'inner', entry: spawnChild(idle, { id: 'deep' }) });
    const outer = setup({ actors: { inner } }).createMachine({
      id: 'outer',
      initial: 'on',
      states: { on: { invoke: { src: 'inner', id: 'inner', onError: 'off' } }, off: {} },
    });
    expect(() => start(outer)).toThrow(refusal('inlineActor', 'inner/deep'));
  });

  test('an actor spawned without an id by spawnChild, for XState keeps it under none', () => {
    const machine = setup({ actors: { idle } }).createMachine({ id: 'spawner', entry: spawnChild('idle') });
    expect(() => start(machine)).toThrow(refusal('unreachableActor', 'id of its own'));
  });

  test('an actor whose id is given away while it runs', () => {
    const machine = setup({ actors: { idle } }).createMachine({
      id: 'spawner',
      on: { GO: { actions: spawnChild('idle', { id: 'one' }) } },
    });
    const one = send(machine, start(machine), 'GO');
    expect(() => send(machine, one, 'GO')).toThrow(refusal('unreachableActor', 'one'));
  });

  test('a delayed event that holds an actor', () => {
    const machine = setup({ actors: { idle } }).createMachine({
      id: 'sender',
      invoke: { src: 'idle', id: 'idle' },
      entry: sendTo('idle', ({ self }) => ({ type: 'CALL', back: self }), { delay: 10 }),
    });
    expect(() => start(machine)).toThrow(refusal('badTimer', 'CALL'));
  });
});

describe('a stored tree whose actors the machine does not know is refused', () => {
  const version1 = setup({ actors: { helper: idle } }).createMachine({
    id: 'job',
    invoke: { src: 'helper', id: 'mate' },
  });
  const version2 = setup({ actors: { assistant: idle } }).createMachine({
    id: 'job',
    invoke: { src: 'assistant', id: 'mate' },
  });

  test('in the root, with what it knows', () => {
    expect(() => send(version2, start(version1), 'GO')).toThrow(refusal('unknownActor', 'mate', 'helper', 'assistant'));
  });

  test('in a named child', () => {
    const outer = (job: AnyStateMachine) =>
      setup({ actors: { job } }).createMachine({ id: 'outer', invoke: { src: 'job', id: 'inner' } });
    expect(() => send(outer(version2), start(outer(version1)), 'GO')).toThrow(refusal('unknownActor', 'helper'));
  });

  test('in a child machine written in place', () => {
    const outer = (job: AnyStateMachine) => createMachine({ id: 'outer', invoke: { src: job, id: 'inner' } });
    expect(() => send(outer(version2), start(outer(version1)), 'GO')).toThrow(refusal('unknownActor', 'helper'));
  });
});

describe('references between actors', () => {
  const one = setup({ actors: { idle } }).createMachine({
    id: 'one',
    context: ({ spawn }) => ({ ref: spawn('idle', { id: 'deep' }) }),
  });

  test('in a child machine written in place, the stored tree stays as it was', () => {
    const outer = createMachine({ id: 'outer', invoke: { src: one, id: 'inner' } });
    const began = deepFreeze(start(outer));
    expect(send(outer, began, 'NOTHING').snapshot).toEqual(began.snapshot);
  });

  test('to a sibling lead there after a restart', () => {
    const tally = setup({ types: {} as { context: { n: number } } }).createMachine({
      id: 'tally',
      context: { n: 0 },
      on: { ADD: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    const teller = setup({ types: {} as { context: { to: AnyActorRef }; input: AnyActorRef } }).createMachine({
      id: 'teller',
      context: ({ input }) => ({ to: input }),
      on: { TELL: { actions: sendTo(({ context }) => context.to, { type: 'ADD' }) } },
    });
    const both = setup({ types: {} as { context: { a: AnyActorRef } }, actors: { tally, teller } }).createMachine({
      id: 'both',
      context: ({ spawn }) => ({ a: spawn('tally', { id: 'a/1' }) }),
      invoke: { src: 'teller', id: 'b', input: ({ context }) => context.a },
      on: { TELL: { actions: sendTo('b', { type: 'TELL' }) } },
    });
    let next = start(both);
    for (let told = 0; told < 2; told++) next = send(both, restart(next), 'TELL');
    expect(next.snapshot).toMatchObject({ children: { 'a/1': { snapshot: { context: { n: 2 } } } } });
  });
});

describe('a machine that fails gives a StepError and nothing else', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const failing = setup({ actions: { boom }, guards: { boom } }).createMachine({
    id: 'failing',
    initial: 'on',
    on: { ACT: { actions: 'boom' }, GUARD: { guard: 'boom' } },
    states: { on: { on: { MOVE: 'off' } }, off: { entry: 'boom' } },
  });
  const holding = setup({
    actors: { failing },
    actions: { pass: sendTo('failing', ({ event }) => event) },
  }).createMachine({
    id: 'holding',
    invoke: { src: 'failing', id: 'failing' },
    on: { ACT: { actions: 'pass' }, GUARD: { actions: 'pass' } },
  });

  test.each([
    ['action', failing, 'ACT'],
    ['guard', failing, 'GUARD'],
    ['entry action', failing, 'MOVE'],
    ['action of a child, unhandled by its parent', holding, 'ACT'],
    ['guard of a child, unhandled by its parent', holding, 'GUARD'],
  ])('%s', async (_, machine, type) => {
    const began = deepFreeze(start(machine));
    expect(() => send(machine, began, type)).toThrow(StepError);
    expect(() => send(machine, began, type)).toThrow(new RegExp(`event '${type}'.*boom`, 's'));
    await new Promise((resolve) => setImmediate(resolve)); // a failure that XState reports by itself would come here
    expect(send(machine, began, 'NOTHING').accepted).toBe(false);
  });

  test('at its start, in the context and in an action', () => {
    const context = createMachine({ id: 'context', context: boom });
    const entry = createMachine({ id: 'entry', entry: boom });
    for (const machine of [context, entry]) expect(() => start(machine)).toThrow(/its start: boom/);
  });

  test('but not where the parent takes every event: to XState that handles the error of its child too', () => {
    const careless = setup({ actors: { failing } }).createMachine({
      id: 'careless',
      invoke: { src: 'failing', id: 'failing' },
      on: { '*': { actions: sendTo('failing', ({ event }) => event) } },
    });
    const failed = send(careless, start(careless), 'ACT');
    expect(failed.snapshot).toMatchObject({
      status: 'active',
      children: { failing: { snapshot: { status: 'error' } } },
    });
    expect(send(careless, restart(failed), 'ACT').accepted).toBe(false);
  });

  test('when a port fails and nobody handles it', () => {
    const machine = setup({ actors: { ask: fromPromise(async () => 'ran') } }).createMachine({
      id: 'asker',
      invoke: { src: 'ask' },
    });
    const error = { name: 'Refused', message: 'not today' };
    expect(() => step(machine, start(machine), { type: 'failure', key: '/ask/1', error }, T0)).toThrow(
      expect.objectContaining({ name: 'StepError', code: 'machineFailed', cause: error }),
    );
  });
});

describe('a stored tree that does not fit its machine is refused', () => {
  test('R51: when the stored state is none of the machine', () => {
    const stored = { snapshot: { ...(start(idle).snapshot as object), value: 'gone' }, timers: [], calls: {} };
    expect(() => send(idle, stored, 'GO')).toThrow(refusal('unfitSnapshot', 'the root', 'gone'));
  });

  const inner = createMachine({ id: 'inner', initial: 'on', states: { on: { after: { 500: 'off' } }, off: {} } });
  const outer = setup({ actors: { inner } }).createMachine({
    id: 'outer',
    initial: 'on',
    states: { on: { invoke: { src: 'inner', id: 'deep', onError: 'failed' } }, failed: {} },
  });

  test('R51: when the state of a child is none of its machine, though its parent handles the errors of its child', () => {
    const stored = restart(start(outer));
    (stored.snapshot as { children: { deep: { snapshot: { value: string } } } }).children.deep.snapshot.value = 'gone';
    expect(() => send(outer, stored, 'GO')).toThrow(refusal('unfitSnapshot', 'deep', 'gone'));
  });

  test('a tree that fits is restored as it is, timers included', () => {
    const stored = restart(start(outer));
    const restored = restore(outer, stored, T0 + 1_000);
    expect(restart(restored)).toMatchObject({
      snapshot: stored.snapshot,
      timers: stored.timers,
      states: ['on', 'deep.on'],
    });
    expect(restored.timers).toHaveLength(1);
  });

  test.each([
    ['for a state that is not active', { event: { type: 'xstate.after.500.inner.off' } }],
    ['for an actor that is not there', { target: 'gone' }],
    ['of an actor that is not there', { source: 'gone' }],
  ])('a timer %s would be a deadline lost', (_, part) => {
    const { timers, ...stored } = restart(start(outer));
    const wrong = timers.map((timer) => ({ ...timer, ...part }));
    expect(() => restore(outer, { ...stored, timers: wrong }, T0)).toThrow(refusal('unfitSnapshot', 'deep#'));
  });
});
