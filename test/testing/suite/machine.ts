import { createMachine } from 'xstate';

/** A door, for a suite of its own that is run by coverage-report.test.ts. */
export const door = createMachine({
  id: 'door',
  initial: 'shut',
  states: {
    shut: { on: { OPEN: { guard: ({ event }) => event.key === 'right', target: 'open' } } },
    open: { on: { SHUT: 'shut', 'BREAK <&"': 'broken' } },
    broken: {},
  },
});
