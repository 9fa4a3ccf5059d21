import {
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  isMachineSnapshot,
  type Snapshot,
} from 'xstate';
import { answerEvent, durable, failureEvent, isMachine } from './durable.ts';
import { DurabilityError, StepError } from './errors.ts';
import { refuseUnfit, refuseUnfitTimers } from './fit.ts';
import { Recorder } from './recorder.ts';
import { fillGaps, gapsIn, holdsRef, keepRefs } from './refs.ts';
import { activeStates, activeTags } from './states.ts';
import type { Tracer } from './tracer.ts';
import { find, isLive, pathOf } from './tree.ts';
import type { Instant, Step, StepInput, Stored, Timer } from './types.ts';

/** Id of the root actor; children refer to it in nothing that is stored. */
const ROOT = 'root';

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

type Input = StepInput | { type: 'restore' };

function run(machine: AnyStateMachine, stored: Stored | null, input: Input, now: Instant, tracer?: Tracer): Step {
  const logic = tracer ? tracer.watch(durable(machine)) : durable(machine);
  const recorder = new Recorder(now, stored?.calls ?? {}, stored !== null, tracer);
  const failure: { error?: unknown; failed: boolean } = { failed: false };
  const restored = stored && ownCopy(logic, stored.snapshot);
  const gaps = restored ? gapsIn(restored) : [];
  const actor = createActor(logic, {
    id: ROOT,
    inspect: recorder.inspect,
    logger: () => {},
    ...(restored ? { snapshot: restored } : { input: input.type === 'start' ? input.input : undefined }),
  });
  if (restored) refuseUnfit(actor, restored);
  fillGaps(gaps, actor);
  actor.subscribe({
    error: (error) => {
      failure.error = error;
      failure.failed = true;
    },
  });
  actor.start();
  if (stored) {
    for (const timer of stored.timers) recorder.restoreTimer(timer, (path) => find(actor, path));
    recorder.restored();
    tracer?.restored(actor, stored.timers);
    if (input.type === 'restore') refuseUnfitTimers(actor, stored.timers);
  }
  const accepted = failure.failed ? false : deliver(recorder, actor, input);
  const snapshot = actor.getSnapshot();
  if (recorder.refusal) throw recorder.refusal;
  if (failure.failed || snapshot.status === 'error')
    throw new StepError(describe(input), failure.error ?? snapshot.error);
  refuseUnreachable(recorder, actor);
  const { awaited } = portsOf(actor);
  const persisted = actor.getPersistedSnapshot();
  keepRefs(actor, persisted);
  const timers = recorder.timers();
  const requests = recorder.requests.filter((request) => awaited.has(request.key));
  return {
    at: now,
    snapshot: persisted,
    timers,
    calls: recorder.calls,
    requests,
    callTimeouts: requests.flatMap(({ key }) => timeoutsOf(awaited.get(key), timers)),
    awaited: [...awaited.keys()],
    emitted: recorder.emitted,
    accepted,
    status: snapshot.status === 'done' ? 'done' : 'active',
    states: activeStates(actor),
    tags: activeTags(actor),
    ...(snapshot.status === 'done' ? { output: snapshot.output } : {}),
  };
}

