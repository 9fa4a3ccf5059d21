import { assign, cancel, emit, raise, setup } from 'xstate';
import type { Shape } from './shape.ts';

const DAY = 86_400_000;

interface Log {
  log: string[];
}
const add =
  (entry: string) =>
  ({ context }: { context: Log }) => [...context.log, entry];

const plainAfter: Shape = {
  name: 'plain after',
  about: 'a wait of a second that can be cancelled and begun again',
  events: [{ type: 'BEGIN' }, { type: 'CANCEL' }],
  machine: setup({}).createMachine({
    id: 'plain',
    initial: 'idle',
    states: {
      idle: { on: { BEGIN: 'waiting' } },
      waiting: { on: { CANCEL: 'idle' }, after: { 1000: { target: 'expired', actions: emit({ type: 'expired' }) } } },
      expired: { on: { BEGIN: 'waiting' }, after: { 250: 'idle' } },
    },
  }),
};

const namedDelay: Shape = {
  name: 'named delay from context',
  about: 'a back-off that grows with a counter, re-enters its state by its own timer and ends with an output',
  events: [{ type: 'BUMP' }],
  machine: setup({
    types: {} as { context: { n: number }; events: { type: 'BUMP' }; output: { n: number } },
    delays: { backoff: ({ context }) => 100 * 2 ** context.n },
    actions: { grow: assign({ n: ({ context }) => context.n + 1 }) },
    guards: { enough: ({ context }) => context.n >= 5 },
  }).createMachine({
    id: 'backoff',
    context: { n: 0 },
    initial: 'trying',
    on: { BUMP: { actions: 'grow' } },
    states: {
      trying: {
        after: {
          backoff: [
            { guard: 'enough', target: 'over' },
            { target: 'trying', reenter: true, actions: 'grow' },
          ],
        },
      },
      over: { type: 'final' },
    },
    output: ({ context }) => ({ n: context.n }),
  }),
};

const reentered: Shape = {
  name: 'after re-entered',
  about: 'an external self-transition starts the timer anew, an internal one does not',
  events: [{ type: 'PING' }, { type: 'POKE' }],
  machine: setup({ types: {} as { context: { pokes: number } } }).createMachine({
    id: 'watchdog',
    context: { pokes: 0 },
    initial: 'watching',
    states: {
      watching: {
        on: {
          PING: { target: 'watching', reenter: true },
          POKE: { actions: assign({ pokes: ({ context }) => context.pokes + 1 }) },
        },
        after: { 300: 'barking' },
      },
      barking: { on: { PING: 'watching' } },
    },
  }),
};

const parallelTimers: Shape = {
  name: 'parallel regions',
  about: 'two regions, each with timers, that end the machine together',
  events: [{ type: 'A' }, { type: 'B' }],
  machine: setup({}).createMachine({
    id: 'regions',
    type: 'parallel',
    states: {
      a: {
        initial: 'one',
        states: {
          one: { after: { 400: 'two' }, on: { A: 'two' } },
          two: { after: { 600: 'three' }, on: { A: { target: 'one' } } },
          three: { type: 'final' },
        },
      },
      b: {
        initial: 'one',
        states: {
          one: { after: { 1000: 'two' } },
          two: { on: { B: 'three', A: 'one' } },
          three: { type: 'final' },
        },
      },
    },
    output: 'both',
  }),
};

const delayedRaise: Shape = {
  name: 'delayed raise',
  about: 'delayed events to itself: named and cancelled, unnamed, and with a delay from the event',
  events: [
    { type: 'NAMED' },
    { type: 'CANCEL' },
    { type: 'UNNAMED' },
    { type: 'IN', ms: 70 },
    { type: 'IN', ms: 500 },
    { type: 'IN', ms: -5 },
  ],
  machine: setup({
    types: {} as {
      context: Log;
      events: { type: 'NAMED' | 'CANCEL' | 'UNNAMED' | 'RANG' } | { type: 'IN'; ms: number };
    },
  }).createMachine({
    id: 'alarm',
    context: { log: [] },
    on: {
      NAMED: { actions: [cancel('alarm'), raise({ type: 'RANG' }, { delay: 500, id: 'alarm' })] },
      CANCEL: { actions: cancel('alarm') },
      UNNAMED: { actions: raise({ type: 'RANG' }, { delay: 300 }) },
      IN: { actions: raise({ type: 'RANG' }, { delay: ({ event }) => event.ms }) },
      RANG: { actions: [assign({ log: add('rang') }), emit({ type: 'rang' })] },
    },
  }),
};

