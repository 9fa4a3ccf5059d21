import type { ChartTransition } from './definition.ts';
import type { ChartInstance } from './scene.ts';

/** Every instance that is drawn, by what stands before the ids of its states on the canvas. */
export function instancesOf(instance: ChartInstance, prefix = ''): Map<string, ChartInstance> {
  const found = new Map([[prefix, instance]]);
  const inner = { ...fromDefinition(instance), ...instance.children };
  for (const [id, child] of Object.entries(inner)) {
    for (const [key, each] of instancesOf(child, `${prefix}${id}/`)) found.set(key, each);
  }
  return found;
}

/** Children of which nothing is known but their charts. */
function fromDefinition({ definition }: ChartInstance): Record<string, ChartInstance> {
  const found: Record<string, ChartInstance> = {};
  const visit = (node: ChartInstance['definition']['root']) => {
    for (const { id, src } of node.invokes) {
      const inner = definition.actors[src];
      if (inner) found[id] = { definition: inner };
    }
    node.children.forEach(visit);
  };
  visit(definition.root);
  return found;
}

/** Whether a transition may be taken next: its source is active, and its event may come. */
export function isPossible({ active, possible }: ChartInstance, { source, kind, type }: ChartTransition): boolean {
  if (!active?.has(source) || kind === 'always') return false;
  return possible === undefined || kind !== 'event' || possible.has(type);
}
