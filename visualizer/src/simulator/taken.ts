import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { Tracer } from '../../../src/core/index.ts';
import { pathOf } from '../../../src/core/tree.ts';

/** Ids of transitions, as charts name them, by the path of the actor that took them. */
export type Taken = ReadonlyMap<string, ReadonlySet<string>>;

interface Transition {
  source?: {
    id: string;
    transitions: ReadonlyMap<string, readonly unknown[]>;
    always?: readonly unknown[];
  };
  eventType?: string | null;
}

/** Id of a transition as charts name it: `state type index`; undefined for the one into the first state. */
function transitionId(transition: Transition): string | undefined {
  const { source, eventType } = transition;
  if (!source || eventType === undefined || eventType === null) return undefined;
  const candidates = eventType === '' ? source.always : source.transitions.get(eventType);
  const index = candidates?.indexOf(transition) ?? -1;
  return index < 0 ? undefined : `${source.id} ${eventType === '' ? 'always' : eventType} ${index}`;
}

/** Adds the transitions of one microstep to those that an actor has taken. */
export function noteTaken(taken: Map<string, Set<string>>, actor: AnyActorRef, transitions: readonly unknown[]): void {
  const path = pathOf(actor);
  const ids = taken.get(path) ?? new Set<string>();
  for (const transition of transitions) {
    const id = transitionId(transition as Transition);
    if (id !== undefined) ids.add(id);
  }
  if (ids.size > 0) taken.set(path, ids);
}

/** Looks on while steps are taken, and notes the transitions. */
export class TakenTracer implements Tracer {
  readonly taken = new Map<string, Set<string>>();

  watch(machine: AnyStateMachine): AnyStateMachine {
    return machine;
  }

  inspect(event: Parameters<Tracer['inspect']>[0]): void {
    if (event.type === '@xstate.microstep') noteTaken(this.taken, event.actorRef as AnyActorRef, event._transitions);
  }

  /** What restores a tree is no news. */
  restored(): void {
    this.taken.clear();
  }
}
