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

/** Finds places for all that is in a scene. */
export async function layoutOf(scene: Scene, engine: LayoutEngine): Promise<Layout> {
  const graph: ElkNode = {
    id: ' canvas',
    layoutOptions: OPTIONS,
    children: [nodeOf(scene.root)],
    edges: [...scene.arrows.map(edgeOf), ...startsIn(scene.root)],
  };
  return read(scene, await engine.layout(graph));
}

function nodeOf(box: Box): ElkNode {
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
    children: [...(start ? [{ id: box.id + START, width: DOT, height: DOT }] : []), ...box.children.map(nodeOf)],
  };
}

const first = (box: Box) =>
  box.node.initial === undefined ? undefined : box.children.find((child) => child.id === box.prefix + box.node.initial);

function* startsIn(box: Box): Generator<ElkExtendedEdge> {
  const start = first(box);
  if (start) yield { id: box.id + START, sources: [box.id + START], targets: [start.id] };
  for (const child of box.children) yield* startsIn(child);
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
