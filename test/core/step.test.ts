import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, emit, sendTo, setup } from 'xstate';
import { step } from '../../src/core/index.ts';
import type { Step, Stored } from '../../src/core/types.ts';
import { deepFreeze } from './freeze.ts';
import { shapes } from './shapes.ts';

const T0 = Date.UTC(2026, 0, 1);
const restart = (stored: Stored): Stored => JSON.parse(JSON.stringify(stored));
const start = (machine: AnyStateMachine): Step => step(machine, null, { type: 'start' }, T0);
const send = (machine: AnyStateMachine, stored: Stored, type: string): Step =>
  step(machine, restart(stored), { type: 'event', event: { type } }, T0);

const child = setup({ types: {} as { context: { pings: number } } }).createMachine({
  id: 'child',
  context: { pings: 0 },
  entry: emit({ type: 'child began' }),
  initial: 'playing',
  states: {
    playing: {
      tags: 'game',
      on: {
        PING: { actions: [assign({ pings: ({ context }) => context.pings + 1 }), emit({ type: 'pong' })] },
        END: 'ended',
      },
    },
    ended: { type: 'final' },
  },
  output: ({ context }) => context.pings,
});

const parent = setup({ actors: { child } }).createMachine({
  id: 'parent',
  initial: 'playing',
  entry: emit({ type: 'parent began' }),
  on: { '*': { actions: sendTo('child', ({ event }) => event) } },
  states: {
    playing: {
      initial: 'child',
      states: { child: {} },
      invoke: { id: 'child', src: 'child', onDone: { target: 'over', actions: emit({ type: 'heard' }) } },
    },
    over: { type: 'final', output: ({ event }) => event.output },
  },
  output: ({ event }) => ({ pings: event.output }),
});

describe('what a step tells', () => {
  test('states and tags of the whole tree', () => {
    expect(start(parent)).toMatchObject({ states: ['playing.child.playing'], tags: ['game'], status: 'active' });
  });

  test('emitted events of parent and child with their paths, each once', () => {
    const began = start(parent);
    expect(began.emitted).toEqual([
      { path: 'child', event: { type: 'child began' } },
      { path: '', event: { type: 'parent began' } },
    ]);
    const pinged = send(parent, began, 'PING');
    expect(pinged.emitted).toEqual([{ path: 'child', event: { type: 'pong' } }]);
    expect(send(parent, pinged, 'END').emitted).toEqual([{ path: '', event: { type: 'heard' } }]);
  });

  test('the output of a machine that is done, from that of its child', () => {
    const done = send(parent, send(parent, start(parent), 'PING'), 'END');
    expect(done).toMatchObject({ status: 'done', output: { pings: 1 }, timers: [], awaited: [] });
  });

  test('no output while a machine is active', () => {
    expect('output' in start(parent)).toBe(false);
  });

  test('a machine that is done takes nothing more, and tells its output still', () => {
    const done = send(parent, start(parent), 'END');
    expect(send(parent, done, 'PING')).toMatchObject({
      accepted: false,
      status: 'done',
      output: { pings: 0 },
      emitted: [],
    });
  });
});

describe('whether an event was accepted', () => {
  test('by a child to which the parent forwards everything', () => {
    expect(send(parent, start(parent), 'PING').accepted).toBe(true);
  });

  test('not when the parent forwards everything and the child has no transition for it', () => {
    expect(send(parent, start(parent), 'UNKNOWN').accepted).toBe(false);
  });

  test('not when nobody has a transition', () => {
    expect(send(child, start(child), 'UNKNOWN').accepted).toBe(false);
  });

  test('not when a guard forbids it', () => {
    const guarded = setup({ guards: { no: () => false } }).createMachine({
      id: 'guarded',
      on: { GO: { guard: 'no' } },
    });
    expect(send(guarded, start(guarded), 'GO').accepted).toBe(false);
  });

  test('by a parent that moves and passes it on as well', () => {
    const mover = setup({ actors: { child } }).createMachine({
      id: 'mover',
      initial: 'here',
      invoke: { id: 'child', src: 'child' },
      states: {
        here: { on: { GO: { target: 'there', actions: sendTo('child', ({ event }) => event) } } },
        there: {},
      },
    });
    expect(send(mover, start(mover), 'GO')).toMatchObject({ accepted: true });
  });

  test('by an eventless transition alone: no', () => {
    const quiet = setup({}).createMachine({
      id: 'quiet',
      initial: 'a',
      states: { a: { always: 'b' }, b: { on: { GO: 'a' } } },
    });
    const began = start(quiet);
    expect(send(quiet, began, 'OTHER').accepted).toBe(false);
    expect(send(quiet, began, 'GO').accepted).toBe(true);
  });
});

describe('a step is a pure function', () => {
  test.each(shapes)(
    '$name: it alters nothing that it is given, and gives the same for the same',
    ({ machine, events }) => {
      const began = deepFreeze(start(machine));
      expect(start(machine)).toEqual(began);
      for (const event of events) {
        const once = step(machine, began, { type: 'event', event }, T0);
        const again = step(machine, began, { type: 'event', event }, T0);
        expect(again).toEqual(once);
      }
    },
  );

  test('what is stored is plain JSON', () => {
    for (const { machine } of shapes) {
      const { snapshot, timers, calls } = start(machine);
      const stored = { snapshot, timers, calls };
      expect(restart(stored)).toEqual(stored);
      expect(step(machine, restart(stored), { type: 'event', event: { type: 'NOTHING' } }, T0).states).toEqual(
        start(machine).states,
      );
    }
  });
});
