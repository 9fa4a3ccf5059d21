import { useStore, ViewportPortal } from '@xyflow/react';
import { useMemo } from 'react';
import { namesFromAfar } from './afar.ts';
import type { Layout } from './layout.ts';
import { isAfarIn, measure } from './screen.ts';

const STEPS = 6; // in which the zoom is taken, for each time that it doubles

/** The names of the larger states, over the boxes, where those are too small to be read. */
export function NamesFromAfar({ layout, active }: { layout: Layout; active: ReadonlySet<string> }) {
  const zoom = useStore((view) =>
    isAfarIn(view) ? 2 ** (Math.round(Math.log2(view.transform[2]) * STEPS) / STEPS) : undefined,
  );
  const names = useMemo(() => (zoom === undefined ? [] : namesFromAfar(layout, zoom, measure)), [layout, zoom]);
  if (zoom === undefined) return null;
  return (
    <ViewportPortal>
      {names.map(({ id, text, isOpen, rect }) => (
        <span
          key={id}
          aria-hidden="true" // the box itself has the name
          className={`name-from-afar ${isOpen ? 'open' : ''} ${active.has(id) ? 'active' : ''}`}
          style={{
            transform: `translate(${rect.x}px, ${rect.y}px) scale(${1 / zoom})`,
            width: rect.width * zoom,
            height: rect.height * zoom,
          }}
        >
          {text}
        </span>
      ))}
    </ViewportPortal>
  );
}
