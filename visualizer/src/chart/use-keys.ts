import { useReactFlow } from '@xyflow/react';
import type { KeyboardEvent } from 'react';
import type { Selection } from './canvas.tsx';
import type { Layout, Rect } from './layout.ts';
import { ease } from './use-camera.ts';
import { type Folding, toggleOf } from './use-folding.ts';

type Direction = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';
const isDirection = (key: string): key is Direction => /^Arrow(Up|Down|Left|Right)$/.test(key);

interface KeysOptions {
  layout: Layout | undefined;
  folding: Folding;
  /** Id of what is selected. */
  selected: string | undefined;
  select(selection: Selection | undefined): void;
  focusOn(id: string): void;
}

/**
 * Keys on the canvas: arrows go to the next state that way, Enter selects, Space, or Enter again, folds and unfolds, Escape
 * lets go.
 */
export function useKeys({ layout, folding, selected, select, focusOn }: KeysOptions) {
  const flow = useReactFlow();
  return (event: KeyboardEvent) => {
    const focused =
      event.target instanceof HTMLElement || event.target instanceof SVGElement ? event.target : undefined;
    if (event.key === 'Escape') return select(undefined);
    const kind = focused?.classList.contains('react-flow__node')
      ? 'state'
      : focused?.classList.contains('react-flow__edge')
        ? 'transition'
        : undefined;
    const id = focused?.dataset.id;
    if (kind === undefined || id === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const box = layout?.boxes.get(id);
      const turn = box && toggleOf(box, folding);
      if (!turn || (event.key === 'Enter' && selected !== id)) return select({ kind, id });
      return turn(box);
    }
    if (!isDirection(event.key) || kind !== 'state' || !layout) return;
    event.preventDefault();
    const next = neighbour(layout, id, event.key);
    if (next === undefined) return;
    void flow.fitView({ nodes: [{ id: next }], maxZoom: flow.getZoom(), minZoom: flow.getZoom(), ...ease() });
    focusOn(next);
  };
}

/** The box that lies nearest in a direction; what lies across counts double. */
function neighbour({ boxes }: Layout, id: string, direction: Direction): string | undefined {
  const here = boxes.get(id);
  if (!here) return undefined;
  const from = anchor(here.rect);
  let best: { id: string; distance: number } | undefined;
  for (const box of boxes.values()) {
    if (box.id === id) continue;
    const to = anchor(box.rect);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const [along, across] = { ArrowUp: [-dy, dx], ArrowDown: [dy, dx], ArrowLeft: [-dx, dy], ArrowRight: [dx, dy] }[
      direction
    ] as [number, number];
    const distance = along + 2 * Math.abs(across);
    if (along > 0 && (best === undefined || distance < best.distance)) best = { id: box.id, distance };
  }
  return best?.id;
}

/** Where a box's name stands. */
const anchor = ({ x, y, width }: Rect) => ({ x: x + Math.min(width, 200) / 2, y: y + 10 });
