import type { CoverageData } from '../../../src/testing/coverage/data.ts';
import { type ChartDefinition, nodesOf } from '../chart/definition.ts';
import type { ChartInstance, Mark } from '../chart/scene.ts';

/** What of a chart was met, of how much: states and transitions together. */
export interface Share {
  met: number;
  of: number;
}

/** How often each state and transition was met: what never was stands out. */
export function coverageMarks({ id, root }: ChartDefinition, { machines }: CoverageData): Map<string, Mark> {
  const hits = Object.hasOwn(machines, id) ? machines[id] : undefined;
  const marks = new Map<string, Mark>();
  const add = (key: string, counts: Record<string, number> = {}) => {
    const times = Object.hasOwn(counts, key) ? (counts[key] ?? 0) : 0;
    marks.set(key, { text: String(times), level: times > 0 ? 'good' : 'bad' });
  };
  for (const node of nodesOf(root)) {
    add(node.id, hits?.states);
    for (const transition of node.transitions) add(transition.id, hits?.transitions);
  }
  return marks;
}

export function shareOf(marks: ReadonlyMap<string, Mark>): Share {
  return { met: [...marks.values()].filter(({ level }) => level === 'good').length, of: marks.size };
}

/** A chart with marks on it and on the charts of all that it invokes. */
export function overlaid(
  definition: ChartDefinition,
  marksOf: (chart: ChartDefinition) => ReadonlyMap<string, Mark>,
): ChartInstance {
  const children: Record<string, ChartInstance> = {};
  for (const node of nodesOf(definition.root)) {
    for (const { id, src } of node.invokes) {
      const chart = definition.actors[src];
      if (chart) children[id] = overlaid(chart, marksOf);
    }
  }
  return { definition, overlay: marksOf(definition), children };
}
