import { useEffect, useRef, useState } from 'react';
import { type Layout, LayoutCache, type LayoutEngine, layoutOf } from './layout.ts';
import type { ChartInstance, Scene } from './scene.ts';
import { createEngine } from './screen.ts';

let engine: LayoutEngine | undefined;
const cache = new LayoutCache();
const QUIET = 50; // ms: the first chart is drawn before

export interface LayoutState {
  layout?: Layout;
  busy: boolean;
  error?: unknown;
}

/**
 * The layout of a scene; while a new one is made the last one stays.
 * @param next gives the scene that is most likely to come next: it is laid out while the reader looks at the first one.
 */
export function useLayout(scene: Scene, next: () => Scene | undefined): LayoutState {
  const [state, setState] = useState<LayoutState>({ busy: true });
  useEffect(() => {
    let current = true;
    setState(({ layout }) => ({ busy: true, ...(layout ? { layout } : {}) }));
    engine ??= createEngine();
    const start = performance.now();
    layoutOf(scene, engine, cache).then(
      (layout) => {
        performance.measure('layout of a chart', { start });
        if (current) setState({ layout, busy: false });
      },
      (error: unknown) => current && setState({ busy: false, error }),
    );
    return () => {
      current = false;
    };
  }, [scene]);
  const isDone = !state.busy;
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => {
      const ahead = next();
      if (ahead && engine) layoutOf(ahead, engine, cache).catch(() => {}); // it is told when it is asked for
    }, QUIET);
    return () => clearTimeout(timer);
  }, [isDone, next]);
  return state;
}

/**
 * The same instance as long as its charts, and those of its children, are the same: what is active changes often, and
 * needs no new layout.
 */
export function useShape(instance: ChartInstance): ChartInstance {
  const last = useRef(instance);
  if (!isSameShape(last.current, instance)) last.current = instance;
  return last.current;
}

function isSameShape(one: ChartInstance, other: ChartInstance): boolean {
  if (one.definition !== other.definition) return false;
  const [mine, theirs] = [one.children ?? {}, other.children ?? {}];
  const ids = Object.keys(mine);
  return (
    ids.length === Object.keys(theirs).length &&
    ids.every((id) => {
      const [a, b] = [mine[id], theirs[id]];
      return a !== undefined && b !== undefined && isSameShape(a, b);
    })
  );
}
