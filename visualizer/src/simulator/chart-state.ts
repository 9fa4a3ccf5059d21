import type { MachineView } from '../../../src/core/index.ts';
import type { ChartDefinition, ChartNode } from '../chart/definition.ts';
import type { ChartInstance } from '../chart/scene.ts';
import type { Taken } from './taken.ts';

type Value = string | { [key: string]: Value | undefined };

/** What a persisted snapshot says of one machine. */
interface Persisted {
  value?: Value;
  status?: string;
  children?: Record<string, { src?: unknown; snapshot: Persisted }>;
}

/** What a chart shows of a machine with the machines that it invokes. */
export function chartState(
  definition: ChartDefinition,
  snapshot: unknown,
  taken: Taken,
  possible: ReadonlySet<string>,
  path = '',
): ChartInstance {
  const persisted = snapshot as Persisted;
  const children: Record<string, ChartInstance> = {};
  for (const [id, child] of Object.entries(persisted.children ?? {})) {
    const inner = definition.actors[String(child.src)];
    if (!inner) continue;
    children[id] = chartState(inner, child.snapshot, taken, possible, path === '' ? id : `${path}/${id}`);
  }
  const ids = taken.get(path);
  return {
    definition,
    active: activeIn(definition.root, persisted.value),
    possible,
    ...(ids ? { taken: ids } : {}),
    ...(Object.keys(children).length > 0 ? { children } : {}),
  };
}

/** Ids of the active states, the root included. */
function activeIn(root: ChartNode, value: Value | undefined): Set<string> {
  const active = new Set([root.id]);
  const visit = (node: ChartNode, below: Value | undefined) => {
    const keys = below === undefined ? [] : typeof below === 'string' ? [below] : Object.keys(below);
    for (const key of keys) {
      const child = node.children.find((each) => each.key === key);
      if (!child) continue;
      active.add(child.id);
      visit(child, typeof below === 'object' ? below[key] : undefined);
    }
  };
  visit(root, value);
  return active;
}

/** Context of a machine of a tree, by its path of ids. */
export const contextOf = (views: readonly MachineView[], ...path: string[]): Record<string, unknown> | undefined =>
  views.find((view) => view.path.join('/') === path.join('/'))?.context as Record<string, unknown> | undefined;
