import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, useStore } from '@xyflow/react';
import { memo } from 'react';
import type { Point, Rect } from './layout.ts';
import { pathOf } from './line.ts';
import type { Mark } from './scene.ts';
import { isFarIn } from './screen.ts';

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

export const TransitionEdge = memo(function TransitionEdge({
  id,
  data,
  selected,
  markerEnd,
}: EdgeProps<TransitionEdgeType>) {
  const isFar = useStore(isFarIn);
  if (!data) return null;
  const { points, label, dot, lines, taken, possible, found, mark, onChoose } = data;
  const state = `${taken ? 'taken' : possible ? 'possible' : ''} ${selected ? 'selected' : ''} ${found ? 'found' : ''}`;
  const isShown = !isFar || taken || found || selected === true; // from afar only what is looked for can be read
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
      {label && isShown && (
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
