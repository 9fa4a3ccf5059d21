import { type AnyActorLogic, createMachine, fromPromise } from 'xstate';
import { step } from '../../../src/core/index.ts';
import type { Subject } from './subject.ts';

type Plain = Record<string, unknown>;

/** JSON that is no machine's. */
export class NoMachine extends Error {
  override readonly name = 'NoMachine';
}

/** Somebody else's machine, with what the JSON does not say and the user decides. */
export interface Foreign extends Subject {
  /** Names of guards, and what each says. */
  guards: Map<string, boolean>;
  /** Names of delays, and how long each is, in ms. */
  delays: Map<string, number>;
}

const MINUTE = 60_000;

/**
 * A machine from JSON: its configuration, or what `machine.toJSON()` gives. Guards say what the user has chosen, at first true;
 * actions do nothing; what it invokes by name becomes a port call that somebody has to answer.
 * @throws NoMachine for what is no machine.
 */
export function foreignMachine(text: string): Foreign {
  const config = configOf(parsed(text));
  const names = namesIn(config);
  const guards = new Map(names.guards.map((name) => [name, true]));
  const delays = new Map(names.delays.map((name) => [name, MINUTE]));
  const said = <T>(known: Map<string, T>, name: string, otherwise: T) => known.get(name) ?? otherwise;
  try {
    const machine = createMachine(config as never, {
      guards: Object.fromEntries(names.guards.map((name) => [name, () => said(guards, name, true)])),
      delays: Object.fromEntries(names.delays.map((name) => [name, () => said(delays, name, MINUTE)])),
      actions: Object.fromEntries(names.actions.map((name) => [name, () => {}])),
      actors: Object.fromEntries(
        names.actors.map((name): [string, AnyActorLogic] => [name, fromPromise(() => Promise.resolve(undefined))]),
      ),
    });
    step(machine, null, { type: 'start' }, 0); // whether it can begin is told now
    return { id: machine.id, kind: 'foreign', machine, events: {}, input: () => ({}), guards, delays };
  } catch (error) {
    throw new NoMachine(error instanceof Error ? error.message : String(error));
  }
}

