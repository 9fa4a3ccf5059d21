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
  kind: 'start' | 'event' | 'refused' | 'timer' | 'answer' | 'failure' | 'dropped' | 'notice' | 'stuck' | 'migrated';
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

/** The answer that was given to a request with an idempotency key: a repeat gets it again (R45). */
export interface Receipt {
  /** Whose key it is: those of different senders never meet. */
  scope: string;
  key: string;
  recoveryId: string;
  /** Digest of what was asked: the same key with another content is refused. */
  digest: string;
  at: Instant;
  answer: unknown;
}

/** At most `most` in `span` ms. */
export interface Limit {
  /** What is counted: `account:a1`, `address:127.0.0.1`. */
  key: string;
  most: number;
  span: number;
}

/** What the store holds, in numbers. */
export interface Census {
  recoveries: { status: RecoveryRecord['status']; state: string; count: number }[];
  /** Calls in the outbox. */
  requests: number;
  timers: number;
  /** Timers that are due and not processed yet. */
  due: number;
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
  receipt?: Receipt;
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
  record(
    recoveryId: string,
    audit: readonly AuditEntry[],
    settled?: readonly string[],
    receipt?: Receipt,
  ): Promise<void>;
  receipt(scope: string, key: string): Promise<Receipt | undefined>;
  /** Forgets receipts that are older than an instant. @returns how many. */
  forgetReceipts(before: Instant): Promise<number>;
  /** Counts one more for each limit. @returns the instant from which all of them allow it; `now` or earlier when they do. */
  take(limits: readonly Limit[], now: Instant): Promise<Instant>;
  census(now: Instant): Promise<Census>;
  /** A setting that outlasts the process, such as a sandbox clock's; undefined when it was never set. */
  setting(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  load(id: string): Promise<{ recovery: RecoveryRecord; timers: Timer[] } | undefined>;
  /** The account's live recovery. */
  live(accountId: string): Promise<RecoveryRecord | undefined>;
  list(filter: ListFilter): Promise<RecoveryRecord[]>;
  /**
   * Recoveries that have a timer due at or before `now`, the earliest first.
   * @param except versions of the machine whose active recoveries are passed over.
   */
  due(now: Instant, limit: number, except?: readonly string[]): Promise<{ recoveryId: string; dueAt: Instant }[]>;
  /** The instant of the earliest pending timer; `except` as for `due`. */
  nextDue(except?: readonly string[]): Promise<Instant | undefined>;
  /** Calls to be carried out, oldest first; `except` as for `due`. */
  pendingRequests(limit: number, except?: readonly string[]): Promise<RequestRecord[]>;
  /** Notes a try that failed; the call stays in the outbox. */
  postpone(recoveryId: string, key: string, tries: number, notBefore: Instant): Promise<void>;
  /** Versions of the machine that have active recoveries. */
  activeVersions(): Promise<string[]>;
  /** Ids of the active recoveries of a version of the machine. */
  activeOf(machineVersion: string): Promise<string[]>;
  /**
   * Keeps the structure of a version of the machine, and gives the one that holds: while the version has active
   * recoveries, that which was kept first.
   */
  keepStructure(machineVersion: string, structure: string): Promise<string>;
  ledger(accountId: string): Promise<(LedgerEntry & { recoveryId: string })[]>;
  /** @param after the entries behind this number; all by default. */
  audit(recoveryId: string, after?: number): Promise<(AuditEntry & { seq: number })[]>;
  /** Holds every audit trail against its hashes; empty when each is as it was written (R53). */
  tamperings(): Promise<Tampering[]>;
  close(): Promise<void>;
}
