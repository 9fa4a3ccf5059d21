import type { AnyStateMachine } from 'xstate';
import { DurabilityError } from './errors.ts';
import { type Input, take, treeOf } from './live.ts';
import type { Tracer } from './tracer.ts';
import type { Instant, Step, StepInput, Stored } from './types.ts';

/**
 * Takes one input to an actor tree and returns all that follows from it. Synchronous, deterministic, without I/O:
 * it restores the tree from `stored`, delivers `input` as of the instant `now`, and returns what to write.
 *
 * `stored` is null for the input `start`, and only then. It is not altered. A timer is delivered as of its own
 * instant: use `catchUp` to process what is due before anything that arrives. A `tracer` looks on.
 *
 * @throws DurabilityError for a machine that cannot be durable, a snapshot whose actors the machine does not know,
 * or an input that arrives while an earlier timer is due.
 * @throws StepError when the machine itself throws or a child's failure is not handled. Then nothing has happened.
 */
export function step(
  machine: AnyStateMachine,
  stored: Stored | null,
  input: StepInput,
  now: Instant,
  tracer?: Tracer,
): Step {
  refuseEarlierTimer(stored, input, now);
  return run(machine, stored, input, now, tracer);
}

/** What takes steps: `step` itself, or one that does the same. */
export type TakeStep = typeof step;

/**
 * Restores a stored tree and delivers nothing: for a tree that was made otherwise than by a step of this machine, such as
 * by a migration.
 *
 * @throws DurabilityError `unknownActor` or `unfitSnapshot` when it does not fit the machine, timers included.
 * @throws StepError when the machine throws as it is restored.
 */
export function restore(machine: AnyStateMachine, stored: Stored, now: Instant): Step {
  return run(machine, stored, { type: 'restore' }, now);
}

function run(machine: AnyStateMachine, stored: Stored | null, input: Input, now: Instant, tracer?: Tracer): Step {
  return take(treeOf(machine, stored, input, now, tracer), input, now);
}

/** The next timer of a tree: the earliest instant, and of equal ones the one that was scheduled first. */
export function nextTimer(stored: Pick<Stored, 'timers'>): Stored['timers'][number] | undefined {
  let next: Stored['timers'][number] | undefined;
  for (const timer of stored.timers) if (!next || timer.dueAt < next.dueAt) next = timer;
  return next;
}

/**
 * Logical time: processes every timer that is due at or before `now`, each as of its own instant and in due order,
 * and yields a step for each. What arrives at `now` is to be processed after these.
 *
 * A call made by such a step can only be carried out at `now`. The `after` of the state that makes the call limits the
 * call: it is counted from `now` (`fromCall`), else a process that wakes late would find calls timed out that were never
 * made. Every other deadline stays where it was. `asDue` leaves these timeouts, too, where they were.
 */
export function* catchUp(
  machine: AnyStateMachine,
  stored: Stored,
  now: Instant,
  lateCalls: 'fromCall' | 'asDue' = 'fromCall',
  tracer?: Tracer,
  takeStep: TakeStep = step,
): Generator<Step & { timer: string }, Stored> {
  let current = stored;
  for (let due = nextTimer(current); due && due.dueAt <= now; due = nextTimer(current)) {
    const next = takeStep(machine, current, { type: 'timer', id: due.id }, due.dueAt, tracer);
    if (lateCalls === 'fromCall') countFromCall(next, now);
    yield { ...next, timer: due.id };
    current = next;
    if (next.status === 'done') break;
  }
  return current;
}

function countFromCall(late: Step, now: Instant): void {
  late.timers = late.timers.map((timer) =>
    late.callTimeouts.includes(timer.id) ? { ...timer, dueAt: timer.dueAt + now - late.at } : timer,
  );
}

export function refuseEarlierTimer(stored: Stored | null, input: StepInput, now: Instant): void {
  if (!stored) return;
  const due = nextTimer(stored);
  if (!due) return;
  if (input.type === 'timer' ? due.dueAt < now : due.dueAt <= now) {
    throw new DurabilityError(
      'earlierTimer',
      `timer '${due.id}' is due at ${due.dueAt}, before this ${input.type} at ${now}`,
    );
  }
}
