import { createWebSocketInspector } from '@statelyai/inspect';
import { createActor, setup } from 'xstate';

// A program that knows nothing of regain: only the address of the inspector is given to it.

const [, , url = ''] = process.argv;
const { inspect } = createWebSocketInspector({ url });

const pedestrian = setup({}).createMachine({
  id: 'pedestrian',
  initial: 'walk',
  states: { walk: { on: { BLINK: 'blinking' } }, blinking: { on: { STOP: 'stop' } }, stop: { type: 'final' } },
});

const light = setup({ actors: { pedestrian }, guards: { isNight: ({ context }) => context.rounds > 9 } }).createMachine(
  {
    id: 'trafficLight',
    description: 'A light at a crossing for cars and people on foot.',
    context: { rounds: 0 },
    initial: 'green',
    states: {
      green: { on: { TIMER: 'yellow' }, after: { 2700000: 'yellow' } },
      yellow: { on: { TIMER: [{ guard: 'isNight', target: 'off' }, { target: 'red' }] } },
      red: {
        invoke: { id: 'people', src: 'pedestrian', onDone: 'green' },
        on: {
          'FOOT.*': {
            actions: ({ self, event }) =>
              self.getSnapshot().children.people?.send({ type: event.type.slice(5) } as never),
          },
        },
      },
      off: { type: 'final' },
    },
  },
);

const actor = createActor(light, { inspect });
actor.start();
for (const type of process.argv.slice(3)) {
  await new Promise((resolve) => setTimeout(resolve, 10)); // the inspector tells of one thing after the other
  actor.send({ type } as never);
}
process.stdin.resume(); // until whoever started it closes its input
process.stdin.on('end', () => process.exit());
