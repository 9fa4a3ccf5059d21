import {
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  createEmptyActor,
  StateMachine,
} from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import { delayKey, guardKey, placesOf, type Transition } from '../../src/testing/coverage/keys.ts';

/**
 * A machine as `@xstate/graph` can walk it, made from the machine's own definition: what it invokes or spawns becomes a call
 * that an event answers, what it delays becomes a timer with an instant, and nothing runs by itself.
 */

export interface ModelTimer {
  id: string;
  event: AnyEventObject;
  dueAt: number;
}
export interface ModelCall {
  id: string;
  /** Name of the port, or of the path's machine. */
  src: string;
  input: unknown;
}
/** What a host would keep beside the machine. */
export interface Kept {
  now: number;
  timers: readonly ModelTimer[];
  calls: readonly ModelCall[];
  /** Events passed on to the child by the last step. */
  sent: readonly AnyEventObject[];
}

// XState's definitions are read as data here.
// biome-ignore lint/suspicious/noExplicitAny: the shape of a definition is not typed by XState.
type Loose = any;
type Args = { context: Loose; event: AnyEventObject };

const valueFor = (part: Loose, args: Args, params?: unknown) =>
  typeof part === 'function' ? part(args, params) : part;
const listOf = (part: Loose): Loose[] => (part === undefined ? [] : Array.isArray(part) ? part : [part]);
const keep = (change: (kept: Kept, args: Args) => Partial<Kept>) =>
  assign((args: Args) => ({ $: { ...args.context.$, ...change(args.context.$, args) } })) as Loose;

/** What is met while an event is taken: keys of guards' outcomes and of delays, as `coverageOf` has them. */
const noted: string[] = [];
export const cancelled = ({ event }: ModelTimer): string => delayKey(event.type, 'cancelled');

const begins = (timer: (args: Args) => Omit<ModelTimer, 'dueAt'> & { delay: number }) =>
  keep((kept, args) => {
    const { delay, ...rest } = timer(args);
    return { timers: [...kept.timers, { ...rest, dueAt: kept.now + Math.max(0, delay) }] };
  });
/** Of two timers with one id XState cancels the younger. */
const cancels = (idOf: (args: Args) => string) =>
  keep(({ timers }, args) => {
    const last = timers.findLastIndex(({ id }) => id === idOf(args));
    const timer = timers[last];
    if (timer) noted.push(cancelled(timer));
    return { timers: timers.filter((_, index) => index !== last) };
  });
const calls = (call: (args: Args) => ModelCall) => keep((kept, args) => ({ calls: [...kept.calls, call(args)] }));
const drops = (idOf: (args: Args) => string) =>
  keep((kept, args) => ({ calls: kept.calls.filter(({ id }) => id !== idOf(args)) }));

/** What an action of the definition becomes; one of an unknown kind is refused. */
function projectedAction(name: string, action: Loose, delayOf: (delay: Loose, args: Args) => number): Loose {
  switch (action.type) {
    case 'xstate.assign':
    case 'xstate.emit':
    case 'xstate.enqueueActions':
      return action;
    case 'xstate.raise':
      if (action.delay === undefined) return action;
      return begins((args) => ({
        id: valueFor(action.id, args),
        event: valueFor(action.event, args),
        delay: delayOf(action.delay, args),
      }));
    case 'xstate.cancel':
      return cancels((args) => valueFor(action.sendId, args));
    case 'xstate.spawnChild':
      return calls((args) => ({ id: valueFor(action.id, args), src: action.src, input: valueFor(action.input, args) }));
    case 'xstate.stopChild':
      return drops((args) => valueFor(action.actorRef, args));
    case 'xstate.sendTo':
      return keep((kept, args) => ({ sent: [...kept.sent, valueFor(action.event, args)] }));
    default:
      throw new TypeError(`action '${name}' is of a kind that the projection does not know: ${action.type}`);
  }
}

function projectedState(node: AnyStateNode, delayOf: (delay: Loose, args: Args) => number): Loose {
  const { invoke, after = {}, entry, exit, on = {}, states = {}, ...rest }: Loose = node.config;
  const events: Loose = { ...on };
  const enters: Loose[] = [];
  const leaves: Loose[] = [];
  for (const [delay, transitions] of Object.entries(after)) {
    const type = `xstate.after.${delay}.${node.id}`;
    events[type] = transitions;
    enters.push(begins((args) => ({ id: type, event: { type }, delay: delayOf(delay, args) })));
    leaves.push(cancels(() => type));
  }
  for (const { id, src, input, onDone, onError } of listOf(invoke)) {
    if (onDone !== undefined) events[`xstate.done.actor.${id}`] = onDone;
    if (onError !== undefined) events[`xstate.error.actor.${id}`] = onError;
    enters.push(calls((args) => ({ id, src, input: valueFor(input, args) })));
    leaves.push(drops(() => id));
  }
  const inner = Object.keys(states).map((key) => [key, projectedState(node.states[key] as AnyStateNode, delayOf)]);
  return {
    ...rest,
    id: node.id,
    on: events,
    entry: [...listOf(entry), ...enters],
    exit: [...listOf(exit), ...leaves],
    ...(inner.length > 0 ? { states: Object.fromEntries(inner) } : {}),
  };
}

