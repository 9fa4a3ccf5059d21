import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { RecoveryEvent } from '../../machines/events.ts';
import type { Refused } from '../../machines/outcome.ts';
import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { By } from '../../src/host/api.ts';
import { delayKey } from '../../src/testing/coverage/keys.ts';
import {
  begun,
  cancelled,
  delivered,
  keptOf,
  type ModelCall,
  type ModelTimer,
  type Moved,
  projectionOf,
} from './projection.ts';

/** The parent and the path under way, both as projections: the model that paths are generated from. */

const parentModel = projectionOf(recoveryMachine);
const pathModels: Record<string, AnyStateMachine> = Object.fromEntries(
  paths.map(({ id, machine }) => [id, projectionOf(machine)]),
);

/** One thing that happens to a recovery. */
export type Happening =
  | { type: string; do: 'send'; event: RecoveryEvent; by: By }
  | { type: string; do: 'answer'; owner: string; call: string; port: string; output: unknown }
  | { type: string; do: 'fail'; owner: string; call: string; port: string }
  /** Time passes until the next deadline. */
  | { type: string; do: 'wait' }
  | { type: string; do: 'start'; input: { at: number } };

export interface ModelState {
  now: number;
  parent: AnyMachineSnapshot;
  /** The path under way. */
  child: { id: string; snapshot: AnyMachineSnapshot } | null;
  /** Whether and why the last event was not taken. */
  refused: Omit<Refused, 'type'> | null;
  /** Transitions that the last event took, in parent and path. */
  took: readonly string[];
  /** Outcomes of guards and delays that the last event met, in parent and path. */
  met: readonly string[];
}

export type OwnedCall = ModelCall & { owner: string };
export type OwnedTimer = ModelTimer & { owner: string };

const machinesIn = ({ parent, child }: ModelState): [string, AnyMachineSnapshot][] => {
  const all: [string, AnyMachineSnapshot][] = [
    ['', parent],
    ...(child ? [[child.id, child.snapshot] as const] : []),
  ] as [string, AnyMachineSnapshot][];
  return all.filter(([, { status }]) => status === 'active' && parent.status === 'active');
};
/** Calls of ports that are not answered, in the order in which they were made. */
export const callsIn = (state: ModelState): OwnedCall[] =>
  machinesIn(state).flatMap(([owner, snapshot]) =>
    keptOf(snapshot)
      .calls.filter(({ src }) => !(src in pathModels))
      .map((call) => ({ ...call, owner })),
  );
/** What falls due: the parent's first, for a path never outlasts what the parent scheduled before it. */
export const timersIn = (state: ModelState): OwnedTimer[] =>
  machinesIn(state).flatMap(([owner, snapshot]) => keptOf(snapshot).timers.map((timer) => ({ ...timer, owner })));
export function nextIn(state: ModelState): OwnedTimer | undefined {
  let next: OwnedTimer | undefined;
  for (const timer of timersIn(state)) if (!next || timer.dueAt < next.dueAt) next = timer;
  return next;
}

/** The recovery as it has begun. */
export function startOf(input: { at: number }): ModelState {
  const { snapshot, took, met } = begun(parentModel, input);
  return { now: input.at, parent: snapshot, child: null, refused: null, took, met };
}

/** One step, gathered. */
class Step {
  readonly #took: string[] = [];
  readonly #met: string[] = [];
  readonly #emitted: AnyEventObject[] = [];
  #moved = false;
  readonly now: number;
  parent: AnyMachineSnapshot;
  child: ModelState['child'];

  constructor(state: ModelState, now: number) {
    this.now = now;
    this.parent = state.parent;
    this.child = state.child;
  }