const repeatedId: Shape = {
  name: 'delayed raise, one id twice',
  about: 'an id that is used again while its event is pending: both events come',
  events: [
    { type: 'IN', ms: 200 },
    { type: 'IN', ms: 90 },
  ],
  machine: setup({
    types: {} as { context: Log; events: { type: 'RANG'; ms: number } | { type: 'IN'; ms: number } },
  }).createMachine({
    id: 'alarms',
    context: { log: [] },
    on: {
      IN: {
        actions: raise(({ event }) => ({ type: 'RANG', ms: event.ms }), {
          delay: ({ event }) => event.ms,
          id: 'alarm~#',
        }),
      },
      RANG: { actions: assign({ log: ({ context, event }) => [...context.log, `${event.ms}`] }) },
    },
  }),
};

const ties: Shape = {
  name: 'timers of one instant',
  about: 'inner and outer state, another region and a delayed raise fall due together: the first scheduled is first',
  events: [{ type: 'GO' }, { type: 'SWAP' }],
  machine: setup({ types: {} as { context: Log } }).createMachine({
    id: 'ties',
    context: { log: [] },
    type: 'parallel',
    on: { LATE: { actions: assign({ log: add('raise') }) } },
    states: {
      left: {
        initial: 'off',
        states: {
          off: { on: { GO: 'on' } },
          on: {
            entry: raise({ type: 'LATE' }, { delay: 500 }),
            after: { 500: { target: 'off', actions: assign({ log: add('outer') }) } },
            initial: 'x',
            states: {
              x: {
                after: {
                  500: { target: 'y', actions: assign({ log: add('inner') }) },
                  0: { actions: assign({ log: add('zero') }) },
                },
              },
              y: { on: { SWAP: 'x' } },
            },
          },
        },
      },
      right: {
        initial: 'off',
        states: {
          off: { on: { GO: 'on', SWAP: 'on' } },
          on: { after: { 500: { target: 'off', actions: assign({ log: add('right') }) } } },
        },
      },
    },
  }),
};

const alwaysChain: Shape = {
  name: 'always after a timer',
  about: 'a timer sets off a chain of eventless transitions that schedules the next timer',
  events: [{ type: 'SKIP' }],
  machine: setup({
    types: {} as { context: { round: number } },
    guards: { even: ({ context }) => context.round % 2 === 0, last: ({ context }) => context.round > 6 },
  }).createMachine({
    id: 'chain',
    context: { round: 0 },
    initial: 'waiting',
    states: {
      waiting: { after: { 200: 'judging' }, on: { SKIP: 'judging' } },
      judging: {
        entry: assign({ round: ({ context }) => context.round + 1 }),
        always: [{ guard: 'last', target: 'over' }, { guard: 'even', target: 'resting' }, { target: 'passing' }],
      },
      passing: { always: { target: 'waiting', actions: raise({ type: 'SKIP' }, { delay: 50 }) } },
      resting: { after: { 1: 'waiting' } },
      over: { type: 'final' },
    },
  }),
};

const history: Shape = {
  name: 'history',
  about: 'an interruption returns to the shallow or the deep history of a state with timers',
  events: [{ type: 'INTERRUPT' }, { type: 'SHALLOW' }, { type: 'DEEP' }, { type: 'NEXT' }],
  machine: setup({}).createMachine({
    id: 'history',
    initial: 'work',
    states: {
      work: {
        initial: 'first',
        on: { INTERRUPT: 'away' },
        states: {
          first: { after: { 500: 'second' } },
          second: {
            initial: 'p',
            states: { p: { on: { NEXT: 'q' } }, q: { after: { 700: '#history.work.first' } } },
          },
          shallow: { type: 'history' },
          deep: { type: 'history', history: 'deep', target: 'second' },
        },
      },
      away: { on: { SHALLOW: 'work.shallow', DEEP: 'work.deep' }, after: { 2000: 'work.deep' } },
    },
  }),
};

const longDelay: Shape = {
  name: 'delays beyond 2^31-1 ms',
  about: 'waits of 30 and 60 days, beside one of a minute',
  unit: (5 * DAY) / 1000,
  events: [{ type: 'RESET' }],
  machine: setup({}).createMachine({
    id: 'long',
    initial: 'quiet',
    states: {
      quiet: { after: { [30 * DAY]: 'warned', 60000: { actions: emit({ type: 'minute' }) } }, on: { RESET: '.' } },
      warned: { after: { [60 * DAY]: 'gone' }, on: { RESET: 'quiet' } },
      gone: { type: 'final' },
    },
  }),
};

export const timerShapes: readonly Shape[] = [
  plainAfter,
  namedDelay,
  reentered,
  parallelTimers,
  delayedRaise,
  repeatedId,
  ties,
  alwaysChain,
  history,
  longDelay,
];
