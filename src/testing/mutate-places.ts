import { type AnyStateMachine, type AnyStateNode, createMachine } from 'xstate';

/** Keys that lead from the config of a machine to a part of it. */
export type Way = readonly (string | number)[];
export type Part = Record<string, unknown>;

/** One candidate among the transitions of a state for an event, a delay or nothing. */
export interface TransitionPlace {
  node: AnyStateNode;
  /** As ids and readers have it: `code.submit`, `always`, `after.idleTimeout`, `checkCode.onDone`. */
  event: string;
  /** Where the list of candidates is written. */
  list: Way;
  index: number;
  count: number;
  written: Part;
  /** Where it leads, when it leads anywhere. */
  targets: readonly AnyStateNode[];
}

/** A value, a list, or nothing, as a list. */
export const listed = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? [...value] : [value];

/** Candidates as objects; a transition that forbids its event is one candidate that does nothing. */
const candidates = (value: unknown): Part[] =>
  (value === undefined ? [{}] : listed(value)).map((each) =>
    typeof each === 'string' ? { target: each } : ((each ?? {}) as Part),
  );

export const wayTo = (node: AnyStateNode): string[] => node.path.flatMap((key) => ['states', key]);

/** Every state, the root first. */
export function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}

/** Every transition of a machine, as it is written. */
export function* transitionsOf(machine: AnyStateMachine): Generator<TransitionPlace> {
  for (const node of nodesOf(machine.root)) {
    for (const { event, list, written, resolved } of listsOf(node)) {
      const all = candidates(written);
      for (const [index, each] of all.entries()) {
        const targets = resolved?.[index]?.target ?? [];
        yield { node, event, list: [...wayTo(node), ...list], index, count: all.length, written: each, targets };
      }
    }
  }
}

type Resolved = readonly { target?: readonly AnyStateNode[] | undefined }[];

function* listsOf(node: AnyStateNode): Generator<{ event: string; list: Way; written: unknown; resolved?: Resolved }> {
  const config = node.config as Part;
  const resolvedOf = (type: string) => {
    const resolved = node.transitions.get(type);
    return resolved === undefined ? {} : { resolved };
  };
  for (const [type, written] of Object.entries((config.on ?? {}) as Part)) {
    yield { event: type, list: ['on', type], written, ...resolvedOf(type) };
  }
  if (config.always) yield { event: 'always', list: ['always'], written: config.always, resolved: node.always ?? [] };
  for (const [delay, written] of Object.entries((config.after ?? {}) as Part)) {
    yield {
      event: `after.${delay}`,
      list: ['after', delay],
      written,
      ...resolvedOf(`xstate.after.${delay}.${node.id}`),
    };
  }
  if (config.onDone) {
    yield { event: 'onDone', list: ['onDone'], written: config.onDone, ...resolvedOf(`xstate.done.state.${node.id}`) };
  }
  for (const [index, invoke] of listed(config.invoke).entries()) {
    const { id } = node.invoke[index] ?? { id: String(index) };
    const to: Way = Array.isArray(config.invoke) ? ['invoke', index] : ['invoke'];
    for (const [name, type] of Object.entries({
      onDone: `xstate.done.actor.${id}`,
      onError: `xstate.error.actor.${id}`,
      onSnapshot: `xstate.snapshot.${id}`,
    })) {
      const written = (invoke as Part)[name];
      if (written) yield { event: `${id}.${name}`, list: [...to, name], written, ...resolvedOf(type) };
    }
  }
}

/** A copy of a config with one part changed; a part that becomes undefined is left out. */
export function edited(config: unknown, way: Way, change: (part: unknown) => unknown): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return change(config);
  const copy = (Array.isArray(config) ? [...config] : { ...(config as Part) }) as Part;
  const part = edited(copy[key], rest, change);
  if (part === undefined) delete copy[key];
  else copy[key] = part;
  return copy;
}

/** A copy of a config with one candidate changed, or without it. */
export const withCandidate = (
  config: unknown,
  { list, index }: Pick<TransitionPlace, 'list' | 'index'>,
  change: (candidate: Part) => Part | undefined,
): unknown =>
  edited(config, list, (written) => {
    const all = candidates(written).flatMap((each, at) => (at === index ? (change(each) ?? []) : [each]));
    return all.length === 0 ? undefined : all;
  });

/** A chart that goes round without end is found out, not waited for. */
const MOST_MICROSTEPS = 1_000;

/** A machine like another, from a config of its own. */
export function machineFrom(
  machine: AnyStateMachine,
  config: unknown,
  implementations: Partial<AnyStateMachine['implementations']> = {},
): AnyStateMachine {
  const bounded = { ...(config as Part), options: { ...machine.options, maxIterations: MOST_MICROSTEPS } };
  return createMachine(bounded as never, { ...machine.implementations, ...implementations } as never);
}

/** Name of a state in ids: its keys joined by dots; the root has none. */
export const placeOf = (machine: string, node: AnyStateNode): string =>
  [machine, node.path.join('.')].filter(Boolean).join('/');
