import { ViewportPortal } from '@xyflow/react';
import { useMemo } from 'react';
import { namesFromAfar } from './afar.ts';
import type { Layout } from './layout.ts';
import { measure } from './screen.ts';

interface NamesFromAfarProps {
  layout: Layout;
  zoom: number;
  /** Ids of boxes. */
  active: ReadonlySet<string>;
}

/** The names of the larger states, over the boxes, where those are too small to be read. */
export function NamesFromAfar({ layout, zoom, active }: NamesFromAfarProps) {
  const names = useMemo(() => namesFromAfar(layout, zoom, measure), [layout, zoom]);
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
