import { useReactFlow } from '@xyflow/react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { matches } from './flow.ts';
import type { Layout } from './layout.ts';
import { ease } from './use-camera.ts';

interface ToolbarProps {
  layout: Layout | undefined;
  query: string;
  onQuery(query: string): void;
  onPick(id: string): void;
  /** Further controls. */
  children: ReactNode;
}

/** Search, fit and zoom. Keys: `/` searches, `f` fits, `+` and `-` zoom. */
export function Toolbar({ layout, query, onQuery, onPick, children }: ToolbarProps) {
  const texts = useTexts(chartTexts);
  const flow = useReactFlow();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const [at, setAt] = useState(0);
  const found = layout ? foundIn(layout, query) : [];

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '/') {
        event.preventDefault();
        input.current?.focus();
      } else if (event.key === 'f') void flow.fitView(ease());
      else if (event.key === '+' || event.key === '=') void flow.zoomIn(ease());
      else if (event.key === '-') void flow.zoomOut(ease());
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [flow]);

  const go = (index: number) => {
    const id = found[index % found.length];
    if (id === undefined) return;
    setAt(index % found.length);
    onPick(id);
    void flow.fitView({ nodes: [{ id }], maxZoom: 1, ...ease() });
  };
  return (
    <div className="chart-toolbar">
      <label className="visually-hidden" htmlFor={id}>
        {texts.search}
      </label>
      <input
        id={id}
        ref={input}
        type="search"
        value={query}
        placeholder={`${texts.search}  /`}
        onChange={(event) => {
          onQuery(event.target.value);
          setAt(-1);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(at + 1);
          if (event.key === 'Escape') onQuery('');
        }}
      />
      <output className="found">{query.trim() === '' ? '' : texts.found(found.length)}</output>
      <span className="space" />
      {children}
      <button type="button" aria-label={texts.zoomOut} onClick={() => void flow.zoomOut(ease())}>
        −
      </button>
      <button type="button" aria-label={texts.zoomIn} onClick={() => void flow.zoomIn(ease())}>
        +
      </button>
      <button type="button" onClick={() => void flow.fitView(ease())}>
        {texts.fit}
      </button>
    </div>
  );
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;

/** States that have what is looked for, and those that arrows with it lead from. */
function foundIn({ boxes, arrows }: Layout, query: string): string[] {
  const own = [...boxes.values()].filter(({ node, lines }) =>
    matches(query, [node.id, ...lines.map(({ text }) => text)].join(' ')),
  );
  const sources = arrows.filter(({ lines }) => matches(query, lines.join(' '))).map(({ source }) => source);
  return [...new Set([...own.map(({ id }) => id), ...sources])];
}
