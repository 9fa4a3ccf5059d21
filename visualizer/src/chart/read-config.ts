import type { AnyStateMachine } from 'xstate';
import { isMachine } from '../../../src/core/durable.ts';
import { nameOf } from '../../../src/core/structure.ts';
import type {
  ChartDefinition,
  ChartInvoke,
  ChartNode,
  ChartTransition,
  NodeType,
  TransitionKind,
} from './definition.ts';

// A machine's configuration is read as it was written: that is also what `@statelyai/inspect` sends, with functions as
// `{ type: name }`, and with `[Object]` or `[Array]` in place of all that lies too deep. What
// `JSON.stringify(machine)` gives is read as well; XState leaves `always` out of that.

type Plain = Record<string, unknown>;

/** JSON that is no machine's. */
export class NoChart extends Error {
  override readonly name = 'NoChart';
}

/** The chart of a live machine, with those of the machines that it invokes. */
export function chartOf(machine: AnyStateMachine, above: readonly AnyStateMachine[] = []): ChartDefinition {
  const within = [...above, machine];
  const actors = Object.entries(machine.implementations.actors).flatMap(([src, logic]) =>
    isMachine(logic) && !within.includes(logic) ? [[src, chartOf(logic, within)] as const] : [],
  );
  return { ...chartOfConfig(machine.config, machine.id), actors: Object.fromEntries(actors) };
}

/**
 * The chart of a machine's configuration.
 * @param fallback the id where the configuration has none.
 * @throws NoChart
 */
