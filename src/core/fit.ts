import { type AnyActorRef, type AnyMachineSnapshot, isMachineSnapshot } from 'xstate';
import { DurabilityError } from './errors.ts';
import { find, pathOf } from './tree.ts';
import type { Stored, Timer } from './types.ts';

// Whether what is stored fits the machine that is to go on with it.

interface Persisted {
  status?: string;
  /** Of a port call: see durable.ts. */
  key?: string;
  children?: Record<string, { snapshot: Persisted }>;
}

/** XState takes a child that it cannot restore for one that failed, and its parent might handle that. */
export function refuseUnfit(actor: AnyActorRef, persisted: unknown): void {
  const { status, error, children } = actor.getSnapshot() as AnyMachineSnapshot;
  const before = persisted as Persisted;
  if (status === 'error' && before.status !== 'error') {
    const message = error instanceof Error ? error.message : String(error);
    throw new DurabilityError(
      'unfitSnapshot',
      `what is stored of ${pathOf(actor) || 'the root'} does not fit its machine: ${message}`,
    );
  }
  for (const [id, child] of Object.entries(before.children ?? {})) {
    const ref = children?.[id] as AnyActorRef | undefined;
    if (ref) refuseUnfit(ref, child.snapshot);
  }
}

/** A timer that nobody would hear is a deadline lost. */
export function refuseUnfitTimers(root: AnyActorRef, timers: readonly Timer[]): void {
  for (const { id, source, target, event } of timers) {
    const snapshot: unknown = find(root, target)?.getSnapshot();
    const nodes = isMachineSnapshot(snapshot) ? snapshot._nodes : [];
    const isHeard = !event.type.startsWith('xstate.after.') || nodes.some((node) => node.transitions.has(event.type));
    if (find(root, source) && snapshot && isHeard) continue;
    throw new DurabilityError('unfitSnapshot', `timer '${id}' (${event.type}) is stored, but no active state takes it`);
  }
}

/** Keys of the port calls that a stored tree waits for, whatever its machine. */
export function awaitedIn({ snapshot }: Pick<Stored, 'snapshot'>): string[] {
  const { key, status, children } = snapshot as Persisted;
  if (typeof key === 'string' && status === 'active') return [key];
  return Object.values(children ?? {}).flatMap((child) => awaitedIn(child));
}
