import { type AnyMachineSnapshot, type AnyStateMachine, createActor, type Snapshot } from 'xstate';
import { durable } from './durable.ts';
import { machinesOf } from './states.ts';
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
function eventsOf(snapshot: AnyMachineSnapshot, isRefusal: (action: string) => boolean): string[] {
  const types = new Map<string, boolean>();
  const inner = [...snapshot._nodes].sort((a, b) => b.path.length - a.path.length);
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

/** Looks into a stored tree without waking it: each machine with its context and the events that it takes. */
export function inspect(
  machine: AnyStateMachine,
  stored: Pick<Stored, 'snapshot'>,
  isRefusal: (action: string) => boolean = () => false,
): MachineView[] {
  const actor = createActor(durable(machine), {
    snapshot: structuredClone(stored.snapshot) as Snapshot<unknown>,
    logger: () => {},
  });
  return [...machinesOf(actor)].map(({ path, snapshot }) => ({
    path,
    context: snapshot.context,
    tags: [...snapshot.tags] as string[],
    events: eventsOf(snapshot, isRefusal).filter((type) => !type.startsWith('xstate.')),
  }));
}
