import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Arrow, Box, Scene } from './scene.ts';

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Point {
  x: number;
  y: number;
}

export interface PlacedArrow extends Arrow {
  points: Point[];
  label: Rect;
}

/** A scene with the places of all that is in it: px from the top left corner of the whole. */
export interface Layout {
  boxes: Map<string, Box & { rect: Rect; parent?: string }>;
  arrows: PlacedArrow[];
  /** From the dots to the states that are entered first. */
  starts: { id: string; box: string; dot: Point; points: Point[] }[];
  width: number;
  height: number;
}

/** What ELK's API gives, in a worker or not. */
export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

const DOT = 10;
const START = ' start';
const OPTIONS: Record<string, string> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
};
/** ELK reads these anew at each state that has states. */
const LEVEL: Record<string, string> = {
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST', // from the first state on, as a reader goes
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};
const SIDE = 20;
const KEPT = 64; // charts

/** Charts within others that were laid out, by all that their layout depends on; they are the same again and again. */
export class LayoutCache {
  readonly #known = new Map<string, Promise<ElkNode>>();

  layout(graph: ElkNode, engine: LayoutEngine): Promise<ElkNode> {
    const key = JSON.stringify(graph);
    const known = this.#known.get(key) ?? engine.layout(graph);
    this.#known.delete(key); // it becomes the latest
    this.#known.set(key, known);
    known.catch(() => this.#known.delete(key));
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

/**
 * Finds places for all that is in a scene. No arrow crosses the border of a child's chart, so each is laid out by itself, and
 * stands as one box in the chart of its parent.
 */
export async function layoutOf(scene: Scene, engine: LayoutEngine, cache = new LayoutCache()): Promise<Layout> {
  return read(scene, await placed(scene.root, arrowsBy(scene), engine, cache));
}

type Arrows = ReadonlyMap<string, readonly Arrow[]>; // by what stands before the ids of a chart

function arrowsBy({ arrows }: Scene): Arrows {
  const found = new Map<string, Arrow[]>();
  for (const arrow of arrows) found.set(arrow.prefix, [...(found.get(arrow.prefix) ?? []), arrow]);
  return found;
}

/** One chart, with the charts in it. */
async function placed(root: Box, arrows: Arrows, engine: LayoutEngine, cache: LayoutCache): Promise<ElkNode> {
  const inner = new Map<string, ElkNode>();
  for (const child of chartsIn(root)) inner.set(child.id, await placed(child, arrows, engine, cache));
  const graph = await cache.layout(
    {
      id: ' canvas',
      layoutOptions: OPTIONS,
      children: [nodeOf(root, inner)],
      edges: [...(arrows.get(root.prefix) ?? []).map(edgeOf), ...startsIn(root)],
    },
    engine,
  );
  return inner.size === 0 ? graph : withInner(graph, inner);
}

/** Roots of the charts that are unfolded right within a chart. */
function* chartsIn(box: Box): Generator<Box> {
  for (const child of box.children) {
    if (child.prefix === box.prefix) yield* chartsIn(child);
    else yield child;
  }
}

function nodeOf(box: Box, inner: ReadonlyMap<string, ElkNode>): ElkNode {
  const chart = inner.get(box.id)?.children?.[0];
  if (chart) return { id: box.id, width: chart.width ?? 0, height: chart.height ?? 0 };
  if (box.children.length === 0) return { id: box.id, width: box.width, height: box.height };
  const start = first(box);
  return {
    id: box.id,
    layoutOptions: {
      ...LEVEL,
      'elk.padding': `[top=${box.height + SIDE},left=${SIDE},bottom=${SIDE},right=${SIDE}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${box.width}, ${box.height})`,
    },
    children: [
      ...(start ? [{ id: box.id + START, width: DOT, height: DOT }] : []),
      ...box.children.map((child) => nodeOf(child, inner)),
    ],
  };
}

/** The charts within a chart at the places of the boxes that stood for them. */
function withInner(graph: ElkNode, inner: ReadonlyMap<string, ElkNode>): ElkNode {
  const edges = [...(graph.edges ?? [])];
  const visit = (node: ElkNode): ElkNode => {
    const chart = inner.get(node.id);
    const [root] = chart?.children ?? [];
    if (!chart || !root) return { ...node, children: (node.children ?? []).map(visit) };
    const by = { x: (node.x ?? 0) - (root.x ?? 0), y: (node.y ?? 0) - (root.y ?? 0) };
    edges.push(...(chart.edges ?? []).map((edge) => movedEdge(edge, by)));
    return movedNode(root, by);
  };
  return { ...graph, children: (graph.children ?? []).map(visit), edges };
}

const movedNode = (node: ElkNode, by: Point): ElkNode => ({
  ...node,
  ...moved(node, by),
  children: (node.children ?? []).map((child) => movedNode(child, by)),
});

const movedEdge = (edge: ElkExtendedEdge, by: Point): ElkExtendedEdge => ({
  ...edge,
  sections: (edge.sections ?? []).map((section) => ({
    ...section,
    startPoint: moved(section.startPoint, by),
    endPoint: moved(section.endPoint, by),
    bendPoints: (section.bendPoints ?? []).map((point) => moved(point, by)),
  })),
  labels: (edge.labels ?? []).map((label) => ({ ...label, ...moved(label, by) })),
});

const moved = ({ x = 0, y = 0 }: Partial<Point>, by: Point): Point => ({ x: x + by.x, y: y + by.y });

const first = (box: Box) =>
  box.node.initial === undefined ? undefined : box.children.find((child) => child.id === box.prefix + box.node.initial);

function* startsIn(box: Box): Generator<ElkExtendedEdge> {
  const start = first(box);
  if (start) yield { id: box.id + START, sources: [box.id + START], targets: [start.id] };
  for (const child of box.children) if (child.prefix === box.prefix) yield* startsIn(child);
}

const edgeOf = ({ id, source, target, width, height }: Arrow): ElkExtendedEdge => ({
  id,
  sources: [source],
  targets: [target],
  labels: [{ id: `${id} label`, text: id, width, height, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }],
});

function read(scene: Scene, graph: ElkNode): Layout {
  const places = new Map<string, Rect>();
  const visit = (node: ElkNode) => {
    places.set(node.id, rectOf(node));
    node.children?.forEach(visit);
  };
  visit(graph);
  const edges = new Map((graph.edges ?? []).map((edge) => [edge.id, edge]));
  const boxes: Layout['boxes'] = new Map();
  const starts: Layout['starts'] = [];
  const place = (box: Box, parent?: string) => {
    boxes.set(box.id, { ...box, rect: places.get(box.id) ?? rectOf({}), ...(parent === undefined ? {} : { parent }) });
    const dot = places.get(box.id + START);
    if (dot) {
      const id = box.id + START;
      starts.push({
        id,
        box: box.id,
        dot: { x: dot.x + DOT / 2, y: dot.y + DOT / 2 },
        points: pointsOf(edges.get(id)),
      });
    }
    for (const child of box.children) place(child, box.id);
  };
  place(scene.root);
  const arrows = scene.arrows.map((arrow) => {
    const edge = edges.get(arrow.id);
    return { ...arrow, points: pointsOf(edge), label: rectOf(edge?.labels?.[0] ?? {}) };
  });
  return { boxes, arrows, starts, width: graph.width ?? 0, height: graph.height ?? 0 };
}

const rectOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rect>): Rect => ({ x, y, width, height });

const pointsOf = (edge: ElkExtendedEdge | undefined): Point[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
