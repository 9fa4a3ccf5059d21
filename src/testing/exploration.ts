import type { AnyEventObject } from 'xstate';
import type { Emitted, Instant, PortRequest, Step, Stored, Timer, Tracer } from '../core/index.ts';

/** What an exploration is given and what it finds. */

/** One thing that a port may do. That it hangs need not be said: it is explored by not answering. */
export type Outcome = { answer: unknown } | { throws: string };

/** What is known in a state when the inputs to try are asked for. */
export interface View extends Step {
  /** The instant at which the state is looked at, in ms. */
  at: Instant;
}

/** The same in every state, or by state. */
export type Given<T> = readonly T[] | ((view: View) => readonly T[]);

export interface ExploreOptions {
  /** Input of the machine. */
  input?: unknown;
  /** Events to try: in every state, or by state. An event that a state does not take is tried, too. */
  events?: Given<AnyEventObject>;
  /** What each port may do, by its name (the `src` of the promise actor). */
  ports?: Readonly<Record<string, Given<Outcome>>>;
  /**
   * The instant at which the exploration begins, in ms; by default 2026-01-01T00:00:00Z. Every number in a snapshot that is
   * as large or larger is taken for an instant.
   */
  at?: Instant;
  /** What a host adds to an event before it delivers it, such as the instant. By default nothing. */
  stamp?(event: AnyEventObject, at: Instant): AnyEventObject;
  /** Whether an emitted event says that what came was refused. By default none does. */
  isRefusal?(event: AnyEventObject): boolean;
  /** Which inputs are tried in a state; by default all. */
  filter?(view: View, input: Input): boolean;
  /** States from which the exploration does not go on. */
  stopWhen?(view: View): boolean;
  /**
   * How time tells states apart. `exact`: by every span until an instant, to the millisecond. `ordered`: by the order of the
   * timers that are pending, whether the next one is at most 1 ms away, and whether other instants are past; of
   * states that differ in spans alone the first that is met stands for all. By default `exact`.
   */
  clocks?: 'exact' | 'ordered';
  /**
   * Timers, as the ends of their ids, that may fall due at any moment: their spans are not kept. For deadlines that a loop
   * of shorter ones would take for ever to reach.
   */
  anytime?: readonly string[];
  /** `justBefore`: also looks at each state 1 ms before its next timer. By default `none`. */
  waits?: 'none' | 'justBefore';
  /** The part of a snapshot that tells states apart: leaves histories out, caps counters. By default all of it. */
  project?(snapshot: Persisted, at: Instant): unknown;
  /** Bounds: states (by default 100 000), time in ms (by default 60 000), inputs from the start (by default none). */
  maxStates?: number;
  maxMs?: number;
  maxDepth?: number;
  onProgress?(progress: Progress): void;
}

/** A persisted snapshot of XState, as far as it is looked into. */
export interface Persisted {
  status?: string;
  value?: unknown;
  context?: unknown;
  /** Of a port call. */
  key?: string;
  children?: Record<string, { snapshot: Persisted }>;
}

export interface Progress {
  states: number;
  transitions: number;
  /** States that were met and not yet looked at. */
  waiting: number;
  depth: number;
  elapsedMs: number;
}

/** One input, told so that it can be given again: calls by the path of the actor that waits, timers by their id. */
export type Input =
  | { type: 'event'; event: AnyEventObject }
  /** `key`: of the request, where more than one of a port may be under way. */
  | { type: 'answer'; call: string; port: string; key?: string; answer: unknown }
  | { type: 'failure'; call: string; port: string; key?: string; throws: string }
  | { type: 'timer'; id: string; anytime?: true }
  | { type: 'wait'; ms: number };

export interface State {
  /** Number of the state, from 0, in the order in which states were met: never farther from the start than a later one. */
  index: number;
  /** Inputs from the start. */
  depth: number;
  at: Instant;
  /** The state as it was first met. */
  step: Step;
  /** The transition by which it was first met; none for the start. */
  via?: Transition;
  /** Whether every input was tried; false at a bound and where `stopWhen` holds. */
  expanded: boolean;
  /** What a restart (JSON and back) would change; undefined when nothing. */
  restart?: string;
}

export interface Transition {
  from: State;
  /** The state that it leads to, as that was first met. */
  to: State;
  input: Input;
  /** The instant at which the input was processed. */
  at: Instant;
  /** `refused`: a machine took it to say no. `dropped`: nothing took it. `failed`: the machine threw. */
  result: 'taken' | 'refused' | 'dropped' | 'failed';
  /** Whether anything that is stored changed. */
  changed: boolean;
  emitted: readonly Emitted[];
  requests: readonly PortRequest[];
  /** What the machine threw. */
  error?: string;
}

export interface Exploration {
  /** In order of their distance from the start. */
  states: readonly State[];
  transitions: readonly Transition[];
  /** Whether everything was tried in every state but those of `stopWhen`. */
  closed: boolean;
  /** Which bound ended it. */
  stoppedBy?: 'maxStates' | 'maxMs' | 'maxDepth';
  elapsedMs: number;
  /** Inputs from the start to the farthest state. */
  depth: number;
  /** The shortest way to a state. */
  pathTo(state: State): Transition[];
  /** What exactly a transition led to; it is computed anew. A tracer looks on. */
  after(transition: Transition, tracer?: Tracer): Step;
  /** Gives inputs from the start, one after the other; a tracer looks on. @throws Error when one cannot be given. */
  replay(inputs: readonly Input[], tracer?: Tracer): { input: Input | undefined; step: Step }[];
}

/** Context of one machine of a tree. @param path ids from below the root, joined by `/`; by default the root. */
export function contextOf<C>({ snapshot }: Pick<Stored, 'snapshot'>, path = ''): C | undefined {
  let machine = snapshot as Persisted | undefined;
  for (const id of path === '' ? [] : path.split('/')) machine = machine?.children?.[id]?.snapshot;
  return machine?.context as C | undefined;
}

/** A timer's id without the numbers that tell apart what has no name of its own. */
export const timerName = ({ id }: Pick<Timer, 'id'>) => id.replace(/(~|x:)\d+$/, '$1');
