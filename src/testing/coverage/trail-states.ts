import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { isMachine } from '../../core/durable.ts';
import { nodesOf, type Transition } from './keys.ts';
import { entered, exits, outwards, targetsOf } from './nodes.ts';

/** A machine of a tree, in a configuration. */
export interface Standing {
  machine: AnyStateMachine;
  nodes: ReadonlySet<AnyStateNode>;
}

/** The machines of a tree by their paths; the root's is the empty text. */
export type Standings = Map<string, Standing>;

/**
 * Reads what `activeStates` wrote: dotted states, those of a child behind the state that is named as the child is.
 * @returns undefined when a state is none of the charts'.
 */
export function standingsOf(root: AnyStateMachine, states: string): Standings | undefined {
  const found: Standings = new Map();
  for (const state of states === '' ? [] : states.split(',')) {
    if (!read(root, '', state.split('.'), found)) return undefined;
  }
  return found;
}

function read(machine: AnyStateMachine, path: string, parts: readonly string[], found: Standings): boolean {
  let node = machine.root as AnyStateNode;
  let rest = parts;
  for (let next = node.states[rest[0] ?? '']; next; next = node.states[rest[0] ?? '']) {
    node = next;
    rest = rest.slice(1);
  }
  const isChildNamed = node === machine.root && rest.length > 0;
  if (!isChildNamed) add(found, path, machine, node);
  if (rest.length === 0) return true;
  const id = isChildNamed ? (rest[0] ?? '') : node.key;
  const child = childOf(machine, id);
  return (
    child !== undefined && read(child, path === '' ? id : `${path}/${id}`, isChildNamed ? rest.slice(1) : rest, found)
  );
}

function add(found: Standings, path: string, machine: AnyStateMachine, node: AnyStateNode): void {
  const known = found.get(path)?.nodes ?? [];
  found.set(path, { machine, nodes: new Set([...known, ...outwards(node)]) });
}

/** The machine that some state invokes under an id. */
function childOf(machine: AnyStateMachine, id: string): AnyStateMachine | undefined {
  for (const node of nodesOf(machine.root)) {
    for (const invoke of node.invoke) {
      const logic = invoke.id === id ? machine.implementations.actors[invoke.src as string] : undefined;
      if (isMachine(logic)) return logic;
    }
  }
  return undefined;
}

/** The configuration that a transition leads to. What a history state leads to is not known. */
export function afterTransition(
  nodes: ReadonlySet<AnyStateNode>,
  transition: Transition,
): Set<AnyStateNode> | undefined {
  if (targetsOf(transition).some(({ type }) => type === 'history')) return undefined;
  const left = exits(transition, nodes);
  const stay = [...nodes].filter((node) => !left.has(node));
  return targetsOf(transition).reduce((so, target) => entered(target, so), new Set(stay));
}

export const isAtEnd = ({ machine, nodes }: Standing): boolean =>
  [...nodes].some((node) => node.type === 'final' && node.parent === machine.root);

/** Active states without active ones within, and whether there are several of them. */
export const leavesOf = (nodes: ReadonlySet<AnyStateNode>): AnyStateNode[] =>
  [...nodes].filter(({ type }) => type === 'atomic' || type === 'final');
