import type { AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate';
import type { Instant, Stored } from '../core/index.ts';
import type { Clock } from '../host/clock.ts';
import type { Readable } from './listeners.ts';
import type { TabPorts } from './ports.ts';
import type { ActorRecord, LogEntry, Sent } from './records.ts';

export interface OpenOptions<M extends AnyStateMachine> {
  /** Under which it is kept in this origin: the same id is the same actor, in every tab and on every visit. */
  id: string;
  /** What the machine is started with, on the first visit. */
  input?: InputFrom<M>;
  /** Carries out the machine's promise actors, by name; see `fetchPorts`. */
  ports?: TabPorts;
  /**
   * Names of fields, of events and of what ports are given, that are never stored. A call that has one fails when the page
   * that had it was closed before the answer.
   */
  secrets?: readonly string[];
  /** Name of the IndexedDB: `regain`. */
  database?: string;
  clock?: Clock;
  /** Makes what began with another chart into what this machine goes on with; without it such an actor is refused. */
  migrate?: (stored: Stored) => Stored;
  /** Pause before a call is tried again, in ms, by the number of tries made; doubles from one second by default. */
  retryDelay?: (tries: number) => number;
  /** Told of what went wrong beside any caller: a full disk, a machine that failed. */
  onError?: (error: unknown) => void;
}

/** What is known of an actor beside its state. */
export interface TabInfo {
  /** The host does the work; the others are told, and send through it. */
  role: 'host' | 'follower';
  status: ActorRecord['status'];
  /** Counts committed changes. */
  version: number;
  /** Active states of the whole tree, each as a dotted path. */
  states: readonly string[];
  /** What falls due by itself, the earliest first; `dueAt` in ms. */
  deadlines: readonly { type: string; source: string; dueAt: Instant }[];
  updatedAt: Instant;
  /** Why this tab cannot go on with the actor, such as a chart that changed; undefined while it can. */
  error?: Error;
}

/**
 * A machine that lasts, as one tab sees it. It reads like an XState actor: `useSelector(actor, …)` of `@xstate/react` takes it,
 * and so does React's `useSyncExternalStore(actor.subscribe, actor.getSnapshot)`.
 */
export interface TabActor<M extends AnyStateMachine> extends Readable<SnapshotFrom<M>> {
  readonly id: string;
  /** The machine's own snapshot: `value`, `context`, `matches`, `can`, `hasTag`, `children`. Nothing in it is running. */
  getSnapshot: () => SnapshotFrom<M>;
  /** The same beside the state: who hosts, what falls due. */
  readonly info: Readable<TabInfo>;
  /**
   * Delivers an event, after all timers that are due by now. It is written, whichever tab hosts, when the promise resolves;
   * a tab that takes over meanwhile is sent it again, and it has its effect once.
   * @throws StepError when the machine fails; then nothing has changed. TabError when this tab cannot go on.
   */
  send: (event: EventFromLogic<M>) => Promise<Sent>;
  /** What happened so far, in order. */
  log(): Promise<LogEntry[]>;
  /** Resolves when nothing is under way in this tab but what waits for time to pass. For tests and virtual time. */
  idle(): Promise<void>;
  /** Leaves the actor to other tabs and later visits. */
  close(): Promise<void>;
}
