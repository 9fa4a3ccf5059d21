import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { recoveryMachine } from '../../machines/recovery.ts';
import { Branches } from '../../src/core/branches.ts';
import { step } from '../../src/core/step.ts';
import type { Step, StepInput, Stored } from '../../src/core/types.ts';
import { Walk } from '../security/walk.ts';

const WALKS = 30;
const SEED = 20260302;
const command = fc.record({ do: fc.constantFrom('act', 'act', 'act', 'send', 'answer', 'wait'), pick: fc.nat(10_000) });

/** What a step leads to, or why it does not. */
function outcome(take: () => Step): unknown {
  try {
    return structuredClone(take());
  } catch (error) {
    return String(error);
  }
}

test.for(['source', 'strict'] as const)('the real machines, %s: each branch is the step by itself', (profile) => {
  let branched = 0;
  fc.assert(
    fc.property(fc.nat(2), fc.array(command, { minLength: 15, maxLength: 40, size: 'max' }), (account, commands) => {
      const walk = new Walk(profile, account);
      for (const { do: what, pick } of commands) if (!walk.isDone) walk[what](pick);
      walk.end();
      let stored: Stored | null = null;
      for (const [index, { input, after }] of walk.taken.entries()) {
        if (stored) {
          const from: Stored = stored;
          const branches = new Branches(recoveryMachine, from);
          const others = walk.taken.slice(Math.max(1, index - 3), index + 4).map((each) => each.input);
          for (const other of [...others, input, input]) {
            branched += 1;
            const alone = outcome(() => step(recoveryMachine, from, other, after.at));
            const branch = outcome(() => branches.step(recoveryMachine, from, other, after.at));
            if (!isDeepStrictEqual(branch, alone)) expect(branch, `step ${index}`).toEqual(alone);
          }
        }
        stored = { ...step(recoveryMachine, stored, input, after.at), timers: after.timers };
      }
    }),
    { numRuns: WALKS, seed: SEED },
  );
  expect(branched).toBeGreaterThan(WALKS * 50);
});

const child = setup({ types: { events: {} as { type: 'end' } } }).createMachine({
  id: 'child',
  initial: 'busy',
  states: { busy: { on: { end: 'over' }, after: { 1000: 'over' } }, over: { type: 'final' } },
});
const parent = setup({
  types: { context: {} as { count: number } },
  actors: { child, port: fromPromise(async () => 1) },
}).createMachine({
  id: 'parent',
  context: { count: 0 },
  initial: 'idle',
  on: { count: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
  states: {
    idle: {
      on: {
        begin: 'working',
        call: 'calling',
        wait: 'waiting',
        break: {
          actions: () => {
            throw new Error('broken');
          },
        },
      },
    },
    working: { invoke: { src: 'child', id: 'child', onDone: 'idle' } },
    calling: { invoke: { src: 'port', id: 'port', onDone: 'idle', onError: 'idle' } },
    waiting: { after: { 500: 'idle' } },
  },
});
const event = (type: string): StepInput => ({ type: 'event', event: { type } });
const EVENTS = ['count', 'wait', 'nothing', 'break', 'count', 'begin', 'count', 'call', 'call', 'wait', 'count'];
const started = step(parent, null, { type: 'start' }, 0);

test('actors that are made, end or throw, calls and timers of one branch are in no other', () => {
  const working = step(parent, started, event('begin'), 0);
  const calling = step(parent, started, event('call'), 0);
  const [timer] = working.timers;
  const inputs: StepInput[] = EVENTS.map(event);
  const answer: StepInput = { type: 'answer', key: calling.awaited[0] ?? '', output: 1 };
  const timeout: StepInput = { type: 'timer', id: timer?.id ?? '' };
  for (const from of [started, working, calling]) {
    const branches = new Branches(parent, from);
    const at = (input: StepInput) => (input.type === 'timer' ? 1000 : 1);
    for (const input of [...inputs, answer, event('count'), timeout, event('count'), answer, timeout, ...inputs]) {
      expect(outcome(() => branches.step(parent, from, input, at(input)))).toEqual(
        outcome(() => step(parent, from, input, at(input))),
      );
    }
  }
});

test('a tree that was restored to look at is gone on with', () => {
  const branches = new Branches(parent, started);
  expect(branches.restore(started, 0).snapshot).toEqual(started.snapshot);
  expect(branches.step(parent, started, event('count'), 1)).toEqual(step(parent, started, event('count'), 1));
});

test('another state than its own is restored', () => {
  const branches = new Branches(parent, started);
  const counted = branches.step(parent, started, event('count'), 1);
  const twice = branches.step(parent, counted, event('count'), 2);
  expect(twice).toEqual(step(parent, counted, event('count'), 2));
});
