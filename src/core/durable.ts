import {
  type AnyActorLogic,
  type AnyActorScope,
  type AnyEventObject,
  type AnyStateMachine,
  StateMachine,
} from 'xstate';
import { DurabilityError } from './errors.ts';
import { recorderOf } from './recorder.ts';
import type { PortFailure } from './types.ts';

const ANSWER = 'regain.answer';
const FAILURE = 'regain.failure';

/** The event that gives a port's answer to the actor that stands for the call. */
export const answerEvent = (output: unknown) => ({ type: ANSWER, output });
/** The event that tells the actor that stands for the call that it failed. */
export const failureEvent = (error: PortFailure) => ({ type: FAILURE, error });

interface PortSnapshot {
  status: 'active' | 'done' | 'error' | 'stopped';
  output: unknown;
  error: unknown;
  /** Key of the request; set when the call is recorded, so a restored call is not made again. */
  key?: string;
  /** Only in memory: what a port is given is not persisted. */
  input?: unknown;
}

/** Stands in for a promise actor: records the call once, then waits for its answer across restarts. */
function portLogic(port: string): AnyActorLogic {
  return {
    port,
    transition: (snapshot: PortSnapshot, event: AnyEventObject): PortSnapshot => {
      if (event.type === ANSWER) return { ...snapshot, status: 'done', output: event.output };
      if (event.type === FAILURE) return { ...snapshot, status: 'error', error: event.error };
      if (event.type === 'xstate.stop') return { ...snapshot, status: 'stopped' };
      return snapshot;
    },
    getInitialSnapshot: (_: AnyActorScope, input: unknown): PortSnapshot => ({
      status: 'active',
      output: undefined,
      error: undefined,
      input,
    }),
    getPersistedSnapshot: ({ input: _, ...kept }: PortSnapshot) => kept,
    restoreSnapshot: (snapshot: PortSnapshot) => snapshot,
    start: (snapshot: PortSnapshot, scope: AnyActorScope) => {
      snapshot.key ??= recorderOf(scope.system).request(scope.self, port, snapshot.input);
    },
  } as unknown as AnyActorLogic;
}

/** The name of the port that durable logic calls; of other logic undefined. */
export const portOf = (logic: unknown): string | undefined => (logic as { port?: string }).port;

const PROBE = {};

/** XState gives promise logic no mark, but it alone completes when it is told that its promise has resolved. */
function isPromiseLogic(logic: AnyActorLogic): boolean {
  if (!('config' in logic) || typeof logic.config !== 'function' || !('start' in logic)) return false;
  try {
    const snapshot = { status: 'active', output: undefined, error: undefined, input: undefined };
    const next = logic.transition(snapshot, { type: 'xstate.promise.resolve', data: PROBE }, {
      self: {},
      system: {},
    } as AnyActorScope);
    return next.status === 'done' && next.output === PROBE;
  } catch {
    return false;
  }
}

const isMachine = (logic: unknown): logic is AnyStateMachine => logic instanceof StateMachine;

function durableLogic(logic: AnyActorLogic, name: string, owner: string): AnyActorLogic {
  if (isMachine(logic)) return durable(logic);
  if (isPromiseLogic(logic)) return portLogic(name);
  if (!('start' in logic) || logic.start === undefined) return logic; // pure logic, such as fromTransition
  throw new DurabilityError(
    'unsupportedActor',
    `actor '${name}' of machine '${owner}' is a callback, an observable or logic with a life of its own: it cannot be ` +
      `carried over a restart. Make it a promise actor (a durable request), a machine, or fromTransition.`,
  );
}

type Config = Record<string, unknown> & { id?: string; invoke?: unknown; states?: Record<string, Config> };

/** Gives the logic that stands in the place of another; by name, or for logic written in place by its id. */
type Replace = (logic: AnyActorLogic, name: string) => AnyActorLogic;

/** Replaces logic that is written in place (`invoke: { src: fromPromise(…) }`). */
function withInvokes(config: Config, path: string, replace: Replace): Config {
  const invokes = config.invoke === undefined ? [] : Array.isArray(config.invoke) ? config.invoke : [config.invoke];
  const next: Config = { ...config };
  if (invokes.length > 0) {
    next.invoke = invokes.map((invoke: { src: unknown; id?: string }, index) =>
      typeof invoke.src === 'string'
        ? invoke
        : { ...invoke, src: replace(invoke.src as AnyActorLogic, invoke.id ?? `${path}#${index}`) },
    );
  }
  if (config.states) {
    next.states = Object.fromEntries(
      Object.entries(config.states).map(([key, state]) => [key, withInvokes(state, `${path}.${key}`, replace)]),
    );
  }
  return next;
}

/** A copy of a machine whose actors have other logic; the one that `cache` has of it, if it has one. */
export function withLogic(
  machine: AnyStateMachine,
  cache: WeakMap<AnyStateMachine, AnyStateMachine>,
  replace: Replace,
): AnyStateMachine {
  const known = cache.get(machine);
  if (known) return known;
  const actors: Record<string, AnyActorLogic> = {};
  const made: AnyStateMachine = new StateMachine(
    withInvokes(machine.config as Config, machine.id, replace) as AnyStateMachine['config'],
    { ...machine.implementations, actors } as AnyStateMachine['implementations'],
  );
  made.implementations.actors = actors;
  cache.set(machine, made); // before the children: a machine may invoke itself
  try {
    for (const [name, logic] of Object.entries(machine.implementations.actors)) {
      actors[name] = replace(logic as AnyActorLogic, name);
    }
  } catch (error) {
    cache.delete(machine);
    throw error;
  }
  return made;
}

const cache = new WeakMap<AnyStateMachine, AnyStateMachine>();

/**
 * The same machine with every promise actor, at every depth, made a durable request.
 * @throws DurabilityError `unsupportedActor` for callback and observable actors.
 */
export const durable = (machine: AnyStateMachine): AnyStateMachine =>
  withLogic(machine, cache, (logic, name) => durableLogic(logic, name, machine.id));

export { isMachine };
