import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { recoveryMachine } from '../../machines/recovery.ts';
import { LiveActors } from '../../src/core/live-actors.ts';
import { step } from '../../src/core/step.ts';
import type { Step, Stored } from '../../src/core/types.ts';
import { Walk } from '../security/walk.ts';

const WALKS = 150;
const SEED = 20260302;
const pick = fc.nat(10_000);
const command = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant('act' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), pick }) },
);

const read = ({ snapshot, timers, calls }: Stored): Stored => JSON.parse(JSON.stringify({ snapshot, timers, calls }));

/** As it would be written; of `#` only that it counts is of any consequence. */
const written = ({ calls: { '#': _, ...calls }, ...rest }: Step): unknown =>
  JSON.parse(JSON.stringify({ ...rest, calls }));

describe('the real machines: a tree that is kept does what a tree does that is restored from what was written', () => {
  test.for(['source', 'strict'] as const)('%s', (profile, { task }) => {
    let kept = 0;
    let steps = 0;
    const commands = fc.array(command, { minLength: 20, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(fc.nat(2), commands, (account, commands) => {
        const walk = new Walk(profile, account);
        for (const { do: what, pick } of commands) if (!walk.isDone) walk[what](pick);
        walk.end();
        const live = new LiveActors();
        let [one, other]: [Stored | null, Stored | null] = [null, null];
        for (const { input, after } of walk.taken) {
          steps += 1;
          const before = live.size;
          const restored = step(recoveryMachine, one && read(one), input, after.at);
          const goneOn = live.step(recoveryMachine, other, input, after.at);
          if (!isDeepStrictEqual(written(goneOn), written(restored))) {
            expect(written(goneOn), `step ${steps}`).toEqual(written(restored));
          }
          kept += before;
          // A call that a late timer makes is counted from then on.
          one = { ...restored, timers: after.timers };
          other = { ...goneOn, timers: after.timers };
        }
      }),
      { numRuns: WALKS, seed: SEED },
    );
    task.meta.walks = WALKS;
    expect(kept).toBe(steps - WALKS); // all but the first of each walk
  });
});

describe('what is kept', () => {
  const counter = setup({
    types: { context: {} as { count: number; seen: unknown[] }, events: {} as { type: 'see'; what: unknown } },
  }).createMachine({
    id: 'counter',
    context: { count: 0, seen: [] },
    on: {
      see: {
        actions: assign(({ context, event }) => ({ count: context.count + 1, seen: [...context.seen, event.what] })),
      },
    },
  });
  const see = (what: unknown) => ({ type: 'event', event: { type: 'see', what } }) as const;
  const countOf = ({ snapshot }: Step) => (snapshot as { context: { count: number } }).context.count;

  test('is bounded: the one that waits longest goes, and is restored when it is wanted', () => {
    const live = new LiveActors(2);
    const begun = [1, 2, 3].map(() => live.step(counter, null, { type: 'start' }, 0));
    expect(live.size).toBe(2);
    expect(begun.map((stored) => countOf(live.step(counter, stored, see('x'), 1)))).toEqual([1, 1, 1]);
    expect(live.size).toBe(2);
  });

  test('goes on from the snapshot of its last step alone: a step that was not written has not happened', () => {
    const live = new LiveActors();
    const first = live.step(counter, null, { type: 'start' }, 0);
    const lost = live.step(counter, first, see('x'), 1);
    expect(countOf(lost)).toBe(1);
    expect(countOf(live.step(counter, first, see('y'), 2))).toBe(1);
    expect(countOf(live.step(counter, read(first), see('y'), 2))).toBe(1);
    expect(countOf(live.step(counter, lost, see('y'), 2))).toBe(2);
  });

  test('a tree that a step failed in is not gone on with', () => {
    const fragile = counter.provide({});
    const failing = setup({ types: { events: {} as { type: 'break' } | { type: 'go' } } }).createMachine({
      id: 'failing',
      initial: 'one',
      states: {
        one: {
          on: {
            go: 'two',
            break: {
              target: 'two',
              actions: () => {
                throw new Error('broken');
              },
            },
          },
        },
        two: {},
      },
    });
    const live = new LiveActors();
    const first = live.step(failing, null, { type: 'start' }, 0);
    expect(() => live.step(failing, first, { type: 'event', event: { type: 'break' } }, 1)).toThrow('broken');
    expect(live.size).toBe(0);
    expect(live.step(failing, first, { type: 'event', event: { type: 'go' } }, 2).states).toEqual(['two']);
    expect(live.step(fragile, live.step(fragile, null, { type: 'start' }, 0), see(1), 1).accepted).toBe(true);
  });

  test('is of one machine', () => {
    const live = new LiveActors();
    const other = counter.provide({});
    const first = live.step(counter, null, { type: 'start' }, 0);
    expect(countOf(live.step(other, first, see('x'), 1))).toBe(1);
  });

  test.for([
    ['a date', new Date(0)],
    ['a number that JSON has not', Number.NaN],
    ['nothing at all', undefined],
    ['a function', () => 1],
    ['a map', new Map([['a', 1]])],
    ['something deep inside', { list: [{ at: new Date(0) }] }],
    ['a list with holes', new Array(3)],
  ] as const)('is no tree whose context holds %s: restored it would be another', ([, what]) => {
    const live = new LiveActors();
    const first = live.step(counter, null, { type: 'start' }, 0);
    expect(live.size).toBe(1);
    live.step(counter, first, see(what), 1);
    expect(live.size).toBe(0);
  });
});
