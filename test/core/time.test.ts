import { describe, expect, test } from 'vitest';
import { assign, cancel, raise, setup } from 'xstate';
import { catchUp, nextTimer, step } from '../../src/core/index.ts';
import type { Instant, Step, Stored } from '../../src/core/types.ts';
import { deepFreeze } from './freeze.ts';

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const restart = (stored: Stored): Stored => JSON.parse(JSON.stringify(stored));

/** The steps of all timers that are due, each taken from storage. */
function wake(machine: Parameters<typeof step>[0], stored: Stored, now: Instant): (Step & { timer: string })[] {
  return [...catchUp(machine, restart(stored), now)];
}

/** A hold of 45 minutes, then a window of a day, then it is over; a word in the hold is counted. */
const hold = setup({ types: {} as { context: { words: string[] } } }).createMachine({
  id: 'hold',
  context: { words: [] },
  initial: 'held',
  on: { WORD: { actions: assign({ words: ({ context }) => [...context.words, 'word'] }) } },
  states: {
    held: {
      after: {
        [45 * MINUTE]: { target: 'open', actions: assign({ words: ({ context }) => [...context.words, 'opened'] }) },
      },
    },
    open: { after: { [DAY]: 'closed' } },
    closed: { type: 'final' },
  },
  output: ({ context }) => context.words,
});

describe('logical time', () => {
  test('a timer of 45 minutes fires as of its instant, though the process wakes after 72 hours', () => {
    const start = step(hold, null, { type: 'start' }, T0);
    const [opened, closed] = wake(hold, start, T0 + 72 * HOUR);
    expect(opened).toMatchObject({ at: T0 + 45 * MINUTE, states: ['open'], accepted: true });
    expect(closed).toMatchObject({ at: T0 + 45 * MINUTE + DAY, status: 'done' });
  });

  test('the timer that follows from a late one counts from the instant of that one', () => {
    const start = step(hold, null, { type: 'start' }, T0);
    const [opened] = wake(hold, start, T0 + 3 * HOUR);
    expect(opened?.timers.map((timer) => timer.dueAt)).toEqual([T0 + 45 * MINUTE + DAY]);
  });

  test.each([
    ['at once', 0],
    ['half way', 22.5 * MINUTE],
    ['at the very deadline', 45 * MINUTE],
    ['past the deadline', 60 * MINUTE],
  ])('R41: a machine restored %s fires its timer once, at its instant', (_, wokenAfter) => {
    const start = step(hold, null, { type: 'start' }, T0);
    let stored: Stored = restart(start);
    const fired: Step[] = [];
    for (const now of [T0 + wokenAfter, T0 + wokenAfter, T0 + 61 * MINUTE, T0 + 62 * MINUTE]) {
      for (const next of wake(hold, stored, now)) {
        fired.push(next);
        stored = restart(next);
      }
    }
    expect(fired.map((next) => next.at)).toEqual([T0 + 45 * MINUTE]);
    expect(stored.snapshot).toMatchObject({ value: 'open', context: { words: ['opened'] } });
  });

  test('R41: each restart on the way leaves the deadline where it was', () => {
    let stored: Stored = step(hold, null, { type: 'start' }, T0);
    for (let minute = 5; minute < 45; minute += 5) {
      stored = restart(step(hold, stored, { type: 'event', event: { type: 'WORD' } }, T0 + minute * MINUTE));
      expect(nextTimer(stored)?.dueAt).toBe(T0 + 45 * MINUTE);
    }
  });

  test('R42: a wait of 30 days, beyond what setTimeout can hold, ends after 30 days', () => {
    const machine = setup({}).createMachine({
      id: 'month',
      initial: 'waiting',
      states: { waiting: { after: { [30 * DAY]: 'over' } }, over: { type: 'final' } },
    });
    const start = step(machine, null, { type: 'start' }, T0);
    expect(wake(machine, start, T0 + 30 * DAY - 1)).toEqual([]);
    expect(wake(machine, start, T0 + 30 * DAY)).toMatchObject([{ at: T0 + 30 * DAY, status: 'done' }]);
  });

  test('an event that arrives at the very instant of a timer is processed after it', () => {
    const now = T0 + 45 * MINUTE;
    const start = step(hold, null, { type: 'start' }, T0);
    const [opened] = wake(hold, start, now);
    const told = step(hold, restart(opened as Step), { type: 'event', event: { type: 'WORD' } }, now);
    expect(told.snapshot).toMatchObject({ context: { words: ['opened', 'word'] } });
  });

  test.each([0, 1])('an event is refused while a timer is due (%i ms late)', (late) => {
    const start = deepFreeze(step(hold, null, { type: 'start' }, T0));
    const tooSoon = () => step(hold, start, { type: 'event', event: { type: 'WORD' } }, T0 + 45 * MINUTE + late);
    expect(tooSoon).toThrow(expect.objectContaining({ name: 'DurabilityError', code: 'earlierTimer' }));
  });

  test('of two timers the later is refused while the earlier is due', () => {
    const machine = setup({}).createMachine({
      id: 'pair',
      initial: 'waiting',
      states: { waiting: { after: { 10: { actions: [] }, 20: { actions: [] } } } },
    });
    const start = step(machine, null, { type: 'start' }, T0);
    const later = { type: 'timer', id: start.timers[1]?.id ?? '' } as const;
    expect(() => step(machine, start, later, T0 + 20)).toThrow(expect.objectContaining({ code: 'earlierTimer' }));
  });

  test('a timer that is there no longer is not accepted', () => {
    const start = step(hold, null, { type: 'start' }, T0);
    expect(step(hold, start, { type: 'timer', id: '#gone' }, T0)).toMatchObject({ accepted: false, states: ['held'] });
  });

  test('of two delayed events with one id both come, and cancel reaches only the second, as in a live actor', () => {
    const machine = setup({ types: {} as { context: { rung: number[] } } }).createMachine({
      id: 'bell',
      context: { rung: [] },
      on: {
        IN: {
          actions: raise(({ event }) => ({ type: 'RING', ms: event.ms }), {
            delay: ({ event }) => event.ms,
            id: 'bell',
          }),
        },
        CANCEL: { actions: cancel('bell') },
        RING: { actions: assign({ rung: ({ context, event }) => [...context.rung, event.ms] }) },
      },
    });
    const send = (stored: Stored, event: { type: string; ms?: number }) =>
      step(machine, restart(stored), { type: 'event', event }, T0);
    const start = step(machine, null, { type: 'start' }, T0);
    const both = send(send(start, { type: 'IN', ms: 20 }), { type: 'IN', ms: 10 });
    expect(both.timers.map((timer) => timer.dueAt)).toEqual([T0 + 20, T0 + 10]);
    expect(new Set(both.timers.map((timer) => timer.id)).size).toBe(2);
    expect(send(both, { type: 'CANCEL' }).timers.map((timer) => timer.dueAt)).toEqual([T0 + 20]);
    expect(wake(machine, both, T0 + 60).at(-1)?.snapshot).toMatchObject({ context: { rung: [10, 20] } });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('a delay of %d is refused: it would be no instant', (delay) => {
    const machine = setup({ delays: { never: () => delay } }).createMachine({
      id: 'never',
      initial: 'waiting',
      states: { waiting: { after: { never: 'over' } }, over: {} },
    });
    expect(() => step(machine, null, { type: 'start' }, T0)).toThrow(
      expect.objectContaining({
        code: 'badTimer',
        message: expect.stringContaining('xstate.after.never.never.waiting'),
      }),
    );
  });
});
