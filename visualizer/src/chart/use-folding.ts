import { useMemo, useState } from 'react';
import { instancesOf } from './instances.ts';
import { type Box, boxId, type ChartInstance } from './scene.ts';

export interface Folding {
  unfolded: ReadonlySet<string>;
  collapsed: ReadonlySet<string>;
  /** The box that was folded or unfolded last, or `all`; another object each time. */
  last: { box: string } | undefined;
  onFold(box: Box): void;
  onCollapse(box: Box): void;
  /** Unfolds or folds all of these, whatever was chosen before. */
  setAll(boxes: readonly string[], isOpen: boolean): void;
}

export const ALL = ' all';

/** What is unfolded and collapsed: children that run are unfolded of themselves until the reader folds them. */
export function useFolding(instance: ChartInstance): Folding {
  const [byHand, setByHand] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<Folding['last']>();
  const running = runningIn(instance).join('\n');
  const unfolded = useMemo(() => {
    const set = new Set(running === '' ? [] : running.split('\n'));
    for (const [id, isOpen] of byHand) {
      if (isOpen) set.add(id);
      else set.delete(id);
    }
    return set;
  }, [running, byHand]);
  return useMemo(
    () => ({
      unfolded,
      collapsed,
      last,
      onFold: ({ id, unfolded: isOpen }) => {
        setByHand((so) => new Map(so).set(id, !isOpen));
        setLast({ box: id });
      },
      onCollapse: ({ id, collapsed: isClosed }) => {
        setCollapsed((so) => new Set(isClosed ? [...so].filter((each) => each !== id) : [...so, id]));
        setLast({ box: id });
      },
      setAll: (boxes, isOpen) => {
        setByHand(new Map(boxes.map((id) => [id, isOpen])));
        setLast({ box: ALL });
      },
    }),
    [unfolded, collapsed, last],
  );
}

/** What folds or unfolds a box; nothing where there is nothing in it to hide. */
export function toggleOf({ unfoldable, node }: Box, { onFold, onCollapse }: Pick<Folding, 'onFold' | 'onCollapse'>) {
  if (unfoldable) return onFold;
  return node.children.length > 0 && node.path.length > 0 ? onCollapse : undefined;
}

/** Boxes that invoke a machine which is active now. */
function runningIn(instance: ChartInstance): string[] {
  const instances = instancesOf(instance);
  return [...instances].flatMap(([prefix, { definition, active }]) => {
    const hosts: string[] = [];
    const visit = (node: typeof definition.root) => {
      const runs = node.invokes.some(({ id }) => (instances.get(`${prefix}${id}/`)?.active?.size ?? 0) > 0);
      if (runs && active?.has(node.id)) hosts.push(boxId(prefix, node.id));
      node.children.forEach(visit);
    };
    visit(definition.root);
    return hosts;
  });
}