function deliver(recorder: Recorder, actor: AnyActorRef, input: Input): boolean {
  if (input.type === 'start' || input.type === 'restore') return true;
  if (actor.getSnapshot().status !== 'active') return false;
  switch (input.type) {
    case 'event':
      return recorder.deliver(actor, input.event);
    case 'timer':
      return recorder.fire(input.id);
    case 'answer':
    case 'failure': {
      const port = portsOf(actor).awaited.get(input.key);
      port?.send(input.type === 'answer' ? answerEvent(input.output) : failureEvent(input.error));
      return port !== undefined;
    }
  }
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
): Generator<Step & { timer: string }, Stored> {
  let current = stored;
  for (let due = nextTimer(current); due && due.dueAt <= now; due = nextTimer(current)) {
    const next = step(machine, current, { type: 'timer', id: due.id }, due.dueAt, tracer);
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

/** Timers of the states that invoke a port: they limit the call. */
function timeoutsOf(port: AnyActorRef | undefined, timers: readonly Timer[]): string[] {
  if (!port?._parent) return [];
  const path = pathOf(port._parent);
  const { _nodes }: AnyMachineSnapshot = port._parent.getSnapshot();
  const nodes = _nodes.filter((node) => node.invoke.some(({ id }) => id === port.id));
  return timers
    .filter(({ source, event }) => source === path && nodes.some(({ id }) => isAfter(event.type, id)))
    .map(({ id }) => id);
}

const isAfter = (type: string, nodeId: string) => type.startsWith('xstate.after.') && type.endsWith(`.${nodeId}`);

function refuseEarlierTimer(stored: Stored | null, input: StepInput, now: Instant): void {
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

/** Port calls that are awaited, by key. */
function portsOf(root: AnyActorRef, awaited = new Map<string, AnyActorRef>()): { awaited: Map<string, AnyActorRef> } {
  const snapshot: unknown = root.getSnapshot();
  if (isMachineSnapshot(snapshot) && snapshot.status === 'active') {
    for (const child of Object.values(snapshot.children) as (AnyActorRef | undefined)[]) {
      if (!child) continue;
      const inner: { key?: unknown; status?: string } = child.getSnapshot();
      if (typeof inner.key === 'string' && inner.status === 'active') awaited.set(inner.key, child);
      else portsOf(child, awaited);
    }
  }
  return { awaited };
}

interface Persisted {
  context?: unknown;
  children?: Record<string, { src: unknown; snapshot: Persisted }>;
}

/**
 * XState drops a child whose logic it cannot find, and writes actor references into the context it restores from:
 * the first is refused here, against the second a tree that holds references is copied.
 */
function ownCopy(machine: AnyStateMachine, snapshot: unknown): Snapshot<unknown> {
  const holdsRefs = checkActors(machine, snapshot as Persisted, machine.id);
  return (holdsRefs ? structuredClone(snapshot) : snapshot) as Snapshot<unknown>;
}

function checkActors(machine: AnyStateMachine, persisted: Persisted, path: string): boolean {
  let holdsRefs = holdsRef(persisted.context);
  for (const [id, child] of Object.entries(persisted.children ?? {})) {
    const src = String(child.src);
    const logic = src.startsWith('xstate.invoke.') ? inlineLogic(machine, src) : machine.implementations.actors[src];
    if (!logic) {
      throw new DurabilityError(
        'unknownActor',
        `the stored state of '${path}' has a child '${id}' made from '${src}', which machine '${machine.id}' does not know; ` +
          `it knows ${Object.keys(machine.implementations.actors).join(', ') || 'none'}`,
      );
    }
    if (isMachine(logic) && checkActors(logic, child.snapshot, `${path}/${id}`)) holdsRefs = true;
  }
  return holdsRefs;
}

function inlineLogic(machine: AnyStateMachine, src: string): unknown {
  const [, index, nodeId] = /^xstate\.invoke\.(\d+)\.(.*)$/.exec(src) ?? [];
  try {
    const { invoke } = machine.getStateNodeById(nodeId ?? '').config;
    return (Array.isArray(invoke) ? invoke : [invoke])[Number(index)]?.src;
  } catch {
    return undefined;
  }
}

/** XState lets an actor run that is no child under its own id; it persists only children, by id. */
function refuseUnreachable(recorder: Recorder, root: AnyActorRef): void {
  for (const actor of recorder.actors) {
    if (!isLive(actor) || find(root, pathOf(actor)) === actor) continue;
    throw new DurabilityError(
      'unreachableActor',
      `actor '${pathOf(actor)}' was spawned without an id, or another was spawned under its id: it would be lost at a ` +
        `restart. Give each actor that runs an id of its own.`,
    );
  }
}

function describe(input: Input): string {
  switch (input.type) {
    case 'event':
      return `event '${input.event.type}'`;
    case 'timer':
      return `timer '${input.id}'`;
    case 'answer':
    case 'failure':
      return `${input.type} '${input.key}'`;
    case 'start':
      return 'its start';
    case 'restore':
      return 'what was stored';
  }
}
