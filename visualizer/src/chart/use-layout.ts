import { useEffect, useRef, useState } from 'react';
import { type Layout, type LayoutEngine, layoutOf } from './layout.ts';
import type { ChartInstance, Scene } from './scene.ts';
import { createEngine } from './screen.ts';

let engine: LayoutEngine | undefined;

export interface LayoutState {
  layout?: Layout;
  busy: boolean;
  error?: unknown;
}

/** The layout of a scene; while a new one is made the last one stays. */
export function useLayout(scene: Scene): LayoutState {
  const [state, setState] = useState<LayoutState>({ busy: true });
  useEffect(() => {
    let current = true;
    setState(({ layout }) => ({ busy: true, ...(layout ? { layout } : {}) }));
    engine ??= createEngine();
    layoutOf(scene, engine).then(
      (layout) => current && setState({ layout, busy: false }),
      (error: unknown) => current && setState({ busy: false, error }),
    );
    return () => {
      current = false;
    };
  }, [scene]);
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
