import type { CodeStore } from '../code-store.ts';
import type { Instant, Stored, Timer } from '../core/index.ts';

/** A recovery as it is kept between two steps. */
export interface RecoveryRecord {
  id: string;
  /** Empty, as is the device, once the personal data were erased. */
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
  /** Instant at which the recovery asked for it: the same at every try. */
  at: Instant;
  /** `sent` calls are answered to nobody: notices. */
  kind: 'awaited' | 'sent';
  tries: number;
  /** Not to be carried out before this instant. */
  notBefore: Instant;
}

/** What happened, for reviewers. It never holds a secret. */
export interface AuditEntry {
  at: Instant;
  kind:
    | 'start'
    | 'event'
    | 'refused'
    | 'timer'
    | 'answer'
    | 'failure'
    | 'dropped'
    | 'notice'
    | 'stuck'
    | 'migrated'
    | 'erased';
  /** `{ erased: true }` once they were erased; a later entry of the kind `erased` says when and why. */
  data: Record<string, unknown>;
}

/** A place at which a trail is not what was written. */
export interface Tampering {
  recoveryId: string;
  /** Number of the entry. */
  seq: number;
  /** Against a checkpoint besides: `removed` is a whole trail, `replaced` one that was computed anew up to this entry. */
  what: 'changed' | 'missing' | 'inserted' | 'cut off' | 'removed' | 'replaced';
}

/** The last entry of a trail. Kept elsewhere, it shows what was done to the trail since (R53). */
export interface TrailHead {
  recoveryId: string;
  seq: number;
  hash: string;
  /** Instant of the entry, in ms. */
  at: Instant;
}

/** A store, to be looked at only. */
export interface StoreReader {
  load(id: string): Promise<{ recovery: RecoveryRecord; timers: Timer[] } | undefined>;
  /** @param after the entries behind this number; all by default. */
  audit(recoveryId: string, after?: number): Promise<(AuditEntry & { seq: number })[]>;
  /** Calls of a recovery that are in the outbox. */
  requestsOf(recoveryId: string): Promise<RequestRecord[]>;
  /**
   * Holds every audit trail against its hashes; empty when each is as it was written (R53).
   * @param since heads that the trails had earlier: what was cut off, removed or replaced since is found too.
   */
  tamperings(since?: readonly TrailHead[]): Promise<Tampering[]>;
  /** The last entry of every trail, by recovery. */
  trailHeads(): Promise<TrailHead[]>;
  close(): Promise<void>;
}

/** What outlives a recovery: attempts, wrong codes, emergency codes, observation. */
export interface LedgerEntry {
  kind: 'attempt' | 'wrongCode' | 'codeSent' | 'pathFailed' | 'manualReview' | 'emergencyCode' | 'observed';
  path: string | null;
  at: Instant;
  /** End of an observation, or of the wait after a failed path. */
  until: Instant | null;
}

/**
 * What is erased together (R55): references to evidence; all that is personal; what the ledger keeps for limits that hold
 * over recoveries, where these need it for longer.
 */
export type RetentionClass = 'evidence' | 'personalData' | 'ledger';

/** The date of an erasure: an absolute instant (ms), whatever restarts come before it. */
export interface ErasureDate {
  class: RetentionClass;
  dueAt: Instant;
}

/** What a change erases; the place of the date is taken with it, so that it is done once. */
export interface Erasure {
  class: RetentionClass;
  /** Numbers of the audit entries whose data and salts go. */
  entries: readonly number[];
  /** Whether the recovery's rows in the ledger go. */
  ledger: boolean;
  /** Takes all calls of the recovery from the outbox but those of this port, and all receipts of answers. */
  onlyPort?: string;
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
  /** Dates of erasures, given with the change that ends the recovery; they take the place of earlier ones of their class. */
  retention?: readonly ErasureDate[];
  erasure?: Erasure;
  receipt?: Receipt;
}

/** What came of a commit: `stale` when someone else was first, `occupied` when the account has a live recovery. */
export type Committed = 'committed' | 'stale' | 'occupied';

export interface ListFilter {
  accountId?: string;
  status?: RecoveryRecord['status'];
  /** A state, or the beginning of one: `verifying.appeal`. */
  state?: string;
  /** Part of a state's name, whatever its case; or the whole id of a recovery or of an account. */
  search?: string;
  /** Only those with something that was due at or before this instant and is not processed yet. */
  dueBy?: Instant;
  /** By default the oldest come first. */
  newestFirst?: boolean;
  /** Id of a recovery: only those behind it, in the order that is asked for. None where there is no such recovery. */
  after?: string;
  limit?: number;
}

