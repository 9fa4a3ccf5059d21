import { createActor, SimulatedClock, setup } from 'xstate';
import type { Check } from '../../src/testing/index.ts';

/** A lamp of our own, with one of each thing that can be changed. Its mutants are known by hand. */
export const lamp = setup({
  types: { context: {} as { on: number; log: string[] }, events: {} as { type: 'press' } | { type: 'break' } },
  guards: { worn: ({ context }) => context.on >= 2 },
  delays: { rest: 50 },
  actions: {
    count: ({ context }) => {
      context.on += 1;
    },
    greet: ({ context }) => {
      context.log.push('greet');
    },
    part: ({ context }) => {
      context.log.push('part');
    },
    hum: ({ context }) => {
      context.log.push('hum');
    },
  },
}).createMachine({
  id: 'lamp',
  context: () => ({ on: 0, log: [] }),
  output: ({ event, context }) => ({ how: 'output' in event ? event.output : undefined, log: context.log }),
  initial: 'off',
  states: {
    off: {
      on: {
        press: [
          { guard: 'worn', target: 'broken' },
          { target: 'lit', actions: 'count' },
        ],
      },
    },
    lit: {
      entry: ['greet', 'hum'],
      exit: 'part',
      on: { break: 'thrown' },
      after: { rest: 'off' },
    },
    broken: { type: 'final', output: 'worn out' },
    thrown: { type: 'final', output: 'thrown away' },
  },
});

type Machine = Parameters<Check['run']>[0];

/** What a lamp is and has said after some presses and waits. */
export function used(machine: Machine, ...acts: ('press' | 'break' | number)[]) {
  const clock = new SimulatedClock();
  const actor = createActor(machine, { clock });
  let failure: unknown;
  actor.subscribe({
    error: (error) => {
      failure = error;
    },
  });
  actor.start();
  for (const act of acts) {
    if (typeof act === 'number') clock.increment(act);
    else if (actor.getSnapshot().status === 'active') actor.send({ type: act });
  }
  if (failure) throw failure;
  const { value, context, output } = actor.getSnapshot() as {
    value: unknown;
    context: { on: number; log: string[] };
    output?: { how: unknown };
  };
  return { value, log: context.log.join(' '), how: output?.how };
}
