import { MarkerType } from '@xyflow/react';
import type { chart as chartTexts } from '../texts/chart.ts';
import type { Selection } from './canvas.tsx';
import { nodesOf } from './definition.ts';
import { isPossible } from './instances.ts';
import type { Layout, PlacedArrow } from './layout.ts';
import type { Box, ChartInstance } from './scene.ts';
import type { StateNodeType } from './state-node.tsx';
import type { TransitionEdgeType } from './transition-edge.tsx';

// A layout, and what is known of the running actors, as the nodes and edges that React Flow shows.

export interface FlowView {
  /** By what stands before the ids of its states. */
  instances: ReadonlyMap<string, ChartInstance>;
  selected: string | undefined;
  query: string;
  texts: (typeof chartTexts)['en'];
  onFold(box: Box): void;
  onCollapse(box: Box): void;
  onChoose(selection: Selection): void;
}

const NONE: ReadonlySet<string> = new Set();

export function nodesIn({ boxes }: Layout, view: FlowView): StateNodeType[] {
  return [...boxes.values()].map((box) => {
    const instance = view.instances.get(box.prefix);
    const { node, rect } = box;
    const active = isActive(instance, box);
    const mark = instance?.overlay?.get(node.id);
    const possible =
      instance && new Set(node.transitions.filter((each) => isPossible(instance, each)).map(({ id }) => id));
    return {
      id: box.id,
      type: 'state',
      position: { x: rect.x, y: rect.y },
      width: rect.width,
      height: rect.height,
      zIndex: node.path.length + depthOf(box.prefix) * 10,
      selected: view.selected === box.id,
      ariaLabel: nameOfBox(box, active, view),
      data: {
        box,
        active,
        possible: possible ?? NONE,
        taken: instance?.taken ?? NONE,
        found: matches(view.query, textIn(box)),
        ...(mark ? { mark } : {}),
        onFold: view.onFold,
        onCollapse: view.onCollapse,
      },
    };
  });
}

const depthOf = (prefix: string) => prefix.split('/').length - 1;

/** A collapsed state stands for all that is in it. */
function isActive(instance: ChartInstance | undefined, { node, collapsed }: Box): boolean {
  if (!instance?.active) return false;
  if (instance.active.has(node.id)) return true;
  return collapsed && [...nodesOf(node)].some(({ id }) => instance.active?.has(id));
}

/** `awaitingCode, state, active`: what a screen reader says. */
function nameOfBox({ node, lines }: Box, active: boolean, { texts }: FlowView): string {
  const text = lines.find(({ kind }) => kind === 'text')?.text;
  return [
    node.key,
    texts.types[node.type],
    ...(active ? [texts.active] : []),
    ...(text === undefined ? [] : [text]),
  ].join(', ');
}

export function edgesOf({ arrows, starts }: Layout, view: FlowView): TransitionEdgeType[] {
  return [...starts.map(start), ...arrows.map((arrow) => edge(arrow, view))];
}

const headOf = (color: string) =>
  ({ type: MarkerType.ArrowClosed, width: 18, height: 18, markerUnits: 'userSpaceOnUse', color }) as const;

const start = ({ id, box, dot, points }: Layout['starts'][number]): TransitionEdgeType => ({
  id,
  type: 'transition',
  source: box,
  target: box,
  focusable: false,
  selectable: false,
  className: 'start',
  zIndex: 1_000,
  markerEnd: headOf('var(--text)'),
  data: { points, dot, lines: [], taken: false, possible: false, found: false },
});

function edge(arrow: PlacedArrow, view: FlowView): TransitionEdgeType {
  const instance = view.instances.get(arrow.prefix);
  const taken = arrow.transitions.some(({ id }) => instance?.taken?.has(id));
  const possible = instance !== undefined && arrow.transitions.some((each) => isPossible(instance, each));
  const mark = arrow.transitions.map(({ id }) => instance?.overlay?.get(id)).find((each) => each !== undefined);
  return {
    id: arrow.id,
    type: 'transition',
    source: arrow.source,
    target: arrow.target,
    selected: view.selected === arrow.id,
    ariaLabel: `${arrow.source} → ${arrow.target}: ${arrow.lines.join(' ')}`,
    className: taken ? 'taken' : possible ? 'possible' : '',
    zIndex: 1_000,
    markerEnd: headOf(taken ? 'var(--accent)' : possible ? 'var(--text)' : 'var(--line-strong)'),
    data: {
      points: arrow.points,
      label: arrow.label,
      lines: arrow.lines,
      taken,
      possible,
      found: matches(view.query, arrow.lines.join(' ')),
      ...(mark ? { mark } : {}),
      onChoose: () => view.onChoose({ kind: 'transition', id: arrow.id }),
    },
  };
}

const textIn = ({ node, lines }: Box) => [node.id, ...lines.map(({ text }) => text)].join(' ');

/** Whether a text has what is looked for, in whatever case; nothing is looked for by an empty query. */
export function matches(query: string, text: string): boolean {
  const wanted = query.trim().toLowerCase();
  return wanted !== '' && text.toLowerCase().includes(wanted);
}

/** Boxes in which a child's chart can unfold, also within other children. */
export function foldable(instance: ChartInstance, prefix = ''): string[] {
  return [...nodesOf(instance.definition.root)].flatMap((node) =>
    node.invokes.flatMap(({ id, src }) => {
      const definition = instance.definition.actors[src];
      const inner = instance.children?.[id] ?? (definition && { definition });
      return inner ? [prefix + node.id, ...foldable(inner, `${prefix}${id}/`)] : [];
    }),
  );
}