  #note({ took, met, emitted, moved }: Moved): void {
    this.#took.push(...took);
    this.#met.push(...met);
    this.#emitted.push(...emitted);
    if (moved) this.#moved = true;
  }

  /** Delivers an event to the parent or the path. @returns whether it had a transition of its own for it. */
  deliver(owner: string, event: AnyEventObject, change: { timer?: ModelTimer; call?: string } = {}): boolean {
    const before = owner === '' ? this.parent : this.child?.snapshot;
    const machine = owner === '' ? parentModel : pathModels[owner];
    if (!before || !machine) throw new Error(`there is no '${owner}' to take '${event.type}'`);
    const { timers, calls } = keptOf(before);
    const stamped = event.type.startsWith('xstate.') ? { ...event, at: this.now } : event;
    const after = delivered(machine, before, stamped, {
      now: this.now,
      timers: timers.filter((timer) => timer !== change.timer),
      calls: calls.filter(({ id }) => id !== change.call),
    });
    this.#note(after);
    if (owner === '') return this.#parentMoved(after);
    this.child = { id: owner, snapshot: after.snapshot };
    this.#childMoved();
    return after.took.length > 0;
  }

  #parentMoved({ snapshot, took }: Moved): boolean {
    this.parent = snapshot;
    const passedOn = keptOf(snapshot).sent;
    const own = passedOn.length === 0 && took.length > 0;
    const takenBelow = passedOn.map((event) => this.child !== null && this.deliver(this.child.id, event));
    const call = keptOf(this.parent).calls.find(({ src }) => src in pathModels);
    if (!call) this.#drop();
    else if (this.child?.id !== call.src) this.#begin(call);
    return own || takenBelow.includes(true);
  }

  /** The parent has left the state of the path: what the path waited for does not come. */
  #drop(): void {
    if (this.child) this.#met.push(...keptOf(this.child.snapshot).timers.map(cancelled));
    this.child = null;
  }

  #begin({ src, input }: ModelCall): void {
    const first = begun(pathModels[src] as AnyStateMachine, input as object);
    this.#note(first);
    this.child = { id: src, snapshot: first.snapshot };
    if (first.snapshot.status === 'done') throw new Error(`path '${src}' ends as it begins`);
  }

  #childMoved(): void {
    if (this.child?.snapshot.status !== 'done') return;
    const { id, snapshot } = this.child;
    this.child = null;
    this.deliver('', { type: `xstate.done.actor.${id}`, output: snapshot.output, actorId: id }, { call: id });
  }

  result(before: ModelState, accepted: boolean): ModelState {
    const refused = this.#emitted.find(({ type }) => type === 'refused') as Refused | undefined;
    if (refused) {
      const { type: _, ...details } = refused;
      return { ...before, refused: details, took: this.#took, met: this.#met };
    }
    if (!accepted && !this.#moved)
      return { ...before, refused: { code: 'notAccepted' }, took: this.#took, met: this.#met };
    return {
      now: this.now,
      parent: this.parent,
      child: this.child,
      refused: null,
      took: this.#took,
      met: this.#met,
    };
  }
}

const stamped = (event: AnyEventObject, by: By, at: number) => ({
  ...event,
  at,
  ...(by.role === 'agent' ? { agentId: by.id } : {}),
});

/** Time passes until the next deadline; all that falls due in that instant does, in turn. */
function passed(state: ModelState): ModelState {
  const until = nextIn(state)?.dueAt;
  if (until === undefined) throw new Error('nothing falls due');
  const took: string[] = [];
  const met: string[] = [];
  let current = state;
  for (let timer = nextIn(current); timer && timer.dueAt <= until; timer = nextIn(current)) {
    const { owner, id, event } = timer;
    const step = new Step(current, until);
    const kept = keptOf(owner === '' ? current.parent : (current.child?.snapshot as AnyMachineSnapshot));
    const own = kept.timers.find((each) => each.id === id && each.dueAt === until) as ModelTimer;
    step.deliver(owner, event, { timer: own });
    current = step.result(current, true);
    took.push(...current.took);
    met.push(delayKey(event.type, 'fired'), ...current.met);
  }
  return { ...current, took, met };
}

/** What a happening makes of a recovery; a refused event leaves it as it was. */
export function happens(state: ModelState, happening: Happening): ModelState {
  if (happening.do === 'start') return startOf(happening.input);
  if (happening.do === 'wait') return passed(state);
  const step = new Step(state, state.now);
  if (happening.do === 'send') {
    const accepted = step.deliver('', stamped(happening.event, happening.by, state.now));
    return step.result(state, accepted);
  }
  const { owner, call } = happening;
  const said =
    happening.do === 'answer'
      ? { type: `xstate.done.actor.${call}`, output: happening.output, actorId: call }
      : { type: `xstate.error.actor.${call}`, error: new Error('out of order'), actorId: call };
  step.deliver(owner, said, { call });
  return step.result(state, true);
}
