import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { StepError } from '../../src/core/errors.ts';
import { LiveActors } from '../../src/core/live-actors.ts';
import { catchUp, nextTimer, step, type TakeStep } from '../../src/core/step.ts';
import type { Emitted, Instant, Step, StepInput, Stored } from '../../src/core/types.ts';
import { deepFreeze } from './freeze.ts';
import { Oracle } from './oracle.ts';
import type { Shape } from './shapes/shape.ts';
import { shapes } from './shapes.ts';
import { type View, viewOf } from './view.ts';

const BEGIN = Date.UTC(2026, 0, 1);
const WALKS = 300;
const SEED = 20260131;

type Command =
  | { do: 'send'; index: number }
  | { do: 'wait'; ms: number }
  | { do: 'untilTimer'; off: number }
  | { do: 'settle'; index: number; ok: boolean };

/** Waits are in the units of the shape: a thousandth of its longest delay. */
const commandsFor = (unit: number): fc.Arbitrary<Command> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const), index: fc.nat(11) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.oneof(fc.constantFrom(0, 1, 50, 100, 250, 500, 1000), fc.nat(3000)).map((ms) => ms * unit),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('untilTimer' as const), off: fc.constantFrom(0, 0, -1, 1) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), index: fc.nat(3), ok: fc.boolean() }) },
  );

/** The same machine, stopped and restored between every two inputs, or kept at work by what takes the steps. */
class Stepped {
  readonly #machine: AnyStateMachine;
  readonly #keep: (stored: Stored) => Stored;
  readonly #step: TakeStep;
  #last: Step;
  #stored: Stored;
  #emitted: Emitted[] = [];

  constructor(machine: AnyStateMachine, now: Instant, keep: (stored: Stored) => Stored, takeStep: TakeStep = step) {
    this.#machine = machine;
    this.#keep = keep;
    this.#step = takeStep;
    this.#last = takeStep(machine, null, { type: 'start' }, now);
    this.#stored = this.#took(this.#last);
  }

  #took(next: Step): Stored {
    this.#emitted.push(...next.emitted);
    this.#last = next;
    const { snapshot, timers, calls } = next;
    this.#stored = this.#keep({ snapshot, timers, calls });
    return this.#stored;
  }

  get nextTimer(): Instant | undefined {
    return nextTimer(this.#stored)?.dueAt;
  }

  get awaited(): string[] {
    return this.#last.awaited.toSorted();
  }

  /** One timer at a time, so that the tree is restored between timers too. */
  advance(now: Instant): void {
    for (;;) {
      const first = catchUp(this.#machine, this.#stored, now, 'asDue', undefined, this.#step).next();
      if (first.done) break;
      this.#took(first.value);
    }
  }

  take(input: StepInput, now: Instant): void {
    this.#took(this.#step(this.#machine, this.#stored, input, now));
  }

  view(): View {
    const emitted = this.#emitted;
    this.#emitted = [];
    return viewOf(this.#last, emitted);
  }
}

/** Runs a command; a step that fails stands for a root in the state of error. */
function attempt(run: () => void): View | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof StepError) return { status: 'error' };
    throw error;
  }
}

function same(name: string, found: View, expected: View): void {
  if (!isDeepStrictEqual(found, expected)) expect(found, name).toEqual(expected);
}

async function walk(shape: Shape, commands: readonly Command[]): Promise<void> {
  let now = BEGIN;
  const oracle = new Oracle(shape.machine, now);
  const runs = {
    'through JSON': new Stepped(shape.machine, now, (stored) => JSON.parse(JSON.stringify(stored))),
    'frozen as it is': new Stepped(shape.machine, now, deepFreeze),
    'kept at work': new Stepped(shape.machine, now, (stored) => stored, new LiveActors().step),
  };
  const lead = runs['through JSON'];
  const expected = oracle.view();
  for (const [name, run] of Object.entries(runs)) same(`${name}, start`, run.view(), expected);

  for (const [position, what] of commands.entries()) {
    let input: StepInput | undefined;
    if (what.do === 'wait') now += what.ms;
    if (what.do === 'untilTimer') now = Math.max(now, (lead.nextTimer ?? now) + what.off);
    if (what.do === 'send') {
      input = { type: 'event', event: shape.events[what.index % shape.events.length] ?? { type: 'none' } };
    }
    oracle.advance(now);
    const failed = Object.values(runs).map((run) => attempt(() => run.advance(now)));
    if (what.do === 'settle' && !failed.some(Boolean) && lead.awaited.length > 0) {
      const key = lead.awaited[what.index % lead.awaited.length] ?? '';
      input = what.ok
        ? { type: 'answer', key, output: { value: position } }
        : { type: 'failure', key, error: { name: 'Refused', message: `${position}` } };
      await oracle.settle(key, input.type === 'answer' ? { output: input.output } : { error: input.error });
    } else if (input?.type === 'event') {
      oracle.send(input.event);
    }
    const expected = oracle.view();
    for (const [index, [name, run]] of Object.entries(runs).entries()) {
      const view = failed[index] ?? attempt(() => input && run.take(input, now)) ?? run.view();
      same(`${name}, command ${position}: ${JSON.stringify(what)}`, view, expected);
    }
    if (expected.status !== 'active') break;
  }
}

describe('a machine that is restored before every input behaves as one that never stopped', () => {
  beforeAll(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => {}); // XState says so when an event comes too late
  });
  afterAll(() => void vi.restoreAllMocks());

  test.for(shapes)('$name: $about', async (shape, { task }) => {
    task.meta.walks = WALKS;
    await fc.assert(
      fc.asyncProperty(fc.array(commandsFor(shape.unit ?? 1), { minLength: 1, maxLength: 25 }), (commands) =>
        walk(shape, commands),
      ),
      { numRuns: WALKS, seed: SEED },
    );
  });
});