/** The projection of a machine. */
export function projectionOf(machine: AnyStateMachine): AnyStateMachine {
  const { actions, delays } = machine.implementations as Loose;
  const delayOf = (delay: Loose, args: Args): number => {
    const ms = Number.isNaN(Number(delay)) ? valueFor(delays[delay] ?? delay, args) : Number(delay);
    if (!Number.isFinite(ms)) throw new TypeError(`delay '${delay}' of '${machine.id}' is no number: ${ms}`);
    return ms;
  };
  const config = projectedState(machine.root, delayOf);
  const { context } = machine.config as Loose;
  const projected = new StateMachine(
    {
      ...config,
      context: (args: Loose) => ({
        ...valueFor(context, args),
        $: { now: args.input.at, timers: [], calls: [], sent: [] } satisfies Kept,
      }),
    },
    {
      ...machine.implementations,
      actors: {},
      actions: Object.fromEntries(
        Object.entries(actions).map(([name, action]) => [name, projectedAction(name, action, delayOf)]),
      ),
    } as Loose,
  );
  watchGuards(projected);
  return projected;
}

/** Has each guarded transition note what its guard says. */
function watchGuards(machine: AnyStateMachine): void {
  for (const [transition, { key }] of placesOf(machine)) {
    const { guard } = transition;
    if (guard === undefined) continue;
    const check = (snapshot: AnyMachineSnapshot, { context, event }: Args) => {
      const outcome = evaluateGuard(guard, context, event, snapshot);
      noted.push(guardKey(key, outcome));
      return outcome;
    };
    // XState asks a guard that has `check` with the snapshot.
    transition.guard = Object.assign(() => false, { check });
  }
}

export interface Moved {
  snapshot: AnyMachineSnapshot;
  /** Transitions taken, by their key in the definition. */
  took: string[];
  /** Guards' outcomes and delays met, by theirs. */
  met: string[];
  /** Whether one of them has a target. */
  moved: boolean;
  emitted: AnyEventObject[];
}

function keyOf(taken: Transition): string {
  const place = placesOf(taken.source.machine).get(taken);
  if (!place) throw new Error(`a transition of '${taken.source.id}' is not in its definition`);
  return place.key;
}

function observed(act: (scope: AnyActorScope) => AnyMachineSnapshot): Moved {
  const taken: Transition[] = [];
  noted.length = 0;
  const emitted: AnyEventObject[] = [];
  const scope = {
    self: createEmptyActor(),
    id: '',
    sessionId: '',
    logger: () => {},
    defer: (deferred: () => void) => deferred(),
    stopChild: () => {},
    emit: (event: AnyEventObject) => emitted.push(event),
    actionExecutor: (action: Loose) => action.exec?.(action.info, action.params),
    system: {
      _sendInspectionEvent: (event: Loose) => {
        if (event.type === '@xstate.microstep') taken.push(...event._transitions);
      },
    },
  } as unknown as AnyActorScope;
  const snapshot = act(scope);
  if (snapshot.status === 'error') throw snapshot.error;
  if (snapshot.status === 'done') noted.push(...keptOf(snapshot).timers.map(cancelled));
  // What begins a machine is no transition of a state.
  const transitions = taken.filter(({ source, eventType }) => source !== undefined && eventType !== undefined);
  return {
    snapshot,
    took: transitions.filter(({ eventType }) => eventType !== 'xstate.init').map(keyOf),
    met: [...noted],
    moved: transitions.some(({ target }) => target !== undefined),
    emitted,
  };
}

export const begun = (machine: AnyStateMachine, input: object): Moved =>
  observed((scope) => machine.getInitialSnapshot(scope, input as never) as AnyMachineSnapshot);

/** One event at an instant. */
export function delivered(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  change: Partial<Kept>,
): Moved {
  const context = { ...snapshot.context, $: { ...snapshot.context.$, sent: [], ...change } };
  return observed((scope) => machine.transition({ ...snapshot, context } as never, event, scope) as AnyMachineSnapshot);
}

export const keptOf = (snapshot: AnyMachineSnapshot): Kept => snapshot.context.$;
