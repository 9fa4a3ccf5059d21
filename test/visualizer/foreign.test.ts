import { expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { foreignMachine, NoMachine } from '../../visualizer/src/simulator/foreign.ts';
import { Simulator } from '../../visualizer/src/simulator/simulator.ts';
import { simulatorOf, statesOf } from './walks.ts';

const CONFIG = {
  id: 'order',
  initial: 'cart',
  states: {
    cart: { entry: 'show', on: { pay: [{ guard: 'isFull', target: 'paying' }, { target: 'empty' }] } },
    empty: { after: { 5000: 'cart' } },
    paying: {
      invoke: { id: 'charge', src: 'chargeCard', onDone: 'thanking', onError: { target: 'cart', actions: 'complain' } },
    },
    thanking: { after: { patience: 'done' }, always: { guard: 'inHurry', target: 'done' } },
    done: { type: 'final' },
  },
};

const run = (text: string) => {
  const foreign = foreignMachine(text);
  const { setting } = simulatorOf('recovery');
  return { foreign, simulator: new Simulator(foreign, setting, { reply: async () => undefined }) };
};

it('runs a configuration: guards as chosen, calls by hand, delays', async () => {
  const { foreign, simulator } = run(JSON.stringify(CONFIG));
  expect([...foreign.guards]).toEqual([
    ['isFull', true],
    ['inHurry', true],
  ]);
  foreign.guards.set('isFull', false);
  foreign.guards.set('inHurry', false);
  await simulator.send({ type: 'pay' });
  expect(statesOf(simulator)).toBe('empty');
  await simulator.toNext();
  expect(statesOf(simulator)).toBe('cart');
  foreign.guards.set('isFull', true);
  await simulator.send({ type: 'pay' });
  const [call] = simulator.simulation.current.calls;
  expect(call).toMatchObject({ port: 'chargeCard' });
  await simulator.answer(call?.key ?? '', { output: { paid: true } });
  expect(statesOf(simulator)).toBe('thanking');
  await simulator.advance(60_000);
  expect(simulator.simulation.isDone).toBe(true);
});

it('runs what toJSON gives', async () => {
  const machine = createMachine(CONFIG as never, {
    guards: { isFull: () => true, inHurry: () => false },
    actors: {},
  });
  const { foreign, simulator } = run(JSON.stringify(machine));
  foreign.guards.set('inHurry', false);
  await simulator.send({ type: 'pay' });
  await simulator.answer(simulator.simulation.current.calls[0]?.key ?? '', { throws: 'no money' });
  expect(statesOf(simulator)).toBe('cart');
  foreign.guards.set('isFull', false);
  await simulator.send({ type: 'pay' });
  await simulator.advance(5_000);
  expect(statesOf(simulator)).toBe('cart');
});

it('tells what is no machine', () => {
  expect(() => foreignMachine('{')).toThrow(NoMachine);
  expect(() => foreignMachine('[]')).toThrow('an object with "states"');
  expect(() => foreignMachine('{"initial":"a","states":{"b":{}}}')).toThrow(NoMachine);
});
