import type { ChartDefinition, ChartNode, ChartTransition } from '../chart/definition.ts';
import { nodesOf } from '../chart/definition.ts';
import type { ChartInstance } from '../chart/scene.ts';
import type { History } from './history.ts';
import { isPlain } from './protocol.ts';

/** Ids of the states that are active in a state value: `{ a: 'b' }` has `a` and `a.b`, and the root. */
export function activeIn({ root }: ChartDefinition, value: unknown): Set<string> {
  const active = new Set<string>();
  const enter = (node: ChartNode, inner: unknown): void => {
    active.add(node.id);
    const keys =
      typeof inner === 'string' ? [[inner, undefined] as const] : isPlain(inner) ? Object.entries(inner) : [];
    for (const [key, below] of keys) {
      const child = node.children.find((each) => each.key === key);
      if (child) enter(child, below);
    }
  };
  if (value !== undefined) enter(root, value);
  return active;
}

const STEPS = 8; // transitions without an event in a row

/**
 * The transitions that lead from one set of active states to the next by an event, as far as that can be told: the
 * protocol does not name them. Of several that lead to the same states it is the first one; of those that stay where they
 * are, one that has no rival.
 */
export function takenBetween(
  chart: ChartDefinition,
  before: ReadonlySet<string>,
  type: string,
  after: ReadonlySet<string>,
): Set<string> {
  const nodes = new Map([...nodesOf(chart.root)].map((node) => [node.id, node]));
  const inner = [...nodes.values()].filter(({ id }) => before.has(id)).sort((a, b) => b.path.length - a.path.length);
  const taken = new Set<string>();
  const answered: ChartNode[] = [];
  for (const node of inner) {
    if (answered.some((below) => node.path.every((key, index) => below.path[index] === key))) continue; // one within it has
    const candidates = node.transitions.filter((each) => each.kind !== 'always' && fits(each.type, type));
    const only = candidates.length === 1 && candidates[0]?.targets.length === 0 ? candidates[0] : undefined;
    const way = candidates.map((each) => wayTo(each, nodes, after)).find((found) => found !== undefined);
    const ids = way ?? (only ? [only.id] : []);
    if (ids.length > 0) answered.push(node);
    for (const id of ids) taken.add(id);
  }
  return taken;
}

const fits = (pattern: string, type: string): boolean =>
  pattern === type || pattern === '*' || (pattern.endsWith('.*') && `${type}.`.startsWith(pattern.slice(0, -1)));

/** A transition, and those without an event after it, that end in active states. */
function wayTo(
  first: ChartTransition,
  nodes: ReadonlyMap<string, ChartNode>,
  after: ReadonlySet<string>,
  steps = STEPS,
): string[] | undefined {
  if (first.targets.length === 0 || steps === 0) return undefined;
  const entered = first.targets.flatMap((id) => enteredBy(nodes.get(id), nodes));
  if (entered.every(({ id }) => after.has(id))) return [first.id];
  for (const node of entered) {
    for (const next of node.transitions) {
      const way = next.kind === 'always' ? wayTo(next, nodes, after, steps - 1) : undefined;
      if (way) return [first.id, ...way];
    }
  }
  return first.targets.every((id) => after.has(id)) ? [first.id] : undefined;
}

/** A state with those that are entered with it. */
function enteredBy(node: ChartNode | undefined, nodes: ReadonlyMap<string, ChartNode>): ChartNode[] {
  if (!node) return [];
  if (node.type === 'parallel') return [node, ...node.children.flatMap((child) => enteredBy(child, nodes))];
  return node.initial === undefined ? [node] : [node, ...enteredBy(nodes.get(node.initial), nodes)];
}

/** The chart of an actor as it stood after a step, with those of its children. */
export function instanceAt(history: History, key: string, step: number): ChartInstance | undefined {
  const definition = history.actors.get(key)?.definition;
  if (!definition) return undefined;
  const [latest, before] = history.snapshotsAt(key, step);
  const active = activeIn(definition, latest?.snapshot?.value);
  const earlier = before && activeIn(definition, before.snapshot?.value);
  const children: Record<string, ChartInstance> = {};
  for (const actor of history.actorsAt(step)) {
    const child = actor.parent === key ? instanceAt(history, actor.key, step) : undefined;
    if (child) children[actor.name] = child;
  }
  return {
    definition,
    active: latest?.snapshot?.status === 'stopped' ? new Set() : active,
    taken: earlier && latest?.event ? takenBetween(definition, earlier, latest.event.type, active) : new Set(),
    children,
  };
}