function parsed(text: string): Plain {
  try {
    const value: unknown = JSON.parse(text);
    if (isPlain(value)) return value;
  } catch (error) {
    throw new NoMachine(`this is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new NoMachine('expected a machine: an object with "states"');
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (value === undefined || value === null ? [] : [value].flat());

const KEPT = ['id', 'type', 'history', 'description', 'tags', 'meta', 'output', 'version', 'target'] as const;

/** A state's configuration with only what data can say; a definition, as `toJSON` gives it, is turned back into one. */
function configOf(given: Plain, root = true): Plain {
  if (root && !isPlain(given.states) && given.on === undefined)
    throw new NoMachine('expected a machine: an object with "states"');
  const kept = Object.fromEntries(KEPT.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
  const states = isPlain(given.states) ? given.states : {};
  const hasStates = Object.keys(states).length > 0;
  const on: Plain = {};
  const after: Plain = { ...(isPlain(given.after) ? mapped(given.after) : {}) };
  const done = new Map<string, unknown>();
  for (const [type, candidates] of Object.entries(isPlain(given.on) ? given.on : {})) {
    const [, delay] = /^xstate\.after\.(\d+|[^.]+)\./.exec(type) ?? [];
    if (delay !== undefined) after[delay] = transitions(candidates);
    else if (type.startsWith('xstate.')) done.set(type, transitions(candidates));
    else on[type] = transitions(candidates);
  }
  const initial = isPlain(given.initial) ? list(given.initial.target)[0] : given.initial;
  const always = given.always ?? [];
  return {
    ...kept,
    ...(hasStates && kept.type === 'atomic' ? { type: 'compound' } : {}),
    ...(initial === undefined ? {} : { initial: keyOf(initial, given) }),
    entry: actions(given.entry),
    exit: actions(given.exit),
    on,
    after,
    always: transitions(always),
    invoke: list(given.invoke)
      .filter(isPlain)
      .map((each, index) => invokeOf(each, index, done)),
    ...(given.onDone === undefined && !done.has(`xstate.done.state.${given.id}`)
      ? {}
      : { onDone: transitions(given.onDone ?? done.get(`xstate.done.state.${given.id}`)) }),
    ...(hasStates
      ? {
          states: Object.fromEntries(
            Object.entries(states).map(([key, state]) => [key, configOf(isPlain(state) ? state : {}, false)]),
          ),
        }
      : {}),
  };
}

/** In a definition the first state is told by its id. */
function keyOf(initial: unknown, { states }: Plain): unknown {
  if (typeof initial !== 'string' || !initial.startsWith('#')) return initial;
  const found = Object.entries(isPlain(states) ? states : {}).find(
    ([, state]) => isPlain(state) && state.id === initial.slice(1),
  );
  return found?.[0] ?? initial;
}

function invokeOf(invoke: Plain, index: number, done: Map<string, unknown>): Plain {
  const src =
    typeof invoke.src === 'string' ? invoke.src : isPlain(invoke.src) ? String(invoke.src.id ?? 'actor') : 'actor';
  const id = typeof invoke.id === 'string' ? invoke.id : `${src}${index}`;
  return {
    id,
    src,
    onDone: transitions(invoke.onDone ?? done.get(`xstate.done.actor.${id}`)),
    onError: transitions(invoke.onError ?? done.get(`xstate.error.actor.${id}`)),
  };
}

const mapped = (record: Plain): Plain =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, transitions(value)]));

function transitions(candidates: unknown): Plain[] {
  return list(candidates).map((each): Plain => {
    if (!isPlain(each)) return { target: each };
    const { target, guard, cond, reenter, description } = each;
    const name = nameOf(guard ?? cond);
    const targets = list(target).map((to) => (isPlain(to) ? `#${to.id}` : to));
    return {
      ...(targets.length === 0 ? {} : { target: targets }),
      ...(name === undefined ? {} : { guard: name }),
      ...(reenter === true ? { reenter: true } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      actions: actions(each.actions),
    };
  });
}

const nameOf = (part: unknown): string | undefined =>
  typeof part === 'string' ? part : isPlain(part) && typeof part.type === 'string' ? part.type : undefined;

/** Only the names of actions; those of XState itself, such as the raising of a delay, come from the configuration anew. */
const actions = (given: unknown): string[] =>
  list(given).flatMap((part) => {
    const name = nameOf(part);
    return name === undefined || name.startsWith('xstate.') ? [] : [name];
  });

interface Names {
  guards: string[];
  delays: string[];
  actions: string[];
  actors: string[];
}

function namesIn(config: Plain): Names {
  const found = {
    guards: new Set<string>(),
    delays: new Set<string>(),
    actions: new Set<string>(),
    actors: new Set<string>(),
  };
  const seeTransitions = (candidates: unknown) => {
    for (const each of list(candidates).filter(isPlain)) {
      if (typeof each.guard === 'string') found.guards.add(each.guard);
      for (const action of list(each.actions)) found.actions.add(String(action));
    }
  };
  const see = (state: Plain) => {
    for (const action of [...list(state.entry), ...list(state.exit)]) found.actions.add(String(action));
    for (const candidates of Object.values(state.on as Plain)) seeTransitions(candidates);
    for (const [delay, candidates] of Object.entries(state.after as Plain)) {
      if (!/^\d+$/.test(delay)) found.delays.add(delay);
      seeTransitions(candidates);
    }
    seeTransitions(state.always);
    seeTransitions(state.onDone);
    for (const invoke of state.invoke as Plain[]) {
      found.actors.add(String(invoke.src));
      seeTransitions(invoke.onDone);
      seeTransitions(invoke.onError);
    }
    for (const inner of Object.values((state.states ?? {}) as Plain)) see(inner as Plain);
  };
  see(config);
  return {
    guards: [...found.guards],
    delays: [...found.delays],
    actions: [...found.actions],
    actors: [...found.actors],
  };
}
