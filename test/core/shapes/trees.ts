import { assign, createMachine, emit, fromTransition, sendParent, sendTo, setup } from 'xstate';
import type { Shape } from './shape.ts';

interface Count {
  count: number;
}
const plusOne = ({ context }: { context: Count }) => context.count + 1;

/** A machine that leaves its only state after a time, unless it is told to stay. */
const sleeper = (ms: number) =>
  setup({ types: {} as { context: Count; emitted: { type: 'woke' } } }).createMachine({
    id: `sleeper${ms}`,
    context: { count: 0 },
    initial: 'asleep',
    states: {
      asleep: {
        on: { STAY: { target: 'asleep', reenter: true, actions: assign({ count: plusOne }) } },
        after: { [ms]: { target: 'awake', actions: emit({ type: 'woke' }) } },
      },
      awake: { type: 'final' },
    },
    output: ({ context }) => context.count,
  });

const nested: Shape = {
  name: 'child with a timer',
  about: 'an invoked machine waits by itself while the parent has a deadline; events reach it by forwarding',
  events: [{ type: 'STAY' }, { type: 'LEAVE' }],
  machine: setup({
    types: {} as { context: { outputs: unknown[] } },
    actors: { sleeper: sleeper(700) },
  }).createMachine({
    id: 'parent',
    context: { outputs: [] },
    initial: 'watching',
    states: {
      watching: {
        invoke: {
          id: 'sleeper',
          src: 'sleeper',
          onDone: {
            target: 'idle',
            actions: assign({ outputs: ({ context, event }) => [...context.outputs, event.output] }),
          },
        },
        after: { 2000: 'idle' },
        on: { LEAVE: 'idle', STAY: { actions: sendTo('sleeper', { type: 'STAY' }) } },
      },
      idle: { after: { 300: 'watching' } },
    },
  }),
};

const middle = setup({ actors: { sleeper: sleeper(400) } }).createMachine({
  id: 'middle',
  initial: 'first',
  on: { '*': { actions: sendTo('sleeper', ({ event }) => event) } },
  states: {
    first: { invoke: { id: 'sleeper', src: 'sleeper', onDone: 'between' } },
    between: {
      invoke: { id: 'sleeper', src: 'sleeper' },
      after: { 400: 'second', 150: { actions: emit({ type: 'between' }) } },
    },
    second: { invoke: { id: 'sleeper', src: 'sleeper', onDone: 'done' } },
    done: { type: 'final' },
  },
});

const twoLevels: Shape = {
  name: 'two levels',
  about: 'a child of a child with timers on every level, events forwarded all the way down, twice the same child id',
  events: [{ type: 'STAY' }, { type: 'RESTART' }, { type: 'UNKNOWN' }],
  machine: setup({ actors: { middle } }).createMachine({
    id: 'top',
    type: 'parallel',
    on: { RESTART: { target: ['.left.on', '.right.on'] } },
    states: {
      left: {
        initial: 'on',
        states: {
          on: {
            invoke: { id: 'left', src: 'middle', onDone: 'off' },
            on: { STAY: { actions: sendTo('left', { type: 'STAY' }) } },
          },
          off: { after: { 5000: 'on' } },
        },
      },
      right: {
        initial: 'on',
        states: {
          on: {
            invoke: { id: 'right', src: 'middle', onDone: 'off' },
            after: { 1000: 'off' },
            on: { '*': { actions: sendTo('right', ({ event }) => event) } },
          },
          off: {},
        },
      },
    },
  }),
};

const counter = setup({ types: {} as { context: Count } }).createMachine({
  id: 'counter',
  context: { count: 0 },
  initial: 'counting',
  on: { TICK: { actions: assign({ count: plusOne }) } },
  states: { counting: { on: { END: 'ended' } }, ended: { type: 'final' } },
});

const delayedToChild: Shape = {
  name: 'delayed sendTo a child',
  about: 'the child may be stopped, invoked again or done before the event is due: then it is lost',
  events: [{ type: 'SEND' }, { type: 'END' }, { type: 'STOP' }, { type: 'AGAIN' }, { type: 'REENTER' }],
  machine: setup({ actors: { counter } }).createMachine({
    id: 'sender',
    initial: 'on',
    states: {
      on: {
        entry: sendTo('counter', { type: 'TICK' }, { delay: 250 }),
        invoke: { id: 'counter', src: 'counter' },
        on: {
          SEND: { actions: sendTo('counter', { type: 'TICK' }, { delay: 500 }) },
          END: { actions: sendTo('counter', { type: 'END' }, { delay: 100, id: 'end' }) },
          STOP: 'off',
          REENTER: { target: 'on', reenter: true },
        },
      },
      off: { on: { AGAIN: 'on' } },
    },
  }),
};

