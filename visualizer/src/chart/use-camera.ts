import { useReactFlow } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import type { Layout } from './layout.ts';
import type { StateNodeType } from './state-node.tsx';
import { ALL, type Folding } from './use-folding.ts';

const wantsLittleMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
/** How the view moves. */
export const ease = () => ({ duration: wantsLittleMotion() ? 0 : 250 });

const AROUND = 0.06; // of the view
const CLOSE = { padding: 0.6, maxZoom: 1 };

/**
 * Shows all of a new chart, what was just unfolded, and, where it follows, the states that are active, whenever they
 * change; else the view stays where the reader has moved it.
 */
export function useCamera(
  layout: Layout | undefined,
  nodes: readonly StateNodeType[],
  folded: Folding['last'],
  follows: boolean,
): void {
  const flow = useReactFlow();
  const done = useRef<{ layout?: Layout; folded?: Folding['last']; followed: string }>({ followed: '' });
  const followed = follows ? activeLeaves(nodes).join('\n') : '';
  useEffect(() => {
    if (!layout) return;
    const before = done.current;
    const isNew = before.layout !== layout;
    done.current = { layout, folded: isNew ? folded : before.folded, followed }; // the layout comes after the fold
    const show = (ids: string[], options: object) =>
      void flow.fitView({ nodes: ids.map((id) => ({ id })), ...options, ...ease() });
    if (followed !== '' && (isNew || before.followed !== followed)) show(followed.split('\n'), CLOSE);
    else if (before.layout === undefined) void flow.fitView({ padding: AROUND });
    else if (isNew && folded && before.folded !== folded) {
      if (folded.box === ALL) void flow.fitView({ padding: AROUND, ...ease() });
      else show([folded.box], { padding: AROUND, maxZoom: 1 });
    }
  }, [flow, layout, folded, followed]);
}

const activeLeaves = (nodes: readonly StateNodeType[]) =>
  nodes.filter(({ data }) => data.active && data.box.children.length === 0).map(({ id }) => id);
