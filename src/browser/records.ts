import type { AnyEventObject } from 'xstate';
import type { Instant, Step, Stored, Timer } from '../core/index.ts';
import type { RequestRecord } from '../store/types.ts';

/** What came of an event. */
export type Sent =
  /** It is written; `version` counts what was written. */
  | { taken: true; version: number }
  /**
   * It changed nothing: no state takes it (`notAccepted`), or the machine emitted `refused`, whose fields are given. The log
   * holds it.
   */
  | { taken: false; code: string; reason?: string; field?: string; message?: string };

/** An actor as it is kept between two steps. */
export interface ActorRecord extends Stored {
  id: string;
  /** Actors that belong together, such as the recoveries of one account; empty where that means nothing. */
  group: string;
  /** Fingerprint of the machine that it goes on with. */
  machine: string;
  /** `stuck`: the machine itself failed; the actor is left as it was. */
  status: 'active' | 'done' | 'stuck';
  /** Counts committed changes, from 1. */
  version: number;
  /** Active states of the whole tree, each as a dotted path. */
  states: string[];
  timers: Timer[];
  calls: Record<string, number>;
  /** How many calls it made that nobody waits for. */
  sent: number;
  createdAt: Instant;
  updatedAt: Instant;
}

/** What happened, in order. It never holds a secret. */
export interface LogEntry {
  /** Instant as of which it was processed. */
  at: Instant;
  kind: 'start' | 'event' | 'refused' | 'timer' | 'answer' | 'failure' | 'dropped' | 'sent' | 'stuck' | 'migrated';
  data: Record<string, unknown>;
  /** What limits over several actors of a group are counted by. */
  ledger?: unknown[];
  /** Key of the event, under which a repeat has no further effect and gets the same answer. */
  key?: string;
  /** What was answered to the event. */
  answer?: Sent;
}

/** All that one input led to. It is written whole or not at all. */
export interface Change {
  actor: ActorRecord;
  /** Version that it was made from; null for a new actor. */
  from: number | null;
  calls: RequestRecord[];
  /** Keys of the calls that are still awaited: any other awaited call leaves the outbox. */
  awaited: readonly string[];
  log: LogEntry[];
}

/** What is particular to a kind of machine. */
export interface Rules {
  /** Whether an event may be delivered; what it gives is delivered, or the answer to the sender. */
  check?(event: AnyEventObject, by: unknown): AnyEventObject | Extract<Sent, { taken: false }>;
  /** Names of the fields of an event that the log must not hold. */
  secretsOf?(type: string): readonly string[];
  /** Calls that nobody waits for, made of what a step emitted. */
  sent?(step: Step): { port: string; input: unknown }[];
  ledger?(step: Step): unknown[];
  /** What a machine is told instead of what a port answered. */
  answer?(port: string, output: unknown): Promise<unknown>;
}
