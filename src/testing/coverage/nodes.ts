import type { AnyStateNode } from 'xstate';
import type { Transition } from './keys.ts';

export const isWithin = (node: AnyStateNode, ancestor: AnyStateNode): boolean =>
  node.parent !== undefined && (node.parent === ancestor || isWithin(node.parent, ancestor));

/** A state with all that are around it, innermost first. */
export function* outwards(node: AnyStateNode | undefined): Generator<AnyStateNode> {
  for (let each = node; each; each = each.parent) yield each;
}

/** States that are active once a state is entered by name: itself, those around it, and where those within begin. */
export function entered(node: AnyStateNode, into = new Set<AnyStateNode>()): Set<AnyStateNode> {
  for (const each of outwards(node)) into.add(each);
  if (node.type === 'compound') for (const first of targetsOf(node.initial)) entered(first, into);
  if (node.type === 'parallel') {
    for (const region of Object.values(node.states)) if (region.type !== 'history') entered(region, into);
  }
  return into;
}

export const targetsOf = ({ target }: { target?: readonly AnyStateNode[] | undefined }) => target ?? [];

/** Whether one configuration can hold both: they part ways nowhere but in a parallel state. */
function canBeTogether(one: AnyStateNode, other: AnyStateNode): boolean {
  if (one === other || isWithin(one, other) || isWithin(other, one)) return true;
  const around = new Set(outwards(one));
  for (const each of outwards(other)) if (around.has(each)) return each.type === 'parallel';
  return false;
}

/**
 * Whether the chart's structure lets one transition follow another in the same machine. It sees neither guards nor events,
 * so it permits more than can happen.
 */
export function canFollow(first: Transition, second: Transition): boolean {
  const after = new Set<AnyStateNode>();
  if (first.target === undefined) for (const node of outwards(first.source)) after.add(node);
  for (const target of targetsOf(first)) {
    const node = target.type === 'history' ? target.parent : target;
    if (target.type === 'history') for (const each of outwards(node)) after.add(each);
    else entered(target, after);
  }
  const root = first.source.machine.root;
  if ([...after].some((node) => node.type === 'final' && node.parent === root && root.type === 'compound'))
    return false;
  return [...after].every((node) => canBeTogether(node, second.source));
}

/** The innermost state around all of them. */
function around(nodes: readonly AnyStateNode[]): AnyStateNode | undefined {
  const [head, ...tail] = nodes;
  for (const ancestor of outwards(head?.parent)) if (tail.every((node) => isWithin(node, ancestor))) return ancestor;
  return undefined;
}

export function exits(transition: Transition, active: ReadonlySet<AnyStateNode>): Set<AnyStateNode> {
  const { source, reenter } = transition;
  const targets = targetsOf(transition);
  if (targets.length === 0) return new Set();
  const isInside = !reenter && targets.every((target) => target === source || isWithin(target, source));
  const domain = isInside ? source : (around([...targets, source]) ?? source.machine.root);
  return new Set(
    [...active].filter((node) => isWithin(node, domain) || (reenter && node === domain && node === source)),
  );
}

/**
 * The transitions that are taken of those that are enabled: where two in parallel states would leave the same state, the
 * inner or else the first goes before. XState tells of all that are enabled; this is its rule (SCXML's).
 */
export function withoutConflicts(enabled: readonly Transition[], active: ReadonlySet<AnyStateNode>): Transition[] {
  if (enabled.length < 2) return [...enabled];
  const taken = new Set<Transition>();
  for (const transition of enabled) {
    const left = exits(transition, active);
    const rivals = [...taken].filter((other) => [...exits(other, active)].some((node) => left.has(node)));
    if (!rivals.every((other) => isWithin(transition.source, other.source))) continue;
    for (const rival of rivals) taken.delete(rival);
    taken.add(transition);
  }
  return [...taken];
}
