import { assign, emit, fromPromise, setup } from 'xstate';

/** An order that is paid for, packed, and given up when nobody pays. */
export const order = setup({
  types: {
    context: {} as { paid: number; receipt?: string },
    events: {} as { type: 'PAY'; amount: number; pin?: string; at?: number } | { type: 'REFUND' } | { type: 'BREAK' },
    input: {} as { paid?: number } | undefined,
  },
  actors: {
    charge: fromPromise<{ receipt: string }, { amount: number; pin: string }>(() => {
      throw new Error('a port');
    }),
  },
  guards: { isTooLittle: ({ event }) => event.type === 'PAY' && event.amount < 10 },
  actions: {
    note: assign({ paid: ({ event }) => (event.type === 'PAY' ? event.amount : 0) }),
    refuse: emit({ type: 'refused', code: 'invalidEvent', field: 'amount' }),
    fail: () => {
      throw new Error('broken');
    },
  },
  delays: { reminder: 60_000, patience: 120_000 },
}).createMachine({
  id: 'order',
  context: ({ input }) => ({ paid: input?.paid ?? 0 }),
  initial: 'open',
  on: { BREAK: { actions: 'fail' } },
  states: {
    open: {
      on: {
        PAY: [
          { guard: 'isTooLittle', actions: 'refuse' },
          { target: 'paying', actions: 'note' },
        ],
      },
      after: { reminder: 'reminded' },
    },
    reminded: {
      on: { PAY: { target: 'paying', actions: 'note' } },
      after: { patience: 'given up' },
    },
    paying: {
      invoke: {
        src: 'charge',
        input: ({ context, event }) => ({ amount: context.paid, pin: (event.type === 'PAY' && event.pin) || '' }),
        onDone: { target: 'paid', actions: assign({ receipt: ({ event }) => event.output.receipt }) },
        onError: 'open',
      },
    },
    paid: { on: { REFUND: 'open' } },
    'given up': { type: 'final' },
  },
});
