import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

// Names of the parts of a chart that stay the same as long as its definition does.

export type Transition = AnyTransitionDefinition;

/** Where a transition stands in the definition. */
export interface Place {
  key: string;
  /** Position among the candidates for the same event in the same state, from 0. */
  index: number;
  first: Transition;
}

/** Type of XState's own event for transitions that need none. */
const ALWAYS = '';

/** The candidates of a state, by event; those of `always` come last, under the empty type. */
export function* candidatesOf(node: AnyStateNode): Generator<[type: string, candidates: readonly Transition[]]> {
  yield* node.transitions as ReadonlyMap<string, Transition[]>;
  if (node.always) yield [ALWAYS, node.always as Transition[]];
}

/** Every state of a machine, from the root down, in the order of the definition. */
export function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}

/** Whether a type is the chart's own, and not one of XState's. */
export const isNamed = (type: string): boolean => type !== ALWAYS && !type.startsWith('xstate.');

export const eventKey = (node: AnyStateNode, type: string): string => `${node.id} ${type}`;
const transitionKey = (node: AnyStateNode, type: string, index: number): string =>
  `${node.id} ${type === ALWAYS ? 'always' : type} ${index}`;
export const guardKey = (transition: string, outcome: boolean): string => `${transition} ${outcome}`;
export const delayKey = (type: string, what: 'fired' | 'cancelled'): string => `${type} ${what}`;
export const pairKey = (first: string, second: string): string => `${first} > ${second}`;

/** The states at the ends of a configuration say which it is. */
export function configurationKey(nodes: Iterable<AnyStateNode>): string {
  return [...nodes]
    .filter(({ type }) => type === 'atomic' || type === 'final')
    .map(({ id }) => id)
    .sort()
    .join(' + ');
}

const places = new WeakMap<AnyStateMachine, Map<Transition, Place>>();

/** The transitions of a machine with their places. */
export function placesOf(machine: AnyStateMachine): ReadonlyMap<Transition, Place> {
  const known = places.get(machine);
  if (known) return known;
  const found = new Map<Transition, Place>();
  for (const node of nodesOf(machine.root)) {
    for (const [type, candidates] of candidatesOf(node)) {
      for (const [index, transition] of candidates.entries()) {
        found.set(transition, { key: transitionKey(node, type, index), index, first: candidates[0] ?? transition });
      }
    }
  }
  places.set(machine, found);
  return found;
}

/** XState's own event types as one would write them in a chart: `after choosingTimeout`, `done bankCard`. */
export function readableEvent(type: string, stateId: string): string {
  if (type === ALWAYS) return 'always';
  if (type === `xstate.done.state.${stateId}`) return 'onDone';
  const after = /^xstate\.after\.(.*)$/.exec(type)?.[1];
  if (after !== undefined)
    return `after ${after.endsWith(`.${stateId}`) ? after.slice(0, -stateId.length - 1) : after}`;
  return type.replace(/^xstate\.(done|error)\.actor\./, '$1 ').replace(/^xstate\.snapshot\./, 'snapshot ');
}
