import { type AnyActorRef, assign, emit, sendTo, setup, spawnChild, stopChild } from 'xstate';
import type { Shape } from './shape.ts';

interface Count {
  count: number;
}
const plusOne = ({ context }: { context: Count }) => context.count + 1;

const clockwork = setup({ types: {} as { context: Count } }).createMachine({
  id: 'clockwork',
  context: { count: 0 },
  initial: 'running',
  on: { WIND: { target: '.running', reenter: true } },
  states: {
    running: {
      on: { TICK: { actions: assign({ count: plusOne }) } },
      after: { 400: { target: 'stopped', actions: emit({ type: 'ran down' }) } },
    },
    stopped: {},
  },
});

const spawnedByName: Shape = {
  name: 'spawned machines',
  about: 'machines spawned by spawnChild with an id, and by spawn in assign with the reference in the context',
  events: [
    { type: 'SPAWN' },
    { type: 'STOP' },
    { type: 'KEEP' },
    { type: 'DROP' },
    { type: 'TICK' },
    { type: 'LATER' },
  ],
  machine: setup({
    types: {} as { context: { refs: AnyActorRef[]; n: number } },
    actors: { clockwork },
  }).createMachine({
    id: 'spawner',
    context: { refs: [], n: 0 },
    type: 'parallel',
    states: {
      named: {
        initial: 'none',
        states: {
          none: { on: { SPAWN: { target: 'some', actions: spawnChild('clockwork', { id: 'clockwork' }) } } },
          some: {
            on: {
              STOP: { target: 'none', actions: stopChild('clockwork') },
              TICK: { actions: sendTo('clockwork', { type: 'TICK' }) },
              LATER: { actions: sendTo('clockwork', { type: 'WIND' }, { delay: 350 }) },
            },
          },
        },
      },
      kept: {
        on: {
          KEEP: {
            actions: assign(({ context, spawn }) => ({
              n: context.n + 1,
              refs: [...context.refs, spawn('clockwork', { id: `kept${context.n}` })],
            })),
          },
          DROP: {
            guard: ({ context }) => context.refs.length > 0,
            actions: [
              stopChild(({ context }) => context.refs[0] as AnyActorRef),
              assign({ refs: ({ context }) => context.refs.slice(1) }),
            ],
          },
          TICK: {
            guard: ({ context }) => context.refs.length > 0,
            actions: sendTo(({ context }) => context.refs.at(-1) as AnyActorRef, { type: 'TICK' }),
          },
          LATER: {
            guard: ({ context }) => context.refs.length > 0,
            actions: sendTo(({ context }) => context.refs[0] as AnyActorRef, { type: 'WIND' }, { delay: 450 }),
          },
        },
      },
    },
  }),
};

const synced: Shape = {
  name: 'systemId and onSnapshot',
  about: 'a child that is watched by onSnapshot and found by its system id',
  events: [{ type: 'TICK' }, { type: 'OFF' }, { type: 'ON' }],
  machine: setup({ types: {} as { context: { seen: unknown[] } }, actors: { clockwork } }).createMachine({
    id: 'synced',
    context: { seen: [] },
    initial: 'on',
    states: {
      on: {
        invoke: {
          id: 'watched',
          src: 'clockwork',
          systemId: 'the clockwork',
          onSnapshot: {
            actions: assign({
              seen: ({ context, event }) => [...context.seen, [event.snapshot.value, event.snapshot.context.count]],
            }),
          },
        },
        on: {
          TICK: { actions: sendTo(({ system }) => system.get('the clockwork') as AnyActorRef, { type: 'TICK' }) },
          OFF: 'off',
        },
      },
      off: { on: { ON: 'on' } },
    },
  }),
};

const child = setup({
  types: {} as { context: { boss: AnyActorRef; self: AnyActorRef }; input: AnyActorRef },
}).createMachine({
  id: 'clerk',
  context: ({ input, self }) => ({ boss: input, self }),
  initial: 'idle',
  states: {
    idle: {
      after: { 300: 'reporting' },
      on: { HURRY: 'reporting' },
    },
    reporting: {
      entry: [
        sendTo(({ context }) => context.boss, { type: 'REPORT' }),
        sendTo(({ context }) => context.boss, { type: 'REPORT' }, { delay: 200 }),
        sendTo(({ context }) => context.self, { type: 'REST' }, { delay: 100 }),
      ],
      on: { REST: 'idle' },
    },
  },
});

const parentRef: Shape = {
  name: 'reference to the parent',
  about: 'a child that was given its parent in its input, and keeps itself, sends to both',
  events: [{ type: 'HURRY' }, { type: 'RESTART' }],
  machine: setup({ types: {} as { context: Count }, actors: { child } }).createMachine({
    id: 'boss',
    context: { count: 0 },
    initial: 'on',
    on: { REPORT: { actions: assign({ count: plusOne }) } },
    states: {
      on: {
        invoke: { id: 'clerk', src: 'child', input: ({ self }) => self },
        on: { HURRY: { actions: sendTo('clerk', { type: 'HURRY' }) }, RESTART: { target: 'on', reenter: true } },
      },
    },
  }),
};

const staleRef: Shape = {
  name: 'reference to a stopped actor',
  about: 'a reference stays in the context after its actor has stopped: what is sent there is lost',
  events: [{ type: 'SPAWN' }, { type: 'STOP' }, { type: 'TICK' }],
  machine: setup({
    types: {} as { context: Count & { ref: AnyActorRef | null } },
    actors: { clockwork },
  }).createMachine({
    id: 'forgetful',
    context: { count: 0, ref: null },
    on: {
      SPAWN: {
        guard: ({ context }) => context.ref === null,
        actions: assign({ ref: ({ spawn }) => spawn('clockwork', { id: 'one' }) }),
      },
      STOP: { actions: stopChild('one') },
      TICK: [
        {
          guard: ({ context, event }) => context.ref !== null && !('late' in event),
          actions: sendTo(({ context }) => context.ref as AnyActorRef, { type: 'TICK', late: true }),
        },
        { actions: assign({ count: plusOne }) },
      ],
    },
  }),
};

export const refShapes: readonly Shape[] = [spawnedByName, synced, parentRef, staleRef];
