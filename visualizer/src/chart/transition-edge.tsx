import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { Point, Rect } from './layout.ts';
import type { Mark } from './scene.ts';

interface TransitionData extends Record<string, unknown> {
  points: Point[];
  label?: Rect;
  /** Where the line begins that leads to the first state. */
  dot?: Point;
  lines: string[];
  taken: boolean;
  possible: boolean;
  found: boolean;
  mark?: Mark;
  onChoose?(): void;
}
export type TransitionEdgeType = Edge<TransitionData, 'transition'>;

const ROUND = 8; // px

/** A line along the way that the layout found, with rounded corners. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M ${first.x} ${first.y}`;
  for (const [index, corner] of rest.entries()) {
    const before = points[index] ?? corner;
    const after = rest[index + 1];
    if (!after) {
      path += ` L ${corner.x} ${corner.y}`;
      continue;
    }
    const from = towards(corner, before);
    const to = towards(corner, after);
    path += ` L ${from.x} ${from.y} Q ${corner.x} ${corner.y} ${to.x} ${to.y}`;
  }
  return path;
}

/** A point on the way to another, as far off as corners are round. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(ROUND, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

export const TransitionEdge = memo(function TransitionEdge({
  id,
  data,
  selected,
  markerEnd,
}: EdgeProps<TransitionEdgeType>) {
  if (!data) return null;
  const { points, label, dot, lines, taken, possible, found, mark, onChoose } = data;
  const state = `${taken ? 'taken' : possible ? 'possible' : ''} ${selected ? 'selected' : ''} ${found ? 'found' : ''}`;
  return (
    <>
      <BaseEdge
        id={id}
        path={pathOf(points)}
        {...(markerEnd ? { markerEnd } : {})}
        className={state}
        interactionWidth={12}
      />
      {dot && <circle className="start-dot" cx={dot.x} cy={dot.y} r={5} />}
      {label && (
        <EdgeLabelRenderer>
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: the line itself takes the focus and the keys */}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: see above */}
          <div
            className={`transition-label nodrag nopan ${state}`}
            style={{ transform: `translate(${label.x}px, ${label.y}px)`, width: label.width, height: label.height }}
            onClick={onChoose}
          >
            {lines.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and change as a whole
              <div key={index}>{line}</div>
            ))}
            {mark && <span className={`mark ${mark.level}`}>{mark.text}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