export function chartOfConfig(config: unknown, fallback = 'machine'): ChartDefinition {
  if (!isPlain(config)) throw new NoChart('a machine is an object');
  const id = textOf(config.id) ?? fallback;
  const root = nodeOf(config, id, [], id);
  link(config, root, root);
  const version = textOf(config.version);
  const actors: Record<string, ChartDefinition> = {};
  collectActors(config, root, actors);
  return { id, ...(version === undefined ? {} : { version }), root, actors };
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const plain = (value: unknown): Plain => (isPlain(value) ? value : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** What stands for something that was left out for its depth. */
const isCut = (value: unknown) => value === '[Object]' || value === '[Array]' || value === '[Circular]';
const list = (value: unknown): unknown[] =>
  value === undefined || value === null || isCut(value) ? [] : [value].flat();
const names = (value: unknown): string[] => (isCut(value) ? ['…'] : list(value).map(nameIn));
/** What functions are called that have no name but that of the property which they stand under. */
const IN_PLACE = new Set(['', 'actions', 'entry', 'exit', 'guard']);
const nameIn = (part: unknown): string => {
  if (typeof part === 'function' || typeof part === 'string') return isCut(part) ? '…' : nameOf(part);
  if (!isPlain(part) || typeof part.type !== 'string') return '…';
  return IN_PLACE.has(part.type) ? nameOf(() => {}) : nameOf(part);
};

function nodeOf(config: Plain, key: string, path: string[], machineId: string): ChartNode {
  const states = Object.entries(plain(config.states));
  const description = textOf(config.description);
  const id = textOf(config.id) ?? [machineId, ...path].join('.');
  const history = config.history === 'deep' ? 'deep' : 'shallow';
  const type = typeIn(config, states.length > 0);
  return {
    id,
    key,
    path,
    type,
    ...(type === 'history' ? { history } : {}),
    ...(description === undefined ? {} : { description }),
    tags: list(config.tags).filter((tag) => typeof tag === 'string'),
    entry: withoutTimers(config, names(config.entry), 'xstate.raise'),
    exit: withoutTimers(config, names(config.exit), 'xstate.cancel'),
    invokes: list(config.invoke).flatMap((invoke, index) => (isPlain(invoke) ? [invokeOf(invoke, index, id)] : [])),
    transitions: [],
    children: states.map(([name, state]) => nodeOf(plain(state), name, [...path, name], machineId)),
  };
}

/** In what a machine gives as JSON its delays have become actions, after those that were written. */
function withoutTimers({ on, transitions }: Plain, actions: string[], timer: string): string[] {
  if (!Array.isArray(transitions)) return actions;
  const delays = Object.keys(plain(on)).filter((type) => type.startsWith('xstate.after.')).length;
  return delays > 0 && actions.slice(-delays).every((name) => name === timer) ? actions.slice(0, -delays) : actions;
}

function typeIn(config: Plain, hasStates: boolean): NodeType {
  if (config.type === 'parallel' || config.type === 'final' || config.type === 'history') return config.type;
  if (config.history === 'deep' || config.history === 'shallow' || config.history === true) return 'history';
  return hasStates ? 'compound' : 'atomic';
}

function invokeOf(invoke: Plain, index: number, state: string): ChartInvoke {
  const id = textOf(invoke.id) ?? `${index}.${state}`;
  const src = textOf(invoke.src);
  return { id, src: src ?? textOf(plain(invoke.src).id) ?? id };
}

/** Charts of machines that stand in the configuration itself, as objects or as what they give as JSON. */
function collectActors(config: Plain, node: ChartNode, actors: Record<string, ChartDefinition>): void {
  for (const [index, invoke] of list(config.invoke).entries()) {
    const src = plain(invoke).src;
    const name = node.invokes[index]?.src;
    if (name === undefined || !isPlain(src)) continue;
    const inner = isMachine(src) ? chartOf(src) : isPlain(src.states) ? chartOfConfig(src, name) : undefined;
    if (inner) actors[name] = inner;
  }
  for (const child of node.children) collectActors(plain(plain(config.states)[child.key]), child, actors);
}

/** Adds what points at other states, now that all have their ids. */
function link(config: Plain, node: ChartNode, root: ChartNode): void {
  const initial = targetOf(typeof config.initial === 'string' ? config.initial : list(plain(config.initial).target)[0]);
  if (node.type === 'compound') {
    const first = initial === undefined ? node.children[0] : (below(node, initial) ?? byId(root, initial));
    if (first) node.initial = first.id;
  }
  if (node.type === 'history') {
    node.transitions = transitionsOf(
      node,
      root,
      '',
      config.target === undefined ? undefined : { target: config.target },
    );
  } else {
    node.transitions = written(config, node).flatMap(([type, candidates]) =>
      transitionsOf(node, root, type, candidates),
    );
  }
  for (const child of node.children) link(plain(plain(config.states)[child.key]), child, root);
}

/** The transitions of a state as they are written, each under XState's type of its event. */
function written(config: Plain, node: ChartNode): [type: string, candidates: unknown][] {
  const invoked = list(config.invoke).flatMap((invoke, index): [string, unknown][] => {
    const { onDone, onError, onSnapshot } = plain(invoke);
    const id = node.invokes[index]?.id ?? '';
    return [
      [`xstate.done.actor.${id}`, onDone],
      [`xstate.error.actor.${id}`, onError],
      [`xstate.snapshot.${id}`, onSnapshot],
    ];
  });
  return [
    ...Object.entries(plain(config.on)),
    [`xstate.done.state.${node.id}`, config.onDone],
    ...invoked.filter(([type]) => !Object.hasOwn(plain(config.on), type)), // as JSON, they are there as well
    ...Object.entries(plain(config.after)).map(([delay, to]): [string, unknown] => [
      `xstate.after.${delay}.${node.id}`,
      to,
    ]),
    ['', config.always],
  ];
}

function transitionsOf(node: ChartNode, root: ChartNode, type: string, candidates: unknown): ChartTransition[] {
  return list(candidates).map((candidate, index) => {
    const config: Plain = typeof candidate === 'string' ? { target: candidate } : plain(candidate);
    const targets = list(config.target).flatMap((target) => {
      const found = resolve(node, root, targetOf(target));
      return found ? [found.id] : [];
    });
    return {
      id: `${node.id} ${type === '' ? 'always' : type} ${index}`,
      source: node.id,
      type,
      ...kindOf(type, node),
      ...(config.guard === undefined ? {} : { guard: nameIn(config.guard) }),
      actions: names(config.actions),
      targets,
      reenter: config.reenter === true,
    };
  });
}

function kindOf(type: string, node: ChartNode): { kind: TransitionKind; delay?: number | string; actor?: string } {
  if (type === '') return { kind: 'always' };
  if (type === `xstate.done.state.${node.id}`) return { kind: 'completion' };
  const after = /^xstate\.after\.(.*)$/.exec(type)?.[1];
  if (after !== undefined) {
    const delay = after.endsWith(`.${node.id}`) ? after.slice(0, -node.id.length - 1) : after;
    return { kind: 'after', delay: /^\d+$/.test(delay) ? Number(delay) : delay };
  }
  const [, kind, actor] = /^xstate\.(done\.actor|error\.actor|snapshot)\.(.*)$/.exec(type) ?? [];
  if (actor === undefined) return { kind: 'event' };
  return { kind: kind === 'snapshot' ? 'snapshot' : kind === 'done.actor' ? 'done' : 'error', actor };
}

/** As JSON, a target that is a state is its definition. */
const targetOf = (target: unknown): string | undefined =>
  typeof target === 'string' ? target : isPlain(target) && typeof target.id === 'string' ? `#${target.id}` : undefined;

/** XState's rules: `#id` anywhere, `.key` from the state itself, else from its parent. */
function resolve(node: ChartNode, root: ChartNode, target: string | undefined): ChartNode | undefined {
  if (target === undefined) return undefined;
  if (target.startsWith('#')) return byId(root, target);
  if (target.startsWith('.')) return below(node, target.slice(1));
  const parent = at(root, node.path.slice(0, -1));
  return node.path.length === 0 ? undefined : parent && below(parent, target);
}

function byId(root: ChartNode, target: string): ChartNode | undefined {
  const id = target.slice(1);
  const all = [...allOf(root)];
  const exact = all.find((each) => each.id === id);
  if (exact) return exact;
  const start = all.filter((each) => id.startsWith(`${each.id}.`)).sort((a, b) => b.id.length - a.id.length)[0];
  return start && below(start, id.slice(start.id.length + 1));
}

function* allOf(node: ChartNode): Generator<ChartNode> {
  yield node;
  for (const child of node.children) yield* allOf(child);
}

/** Keys are joined by dots; a dot within a key is written `\.`. */
const keysIn = (path: string) => path.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
const below = (node: ChartNode, path: string) => at(node, keysIn(path));
const at = (node: ChartNode, keys: readonly string[]): ChartNode | undefined =>
  keys.reduce<ChartNode | undefined>((so, key) => so?.children.find((child) => child.key === key), node);
