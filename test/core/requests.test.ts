import { describe, expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { step } from '../../src/core/index.ts';
import type { Step, StepInput, Stored } from '../../src/core/types.ts';

const T0 = Date.UTC(2026, 0, 1);
const restart = (stored: Stored): Stored => JSON.parse(JSON.stringify(stored));

const never = fromPromise<string, { pin: string }>(() => {
  throw new Error('a port was run, not recorded');
});

const asker = setup({
  types: {} as { context: { answer: unknown; error: unknown }; input: { pin: string } },
  actors: { ask: never },
}).createMachine({
  id: 'asker',
  context: { answer: null, error: null },
  initial: 'asking',
  on: { NUDGE: {} },
  states: {
    asking: {
      invoke: {
        src: 'ask',
        input: { pin: '4711' },
        onDone: { target: 'answered', actions: assign({ answer: ({ event }) => event.output }) },
        onError: { target: 'answered', actions: assign({ error: ({ event }) => event.error }) },
      },
      on: { LEAVE: 'answered', REENTER: { target: 'asking', reenter: true } },
    },
    answered: { on: { AGAIN: 'asking' } },
  },
});

const house = setup({ actors: { asker } }).createMachine({
  id: 'house',
  type: 'parallel',
  states: {
    left: { invoke: { id: 'left', src: 'asker', input: { pin: '1' } } },
    right: { invoke: { id: 'right', src: 'asker', input: { pin: '2' } } },
  },
});

const send = (stored: Stored, type: string): Step =>
  step(asker, restart(stored), { type: 'event', event: { type } }, T0);
const give = (stored: Stored, input: StepInput): Step => step(asker, restart(stored), input, T0);
const start = () => step(asker, null, { type: 'start', input: { pin: '4711' } }, T0);

describe('requests', () => {
  test('a call is recorded with its key and what it is given', () => {
    expect(start().requests).toEqual([{ key: '/ask/1', path: '', port: 'ask', attempt: 1, input: { pin: '4711' } }]);
  });

  test('a call of a child carries the path of the child', () => {
    const { requests, awaited } = step(house, null, { type: 'start' }, T0);
    expect(requests.map(({ key, path }) => ({ key, path }))).toEqual([
      { key: 'left/ask/1', path: 'left' },
      { key: 'right/ask/1', path: 'right' },
    ]);
    expect(awaited).toEqual(['left/ask/1', 'right/ask/1']);
  });

  test('a restored call is not made again, and keeps its key', () => {
    let next = start();
    for (let restarts = 0; restarts < 3; restarts++) {
      next = send(next, 'NUDGE');
      expect(next.requests).toEqual([]);
      expect(next.awaited).toEqual(['/ask/1']);
    }
  });

  test('the attempt counts up when the state is entered again, also over restarts', () => {
    const second = send(start(), 'REENTER');
    expect(second.requests.map((request) => request.key)).toEqual(['/ask/2']);
    expect(second.awaited).toEqual(['/ask/2']);
    const third = send(send(second, 'LEAVE'), 'AGAIN');
    expect(third.requests).toMatchObject([{ key: '/ask/3', attempt: 3 }]);
  });

  test('what a port is given is in nothing that is stored', () => {
    const { snapshot, timers, calls } = step(house, null, { type: 'start' }, T0);
    expect(JSON.stringify({ snapshot, timers, calls })).not.toContain('pin');
  });

  test('a call that is left within the step that makes it is not carried out, and its number is used up', () => {
    const hasty = setup({
      types: {} as { context: { calls: number } },
      actors: { ask: never },
      actions: { changeMind: ({ self, context }) => context.calls === 1 && self.send({ type: 'AGAIN' }) },
    }).createMachine({
      id: 'hasty',
      context: { calls: 0 },
      initial: 'asking',
      states: {
        asking: {
          entry: [assign({ calls: ({ context }) => context.calls + 1 }), 'changeMind'],
          invoke: { src: 'ask', input: { pin: '' } },
          on: { AGAIN: { target: 'asking', reenter: true } },
        },
      },
    });
    const { awaited, requests } = step(hasty, null, { type: 'start' }, T0);
    expect(awaited).toEqual(['/ask/2']);
    expect(requests.map((request) => request.key)).toEqual(['/ask/2']);
  });

  test('an answer reaches onDone', () => {
    const next = give(start(), { type: 'answer', key: '/ask/1', output: { ok: true } });
    expect(next).toMatchObject({ accepted: true, awaited: [], snapshot: { context: { answer: { ok: true } } } });
  });

  test('a failure reaches onError as plain data', () => {
    const error = { name: 'Refused', message: 'no', code: 'refused' };
    const next = give(start(), { type: 'failure', key: '/ask/1', error });
    expect(next).toMatchObject({ accepted: true, snapshot: { context: { error } } });
  });

  test('an answer to a state that was left is not accepted, and nor is a second answer', () => {
    const left = send(start(), 'LEAVE');
    const answered = give(start(), { type: 'answer', key: '/ask/1', output: 'first' });
    for (const stored of [left, answered]) {
      const late = give(stored, { type: 'answer', key: '/ask/1', output: 'late' });
      expect(late.accepted).toBe(false);
      expect(late.snapshot).toEqual(restart(stored).snapshot);
    }
  });

  test('an answer to the call before is not taken for an answer to this one', () => {
    const second = send(start(), 'REENTER');
    expect(give(second, { type: 'answer', key: '/ask/1', output: 'old' })).toMatchObject({
      accepted: false,
      states: ['asking'],
    });
  });
});
