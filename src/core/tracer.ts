import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import type { Timer } from './types.ts';

type Without<Event, Key extends PropertyKey> = Event extends unknown ? Omit<Event, Key> : never;

/** One of XState's inspection events. */
export type Inspected = Without<InspectionEvent, 'rootId'>;

/** Looks on while the steps of one actor tree are taken, such as to count coverage. What a step leads to stays the same. */
export interface Tracer {
  /** The machine to take steps with: one that does the same and notes, for instance, what its guards say. */
  watch(machine: AnyStateMachine): AnyStateMachine;
  /** Told of each inspection event, in their order. */
  inspect(event: Inspected): void;
  /** A stored tree is together again, with the timers that are pending in it. */
  restored(root: AnyActorRef, timers: readonly Timer[]): void;
}
