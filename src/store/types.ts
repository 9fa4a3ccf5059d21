import type { CodeStore } from '../code-store.ts';
import type { Instant, Stored, Timer } from '../core/index.ts';

/** A recovery as it is kept between two steps. */
export interface RecoveryRecord {
  id: string;
  accountId: string;
  deviceId: string;
  /** Whether it counts as the account's one live recovery. */
  live: boolean;
  /** `stuck`: the machine itself failed; the recovery is left as it was, for an operator to see. */
  status: 'active' | 'done' | 'stuck';
  /** Active state as a dotted path. */
  state: string;
  /** Counts committed changes, from 1. */
  version: number;
  machineVersion: string;
  policyVersion: string;
  snapshot: Stored['snapshot'];
  calls: Stored['calls'];
  createdAt: Instant;
  updatedAt: Instant;
}

/** A port call in the outbox. */
export interface RequestRecord {
  recoveryId: string;
  /** Unique within the recovery: `path/port/attempt`. */
  key: string;
  path: string;
  port: string;
  attempt: number;
  /** JSON, with secret fields sealed. */
  input: string;
  /** `sent` calls are answered to nobody: notices. */
  kind: 'awaited' | 'sent';
  tries: number;
  /** Not to be carried out before this instant. */
  notBefore: Instant;
}

/** What happened, for reviewers. It never holds a secret. */
export interface AuditEntry {
  at: Instant;
  kind: 'start' | 'event' | 'refused' | 'timer' | 'answer' | 'failure' | 'dropped' | 'notice' | 'stuck';
  data: Record<string, unknown>;
}

/** A place at which a trail is not what was written. */
export interface Tampering {
  recoveryId: string;
  /** Number of the entry. */
  seq: number;
  what: 'changed' | 'missing' | 'inserted' | 'cut off';
}

/** What outlives a recovery: attempts, wrong codes, emergency codes, observation. */
export interface LedgerEntry {
  kind: 'attempt' | 'wrongCode' | 'codeSent' | 'pathFailed' | 'manualReview' | 'emergencyCode' | 'observed';
  path: string | null;
  at: Instant;
  /** End of an observation, or of the wait after a failed path. */
  until: Instant | null;
}

/** All that one input led to. It is written whole or not at all. */
export interface Change {
  recovery: RecoveryRecord;
  /** Version that the change was made from; null for a new recovery. */
  from: number | null;
  /** All pending timers after the change. */
  timers: readonly Timer[];
  requests: readonly RequestRecord[];
  /** Keys of the calls that are still awaited: any other awaited call of the recovery leaves the outbox. */
  awaited: readonly string[];
  audit: readonly AuditEntry[];
  ledger: readonly LedgerEntry[];
}

/** What came of a commit: `stale` when someone else was first, `occupied` when the account has a live recovery. */
export type Committed = 'committed' | 'stale' | 'occupied';

export interface ListFilter {
  accountId?: string;
  status?: RecoveryRecord['status'];
  /** A state, or the beginning of one: `verifying.appeal`. */
  state?: string;
  limit?: number;
}

/** Where recoveries are kept. All methods are safe to call at once. */
export interface Store {
  /** One-time codes and tokens, as hashes: for the ports that send and check them. */
  readonly codes: CodeStore;
  /** Writes a change in one transaction. */
  commit(change: Change): Promise<Committed>;
  /** Adds to the audit trail, and takes calls from the outbox: for what changed no state, such as a refusal. */
  record(recoveryId: string, audit: readonly AuditEntry[], settled?: readonly string[]): Promise<void>;
  load(id: string): Promise<{ recovery: RecoveryRecord; timers: Timer[] } | undefined>;
  /** The account's live recovery. */
  live(accountId: string): Promise<RecoveryRecord | undefined>;
  list(filter: ListFilter): Promise<RecoveryRecord[]>;
  /** Recoveries that have a timer due at or before `now`, the earliest first. */
  due(now: Instant, limit: number): Promise<{ recoveryId: string; dueAt: Instant }[]>;
  /** The instant of the earliest pending timer. */
  nextDue(): Promise<Instant | undefined>;
  /** Calls to be carried out, oldest first. */
  pendingRequests(limit: number): Promise<RequestRecord[]>;
  /** Notes a try that failed; the call stays in the outbox. */
  postpone(recoveryId: string, key: string, tries: number, notBefore: Instant): Promise<void>;
  ledger(accountId: string): Promise<(LedgerEntry & { recoveryId: string })[]>;
  audit(recoveryId: string): Promise<(AuditEntry & { seq: number })[]>;
  /** Holds every audit trail against its hashes; empty when each is as it was written (R53). */
  tamperings(): Promise<Tampering[]>;
  close(): Promise<void>;
}
