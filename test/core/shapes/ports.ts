import { assign, createMachine, emit, setup, spawnChild, stopChild } from 'xstate';
import { port, type Shape } from './shape.ts';

interface Answers {
  answers: unknown[];
}
type Settled = { type: string; output?: unknown; error?: unknown };
const keep = ({ context, event }: { context: Answers; event: Settled }) => [
  ...context.answers,
  'output' in event ? event.output : event.error,
];

const race: Shape = {
  name: 'port against timeout',
  about: 'a call with onDone and onError, a timeout that races it, and a retry after a pause',
  events: [{ type: 'AGAIN' }, { type: 'REENTER' }],
  machine: setup({
    types: {} as { context: Answers },
    actors: { ask: port('ask') },
    actions: { keep: assign({ answers: keep }) },
  }).createMachine({
    id: 'race',
    context: { answers: [] },
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          src: 'ask',
          input: ({ context }: { context: Answers }) => ({ secret: 'pin', n: context.answers.length }),
          onDone: { target: 'answered', actions: ['keep', emit({ type: 'answered' })] },
          onError: { target: 'failed', actions: 'keep' },
        },
        after: { 1000: 'failed' },
        on: { REENTER: { target: 'asking', reenter: true } },
      },
      failed: { after: { 500: 'asking' }, on: { AGAIN: 'asking' } },
      answered: { on: { AGAIN: 'asking' } },
    },
  }),
};

const several: Shape = {
  name: 'several ports at once',
  about: 'two calls of one port and one of another in one state, a third region that calls on an event',
  events: [{ type: 'CALL' }, { type: 'HANG_UP' }],
  machine: setup({
    types: {} as { context: Answers },
    actors: { one: port('one'), two: port('two') },
    actions: { keep: assign({ answers: keep }) },
  }).createMachine({
    id: 'several',
    context: { answers: [] },
    type: 'parallel',
    states: {
      main: {
        initial: 'calling',
        states: {
          calling: {
            invoke: [
              { id: 'first', src: 'one', onDone: { actions: 'keep' }, onError: 'failed' },
              { id: 'second', src: 'one', onDone: { target: 'done', actions: 'keep' }, onError: { actions: 'keep' } },
              { id: 'third', src: 'two', onDone: { actions: 'keep' }, onError: { actions: 'keep' } },
            ],
          },
          done: { type: 'final' },
          failed: { after: { 100: 'calling' } },
        },
      },
      side: {
        initial: 'off',
        states: {
          off: { on: { CALL: 'on' } },
          on: {
            invoke: { id: 'side', src: 'two', onDone: { target: 'done', actions: 'keep' }, onError: 'off' },
            on: { HANG_UP: 'off' },
          },
          done: { type: 'final' },
        },
      },
    },
    output: ({ context }) => context.answers.length,
  }),
};

const unhandled: Shape = {
  name: 'port without onError',
  about: 'a failure that nobody handles fails the whole machine',
  events: [{ type: 'LEAVE' }],
  machine: setup({ actors: { ask: port('ask') } }).createMachine({
    id: 'unhandled',
    initial: 'asking',
    states: {
      asking: { invoke: { src: 'ask', onDone: 'answered' }, on: { LEAVE: 'answered' } },
      answered: { on: { LEAVE: 'asking' }, after: { 1000: 'asking' } },
    },
  }),
};

const inline: Shape = {
  name: 'inline promise',
  about: 'a promise actor written in the state itself',
  events: [{ type: 'LEAVE' }, { type: 'BACK' }],
  machine: createMachine({
    types: {} as { context: Answers },
    id: 'inline',
    context: { answers: [] },
    initial: 'asking',
    states: {
      asking: {
        invoke: [
          { id: 'here', src: port('here'), onDone: { actions: assign({ answers: keep }) }, onError: 'left' },
          { id: 'there', src: port('there'), onDone: 'left', onError: { actions: assign({ answers: keep }) } },
        ],
        on: { LEAVE: 'left' },
      },
      left: { on: { BACK: 'asking' } },
    },
  }),
};

const spawned: Shape = {
  name: 'spawned promises',
  about: 'calls made by spawnChild and by spawn in assign, answered while the machine is in any state',
  events: [{ type: 'SPAWN' }, { type: 'STOP' }],
  machine: setup({
    types: {} as { context: Answers },
    actors: { ask: port('ask') },
  }).createMachine({
    id: 'spawned',
    context: { answers: [] },
    initial: 'free',
    on: {
      'xstate.done.actor.*': { actions: assign({ answers: keep }) },
      'xstate.error.actor.*': { actions: assign({ answers: keep }) },
    },
    states: {
      free: { on: { SPAWN: { target: 'busy', actions: spawnChild('ask', { id: 'call' }) } } },
      busy: { on: { STOP: { target: 'free', actions: stopChild('call') } }, after: { 900: 'slow' } },
      slow: { on: { STOP: { target: 'free', actions: stopChild('call') } } },
    },
  }),
};

const spawnedWithRef: Shape = {
  name: 'spawned promise in context',
  about: 'the reference to a call is kept in the context and used to stop it',
  events: [{ type: 'KEEP' }, { type: 'DROP' }],
  machine: setup({
    types: {} as { context: Answers & { n: number; ref: { id: string } | null } },
    actors: { ask: port('ask') },
  }).createMachine({
    id: 'kept',
    context: { answers: [], n: 0, ref: null },
    on: {
      'xstate.done.actor.*': { actions: assign({ answers: keep }) },
      'xstate.error.actor.*': { actions: assign({ answers: keep }) },
      KEEP: {
        guard: ({ context }) => context.ref === null,
        actions: assign(({ context, spawn }) => ({
          n: context.n + 1,
          ref: spawn('ask', { id: `call${context.n}`, input: { n: context.n } }),
        })),
      },
      DROP: { actions: [stopChild(({ context }) => context.ref?.id ?? 'none'), assign({ ref: null })] },
    },
  }),
};

const inChild: Shape = {
  name: 'port inside a child',
  about: 'a child calls a port, its failure reaches the parent, which starts the child again',
  events: [{ type: 'CANCEL' }],
  machine: setup({
    types: {} as { context: Answers },
    actors: {
      helper: setup({ actors: { ask: port('ask') } }).createMachine({
        id: 'helper',
        initial: 'preparing',
        states: {
          preparing: { after: { 100: 'asking' } },
          asking: {
            invoke: { src: 'ask', onDone: { target: 'told' } },
            on: { CANCEL: 'told' },
            after: { 5000: 'told' },
          },
          told: { type: 'final' },
        },
        output: 'told',
      }),
    },
  }).createMachine({
    id: 'boss',
    context: { answers: [] },
    initial: 'helping',
    states: {
      helping: {
        invoke: {
          id: 'helper',
          src: 'helper',
          onDone: 'over',
          onError: { target: 'pause', actions: assign({ answers: keep }) },
        },
        on: { CANCEL: 'pause' },
      },
      pause: { after: { 200: 'helping' } },
      over: { type: 'final' },
    },
  }),
};

export const portShapes: readonly Shape[] = [race, several, unhandled, inline, spawned, spawnedWithRef, inChild];