/** A change that was committed. */
export interface Changed {
  recoveryId: string;
  version: number;
  state: string;
  status: RecoveryRecord['status'];
  at: Instant;
}

export type CallId = Pick<RequestRecord, 'recoveryId' | 'key'>;

/**
 * What several hosts on one store have in common, each with a `Store` of its own. Timers that are due, and calls in the outbox, are
 * taken for a while by whoever asks first (`due`, `pendingRequests`), new calls by whoever commits them. A host that stops for
 * longer loses them to another: the same call may then be made twice, under one key, and is answered once.
 */
export interface Shared {
  /** How long that while is, in ms. */
  readonly lease: number;
  /** The database's time, which all hosts go by, whatever the clocks of their machines say. */
  now(): Instant;
  /** Takes calls that nobody has, oldest first; `except` as for `due`. */
  take(limit: number, except?: readonly string[]): Promise<RequestRecord[]>;
  /** Keeps calls for another while. @returns those that are still this host's. */
  keep(calls: readonly CallId[]): Promise<CallId[]>;
  /** Gives back all that this host has taken. */
  release(): Promise<void>;
  /** Tells the other hosts of a change: soon, but not for certain. */
  tell(changed: Changed): void;
  /** Calls back for what other hosts tell, until the store is closed. */
  listen(heard: (changed: Changed) => void): void;
}

/** Where recoveries are kept. All methods are safe to call at once. */
export interface Store extends StoreReader {
  /** There where several hosts may have the store open at once. */
  readonly shared?: Shared;
  /** One-time codes and tokens, as hashes: for the ports that send and check them. */
  readonly codes: CodeStore;
  /** Writes a change in one transaction. */
  commit(change: Change): Promise<Committed>;
  /**
   * Adds to the audit trail, and takes calls from the outbox: for what changed no state, such as a refusal.
   * @returns false when the receipt's key was used meanwhile, or somebody else took the calls; then nothing was written.
   */
  record(
    recoveryId: string,
    audit: readonly AuditEntry[],
    settled?: readonly string[],
    receipt?: Receipt,
  ): Promise<boolean>;
  receipt(scope: string, key: string): Promise<Receipt | undefined>;
  /** Forgets receipts that are older than an instant. @returns how many. */
  forgetReceipts(before: Instant): Promise<number>;
  /** Counts one more for each limit, or for none where one is reached. @returns `now`, or the instant from which that one allows it. */
  take(limits: readonly Limit[], now: Instant): Promise<Instant>;
  census(now: Instant): Promise<Census>;
  /** A setting that outlasts the process, such as a sandbox clock's; undefined when it was never set. */
  setting(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  /** The account's live recovery. */
  live(accountId: string): Promise<RecoveryRecord | undefined>;
  list(filter: ListFilter): Promise<RecoveryRecord[]>;
  /**
   * Recoveries that have a timer due at or before `now`, the earliest first.
   * @param except versions of the machine whose active recoveries are passed over.
   */
  due(now: Instant, limit: number, except?: readonly string[]): Promise<{ recoveryId: string; dueAt: Instant }[]>;
  /** The earliest pending timer of each of these recoveries that has one. */
  nextDueOf(recoveryIds: readonly string[]): Promise<Map<string, Instant>>;
  /** The instant of the earliest pending timer; `except` as for `due`. */
  nextDue(except?: readonly string[]): Promise<Instant | undefined>;
  /** Calls to be carried out, oldest first; `except` as for `due`. */
  pendingRequests(limit: number, except?: readonly string[]): Promise<RequestRecord[]>;
  /** Notes a try that failed; the call stays in the outbox. @returns whether it is there still. */
  postpone(recoveryId: string, key: string, tries: number, notBefore: Instant): Promise<boolean>;
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
  /** What the ledger holds of one recovery. */
  ledgerOf(recoveryId: string): Promise<LedgerEntry[]>;
  /** Erasures due at or before `now` of recoveries that have ended, the earliest first, evidence before all else. */
  dueErasures(now: Instant, limit: number): Promise<(ErasureDate & { recoveryId: string })[]>;
  /** The instant of the earliest erasure of a recovery that has ended. */
  nextErasure(): Promise<Instant | undefined>;
  /**
   * Overwrites what was erased wherever the database may still hold it beside its tables.
   * @returns false when a reader is in the way: to be tried again.
   */
  purge(): Promise<boolean>;
}
