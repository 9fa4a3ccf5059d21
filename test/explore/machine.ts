import { assign, fromPromise, sendTo, setup } from 'xstate';

/** A machine that has nothing to do with recoveries: a parcel with a courier, a timer, a call and a child. */

const courier = setup({
  types: { events: {} as { type: 'ring' } },
  delays: { patience: 60_000 },
}).createMachine({
  id: 'courier',
  initial: 'driving',
  states: {
    driving: { after: { 600000: 'atDoor' } },
    atDoor: { on: { ring: 'handedOver' }, after: { patience: 'goneAway' } },
    handedOver: { type: 'final', output: true },
    goneAway: { type: 'final', output: false },
  },
  output: ({ event }) => ({ delivered: 'output' in event && event.output === true }),
});

export const parcelMachine = setup({
  types: {
    context: {} as { tries: number; promisedAt: number },
    events: {} as { type: 'send'; at?: number } | { type: 'ring' } | { type: 'cancel' },
    input: {} as { at: number },
    output: {} as { delivered: boolean },
    tags: {} as 'waiting',
  },
  actors: { courier, label: fromPromise(async () => ({ ok: true })) },
  guards: { lastTry: ({ context }) => context.tries >= 2 },
  actions: { countTry: assign({ tries: ({ context }) => context.tries + 1 }) },
}).createMachine({
  id: 'parcel',
  context: ({ input }) => ({ tries: 0, promisedAt: input.at + 86_400_000 }),
  initial: 'packed',
  states: {
    packed: { tags: 'waiting', on: { send: 'labelling', cancel: 'cancelled' }, after: { 3600000: 'cancelled' } },
    labelling: {
      invoke: {
        src: 'label',
        onDone: { target: 'underWay', actions: 'countTry' },
        onError: 'packed',
      },
      after: { 30000: 'packed' },
    },
    underWay: {
      on: { ring: { actions: sendTo('courier', { type: 'ring' }) } },
      invoke: {
        id: 'courier',
        src: 'courier',
        onDone: [
          { guard: ({ event }) => (event.output as { delivered: boolean }).delivered, target: 'delivered' },
          { guard: 'lastTry', target: 'returned' },
          { target: 'packed' },
        ],
      },
    },
    delivered: { type: 'final' },
    returned: { type: 'final' },
    cancelled: { type: 'final' },
  },
});
