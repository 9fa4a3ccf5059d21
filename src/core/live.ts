import {
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  isMachineSnapshot,
  type Snapshot,
} from 'xstate';
import { answerEvent, durable, failureEvent } from './durable.ts';
import { DurabilityError, StepError } from './errors.ts';
import { refuseUnfit, refuseUnfitTimers } from './fit.ts';
import { checkActors } from './known.ts';
import { Recorder } from './recorder.ts';
import { fillGaps, gapsIn, keepRefs } from './refs.ts';
import { activeStates, activeTags } from './states.ts';
import type { Tracer } from './tracer.ts';
import { find, isLive, pathOf } from './tree.ts';
import type { Instant, Step, StepInput, Stored, Timer } from './types.ts';

/** Id of the root actor; children refer to it in nothing that is stored. */
const ROOT = 'root';

/** What may be done to a tree. */
export type Input = StepInput | { type: 'restore' };

/** An actor tree at work, and what takes note of its steps. */
export interface Tree {
  actor: AnyActorRef;
  recorder: Recorder;
  failure: { error?: unknown; failed: boolean };
}

/** A new tree for `start`, else the one that is stored. */
export function treeOf(
  machine: AnyStateMachine,
  stored: Stored | null,
  input: Input,
  now: Instant,
  tracer?: Tracer,
): Tree {
  const logic = tracer ? tracer.watch(durable(machine)) : durable(machine);
  const recorder = new Recorder(now, stored?.calls ?? {}, stored !== null, tracer);
  const failure: Tree['failure'] = { failed: false };
  const holdsRefs = stored !== null && checkActors(logic, stored.snapshot);
  // XState writes actor references into the context that it restores from.
  const restored = stored && ((holdsRefs ? structuredClone(stored.snapshot) : stored.snapshot) as Snapshot<unknown>);
  const gaps = holdsRefs ? gapsIn(restored) : [];
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
    restoreTimers(recorder, actor, stored);
    recorder.restored();
    tracer?.restored(actor, stored.timers);
    if (input.type === 'restore') refuseUnfitTimers(actor, stored.timers);
  }
  return { actor, recorder, failure };
}

export function restoreTimers(recorder: Recorder, actor: AnyActorRef, { timers }: Pick<Stored, 'timers'>): void {
  for (const timer of timers) recorder.restoreTimer(timer, (path) => find(actor, path));
}

/** Delivers an input to a tree that is as it was stored. */
export function take({ actor, recorder, failure }: Tree, input: Input, now: Instant): Step {
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
