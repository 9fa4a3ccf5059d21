import { useStoreApi } from '@xyflow/react';
import { type FocusEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react';

const FRAMES = 120;

/**
 * Keeps the focus on a state: one that is out of sight, as while the view moves, is not drawn, and would lose it for good.
 * @returns what the canvas listens with, and a way to give a state the focus as soon as it is drawn.
 */
export function useKeptFocus() {
  const store = useStoreApi();
  const kept = useRef<string>(undefined);
  const isWaiting = useRef(false);
  const focus = useMemo(() => {
    const look = (frames: number) => {
      const node = kept.current === undefined ? undefined : nodeOf(kept.current);
      if (node) node.focus({ preventScroll: true });
      isWaiting.current = !node && kept.current !== undefined && frames > 0;
      if (isWaiting.current) requestAnimationFrame(() => look(frames - 1));
    };
    return {
      focusOn: (id: string) => {
        kept.current = id;
        if (!isWaiting.current) look(FRAMES);
      },
      onFocus: ({ target }: FocusEvent) => {
        kept.current = idOf(target);
      },
      /** Of what is taken out of the document nothing else gets the focus. */
      onBlur: ({ relatedTarget }: FocusEvent) => {
        if (relatedTarget) kept.current = idOf(relatedTarget);
      },
      onPointerDown: ({ target }: PointerEvent) => {
        kept.current = idOf(target);
      },
    };
  }, []);
  useEffect(
    () =>
      store.subscribe(() => {
        if (kept.current !== undefined && document.activeElement === document.body) focus.focusOn(kept.current);
      }),
    [store, focus],
  );
  return focus;
}

const nodeOf = (id: string) => document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
const idOf = (target: EventTarget) =>
  target instanceof HTMLElement ? target.closest<HTMLElement>('.react-flow__node')?.dataset.id : undefined;
