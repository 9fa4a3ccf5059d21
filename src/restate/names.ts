import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  ServiceDefinition,
  VirtualObjectDefinition,
} from '@restatedev/restate-sdk';
import type { CodeSlot } from '../code-store.ts';
import type { Instant, Timer } from '../core/index.ts';
import type { Answer, StartAnswer } from '../host/answer.ts';
import type { ChainedEntry, ChainHead } from '../store/audit-chain.ts';
import type { AuditEntry, LedgerEntry, Limit, RecoveryRecord, RequestRecord } from '../store/types.ts';

// What regain runs on Restate, by name. The key of every object begins with the namespace of its host: see `keyIn`.

/** A record as ciphertext: it can be opened by hosts with the same sealing key, for what it was sealed for. */
export interface Sealed {
  sealed: string;
}

/** A recovery as it is kept between two inputs. */
export interface Stand {
  recovery: RecoveryRecord;
  timers: Timer[];
}

/** What a recovery gives to its account's object. */
export interface ForAccount {
  recoveryId: string;
  live: boolean;
  ledger: LedgerEntry[];
  /** The recovery's rows are erased. */
  forget: boolean;
}

/** A call to a port, without what it is about: that stays with the recovery. */
export interface CallOrder {
  /** Key of the recovery's object. */
  recovery: string;
  /** Of the call, within the recovery. */
  key: string;
  tries: number;
  /** The host that ordered it. */
  host: string;
}

/** What came of a call, for its recovery. */
export interface CallResult extends Sealed, Pick<RequestRecord, 'key' | 'port' | 'kind' | 'tries'> {}

/** What came of an event: the answer, as it is kept under an idempotency key. */
export type EventAnswer = { answer: Answer } | { no: 'unknown' | 'keyReused' };

/** What came of a start. */
export type StartResult = { answer: StartAnswer } | { no: 'keyReused' };

/** Who waits for the answer. */
export interface Asked {
  /** Id of the host that does; none where the message was sent within Restate. */
  by?: string;
}

type Exclusive<I, O = void> = (ctx: ObjectContext, input: I) => Promise<O>;
type Shared<I, O> = (ctx: ObjectSharedContext, input: I) => Promise<O>;

type Turn<I, O = void> = Exclusive<I & Asked, O>;

/** One recovery. */
export interface RecoveryHandlers {
  begin: Turn<Sealed & { at: Instant; receipt?: string }, Pick<ForAccount, 'live' | 'ledger'>>;
  event: Turn<Sealed, EventAnswer>;
  /** A start that found this recovery under way. */
  joined: Turn<{ entry?: AuditEntry; receipt?: string; token: string }>;
  answered: Turn<CallResult>;
  /** Processes what is due. `at` is the instant for which it was asked to. */
  due: Turn<{ at?: Instant }>;
  /** Processes what is due, and gives the call, unless nobody waits for it any more. */
  wanted: Turn<{ key: string }, RequestRecord | null>;
  /** Processes what is due, and gives the calls that are to be made now. */
  underWay: Turn<{ as?: never }, RequestRecord[]>;
  /** Waits for its turn: what came before is written then. */
  turn: Exclusive<{ as?: never }>;
  stand: Shared<{ as?: never }, Stand | null>;
  /** Null where there is no recovery. */
  trail: Shared<{ after: number }, (AuditEntry & { seq: number })[] | null>;
  chain: Shared<{ as?: never }, { head: ChainHead; entries: ChainedEntry[] }>;
  outbox: Shared<{ as?: never }, RequestRecord[]>;
  hasReceipt: Shared<{ receipt: string }, boolean>;
}

/** One account: its live recovery, and what outlives a recovery. */
export interface AccountHandlers {
  start: Exclusive<Sealed & { receipt?: string }, StartAnswer>;
  record: Exclusive<ForAccount>;
  ledger: Shared<{ as?: never }, (LedgerEntry & { recoveryId: string })[]>;
}

/** One idempotency key of starts. */
export interface StartHandlers {
  start: Exclusive<Sealed & { account: string; digest: string }, StartResult>;
  given: Shared<{ as?: never }, boolean>;
  forget: Exclusive<{ as?: never }>;
}

/** One limit of posts. */
export interface LimitHandlers {
  take: Exclusive<{ limit: Limit; now: Instant }, Instant>;
  giveBack: Exclusive<{ as?: never }>;
  forget: Exclusive<{ now: Instant }>;
}

/** One slot of one-time secrets, as hashes. */
export interface CodeHandlers {
  read: Shared<{ as?: never }, { slot: CodeSlot | null; version: number }>;
  /** @returns false when it was written since. */
  write: Exclusive<{ slot: CodeSlot; version: number }, boolean>;
}

/** One text. */
export interface TextHandlers {
  get: Shared<{ as?: never }, string | null>;
  set: Exclusive<{ value: string }>;
}

export interface PortHandlers {
  call(ctx: Context, order: CallOrder): Promise<void>;
}

const object = <N extends string, H>(name: N): VirtualObjectDefinition<N, H> => ({ name });

export const RECOVERY = object<'regain.recovery', RecoveryHandlers>('regain.recovery');
export const ACCOUNT = object<'regain.account', AccountHandlers>('regain.account');
export const START = object<'regain.start', StartHandlers>('regain.start');
export const LIMIT = object<'regain.limit', LimitHandlers>('regain.limit');
export const CODE = object<'regain.code', CodeHandlers>('regain.code');
export const TEXT = object<'regain.text', TextHandlers>('regain.text');
export const PORTS: ServiceDefinition<'regain.ports', PortHandlers> = { name: 'regain.ports' };

/** The key of an object of a namespace. */
export const keyIn = (namespace: string, id: string) => `${namespace}/${id}`;

/** The namespace and the id in a key. */
export function partsOf(key: string): { namespace: string; id: string } {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), id: key.slice(at + 1) };
}
