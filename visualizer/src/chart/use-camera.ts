import { useReactFlow } from '@xyflow/react';
import { useEffect } from 'react';
import type { Layout } from './layout.ts';
import type { StateNodeType } from './state-node.tsx';

const wantsLittleMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
/** How the view moves. */
export const ease = () => ({ duration: wantsLittleMotion() ? 0 : 250 });

/** Shows all of a new chart; and, where it follows, the states that are active, whenever they change. */
export function useCamera(layout: Layout | undefined, nodes: readonly StateNodeType[], follows: boolean): void {
  const flow = useReactFlow();
  const isThere = layout !== undefined;
  const leaves = follows
    ? nodes.filter(({ data }) => data.active && data.box.children.length === 0).map(({ id }) => id)
    : [];
  const followed = leaves.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout says where they are now
  useEffect(() => {
    if (!isThere) return;
    if (followed === '') void flow.fitView({ padding: 0.05 });
    else void flow.fitView({ nodes: followed.split('\n').map((id) => ({ id })), padding: 0.6, maxZoom: 1, ...ease() });
  }, [flow, isThere, followed, followed === '' ? isThere : layout]);
}
