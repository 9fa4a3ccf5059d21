import type { AnyEventObject } from 'xstate';

/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** An event that a machine has asked to receive later, as an absolute instant. */
export interface Timer {
  /** Unique among the timers of one tree: the scheduling actor's path, `#`, and XState's own id. */
  id: string;
  /** Path of the actor that scheduled it; the root's path is the empty string. */
  source: string;
  /** Path of the actor that will receive the event. */
  target: string;
  event: AnyEventObject;
  /** The instant at which it falls due. It never moves: a restart neither extends nor loses it. */
  dueAt: Instant;
}

/** A call to a port (a promise actor) that has to be carried out once the step is committed. */
export interface PortRequest {
  /** Idempotency key within the tree: `path/port/attempt`. The same call always has the same key. */
  key: string;
  /** Path of the machine that made the call; `''` is the root. */
  path: string;
  /** Name of the port: the `src` of the promise actor. */
  port: string;
  /** 1 for the first call of this port by this machine, 2 for the second, … */
  attempt: number;
  /** What the machine passes to the port. It is part of no snapshot. */
  input: unknown;
}

/** What has to be kept of an actor tree between two steps: plain JSON. */
export interface Stored {
  /** XState's persisted snapshot of the root with all its children. */
  snapshot: unknown;
  /** Pending timers, in the order in which they were scheduled. */
  timers: readonly Timer[];
  /** How often each port was called, by `path/port`. */
  calls: Readonly<Record<string, number>>;
}

/** The one thing that a step delivers. */
export type StepInput =
  | { type: 'start'; input?: unknown }
  | { type: 'event'; event: AnyEventObject }
  | { type: 'timer'; id: string }
  | { type: 'answer'; key: string; output: unknown }
  | { type: 'failure'; key: string; error: PortFailure };

/** Why a port call did not answer, as plain data. */
export interface PortFailure {
  name: string;
  message: string;
  code?: string;
}

/** An event that a machine emitted, with the path of the machine. */
export interface Emitted {
  path: string;
  event: AnyEventObject;
}

/** What one step leads to: everything that the host has to write, in one transaction. */
export interface Step extends Stored {
  /** The instant as of which the input was processed. */
  at: Instant;
  /** Calls made by this step, to be carried out after the commit. */
  requests: PortRequest[];
  /** Ids of the timers that limit these calls: the `after` of the states that make them. */
  callTimeouts: string[];
  /** Keys of all calls that are still awaited, including those of earlier steps. */
  awaited: string[];
  /** What the machines emitted, in order. */
  emitted: Emitted[];
  /**
   * Whether the input was taken: for an event, whether some machine had a transition for it; for a timer or
   * an answer, whether something still waited for it.
   */
  accepted: boolean;
  status: 'active' | 'done';
  /** Active states of the whole tree, each as a dotted path (see `activeStates`). */
  states: string[];
  /** Tags of the active states of the whole tree. */
  tags: string[];
  /** Output of the root, once it is done. */
  output?: unknown;
}
