import { type AnyMachineSnapshot, type AnyStateMachine, type AnyStateNode, getStateNodes } from 'xstate';
import { isMachine } from './durable.ts';
import { logicOf } from './known.ts';
import type { Stored } from './types.ts';

/** What one machine of a stored tree is about. */
export interface MachineView {
  /** Ids from below the root. */
  path: readonly string[];
  context: unknown;
  /** Tags of its active states. */
  tags: string[];
  /** Types of the events that its active states take; XState's own and internal ones are left out. */
  events: string[];
}

/** Types that the innermost active state with a transition for them takes, other than only to refuse them. */
function eventsOf(nodes: readonly AnyStateNode[], isRefusal: (action: string) => boolean): string[] {
  const types = new Map<string, boolean>();
  const inner = [...nodes].sort((a, b) => b.path.length - a.path.length);
  for (const node of inner) {
    for (const [type, candidates] of node.transitions) {
      if (types.has(type)) continue;
      const [first] = candidates;
      const refuses =
        first !== undefined &&
        first.guard === undefined &&
        first.target === undefined &&
        first.actions.every((action) =>
          isRefusal(typeof action === 'string' ? action : ((action as { type?: string }).type ?? '')),
        );
      types.set(type, candidates.length > 0 && !refuses);
    }
  }
  return [...types].filter(([, taken]) => taken).map(([type]) => type);
}

interface Persisted {
  value?: AnyMachineSnapshot['value'];
  context?: unknown;
  children?: Record<string, { src: unknown; snapshot: Persisted }>;
}

/** Looks into a stored tree without waking it: each machine with its context and the events that it takes. */
export function inspect(
  machine: AnyStateMachine,
  stored: Pick<Stored, 'snapshot'>,
  isRefusal: (action: string) => boolean = () => false,
): MachineView[] {
  return [...views(machine, stored.snapshot as Persisted, isRefusal, [])];
}

function* views(
  machine: AnyStateMachine,
  { value, context, children = {} }: Persisted,
  isRefusal: (action: string) => boolean,
  path: readonly string[],
): Generator<MachineView> {
  if (value === undefined) return;
  const nodes = getStateNodes(machine.root, value);
  yield {
    path,
    context,
    tags: [...new Set(nodes.flatMap((node) => node.tags))],
    events: eventsOf(nodes, isRefusal).filter((type) => !type.startsWith('xstate.')),
  };
  for (const [id, child] of Object.entries(children)) {
    const logic = logicOf(machine, child.src);
    if (isMachine(logic)) yield* views(logic, child.snapshot, isRefusal, [...path, id]);
  }
}