const caller = setup({}).createMachine({
  id: 'caller',
  initial: 'calling',
  entry: [sendParent({ type: 'SOON' }, { delay: 100 }), sendParent({ type: 'LATE' }, { delay: 600, id: 'late' })],
  states: {
    calling: { after: { 300: { actions: sendParent({ type: 'MEANWHILE' }) } }, on: { FINISH: 'finished' } },
    finished: { type: 'final' },
  },
});

const delayedToParent: Shape = {
  name: 'delayed event to the parent',
  about: 'a child sends to its parent with delays; they are lost when it is stopped or done first',
  events: [{ type: 'STOP' }, { type: 'AGAIN' }, { type: 'FINISH' }],
  machine: setup({ types: {} as { context: { log: string[] } }, actors: { caller } }).createMachine({
    id: 'called',
    context: { log: [] },
    initial: 'on',
    on: { '*': { actions: assign({ log: ({ context, event }) => [...context.log, event.type] }) } },
    states: {
      on: {
        invoke: { id: 'caller', src: 'caller', onDone: 'off' },
        on: { STOP: 'off', FINISH: { actions: sendTo('caller', { type: 'FINISH' }) } },
      },
      off: { on: { AGAIN: 'on' } },
    },
  }),
};

const inlineChild: Shape = {
  name: 'inline child machine',
  about: 'a machine written in the state itself, with a child of its own',
  events: [{ type: 'STAY' }, { type: 'LEAVE' }],
  machine: createMachine({
    id: 'outer',
    initial: 'on',
    states: {
      on: {
        invoke: { id: 'inner', src: middle, onDone: 'off' },
        on: { LEAVE: 'off', STAY: { actions: sendTo('inner', { type: 'STAY' }) } },
      },
      off: { after: { 50: 'on' } },
    },
  }),
};

const transitionChild: Shape = {
  name: 'fromTransition child',
  about: 'a reducer as a child, told of events and of a timer',
  events: [{ type: 'ADD', by: 2 }, { type: 'ADD', by: 3 }, { type: 'RESTART' }],
  machine: setup({
    types: {} as { events: { type: 'ADD'; by: number } | { type: 'RESTART' } },
    actors: {
      sum: fromTransition(
        (state: Count, event: { type: string; by?: number }) => {
          return { count: state.count + (event.by ?? 0) };
        },
        { count: 0 },
      ),
    },
  }).createMachine({
    id: 'adder',
    initial: 'adding',
    states: {
      adding: {
        entry: sendTo('sum', { type: 'LATE', by: 100 }, { delay: 800 }),
        invoke: { id: 'sum', src: 'sum' },
        on: { ADD: { actions: sendTo('sum', ({ event }) => event) }, RESTART: { target: 'adding', reenter: true } },
        after: { 250: { actions: sendTo('sum', { type: 'SELF', by: 10 }) } },
      },
    },
  }),
};

// It emits nothing: live, what runs below a machine that threw goes on emitting until the whole tree stops.
const quiet = setup({}).createMachine({
  id: 'quiet',
  initial: 'asleep',
  states: { asleep: { after: { 300: 'awake' } }, awake: { after: { 300: 'asleep' } } },
});

const failing = setup({
  actors: { quiet },
  actions: {
    explode: () => {
      throw new Error('boom');
    },
  },
}).createMachine({
  id: 'failing',
  initial: 'calm',
  states: {
    calm: {
      invoke: { id: 'deep', src: 'quiet' },
      on: { EXPLODE: { actions: 'explode' } },
      after: { 900: { actions: 'explode' } },
    },
  },
});

const failingChild: Shape = {
  name: 'failing child',
  about: 'a child that throws, by an event or by its timer, while its own child waits; the parent handles it',
  events: [{ type: 'EXPLODE' }, { type: 'AGAIN' }],
  machine: setup({ actors: { failing } }).createMachine({
    id: 'handler',
    initial: 'on',
    states: {
      on: {
        invoke: { id: 'failing', src: 'failing', onError: '.bad' },
        on: { EXPLODE: { actions: sendTo('failing', { type: 'EXPLODE' }) }, AGAIN: { target: 'on', reenter: true } },
        initial: 'good',
        states: { good: {}, bad: { after: { 1000: '#handler.off' } } },
      },
      off: { on: { AGAIN: 'on' } },
    },
  }),
};

export const treeShapes: readonly Shape[] = [
  nested,
  twoLevels,
  delayedToChild,
  delayedToParent,
  inlineChild,
  transitionChild,
  failingChild,
];
