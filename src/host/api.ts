import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { Device, Network } from '../../machines/account.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import type { PolicyInput } from '../../machines/policy.ts';
import type { EventIn, RecoveryState } from '../../machines/states.ts';
import type { OwnPorts, Ports } from '../adapters/ports.ts';
import type { Instant, Tracer } from '../core/index.ts';
import type { AuditEntry, ListFilter, RecoveryRecord, Store } from '../store/types.ts';
import type { Clock } from './clock.ts';
import type { Changed, Observer } from './delivery.ts';
import type { LinkTokens } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import type { LeftUntouched } from './takeover.ts';
import type { OlderVersion } from './versions.ts';
import type { RecoveryView } from './view.ts';

/** Who sends an event: the host has made sure of it. */
export type By =
  /** With a device, only the one that the recovery was started from is heard. */
  | { role: 'owner'; deviceId?: string }
  /** The owner by the way to cancel that goes with every notice: it permits that alone (R37). */
  | { role: 'owner'; via: 'notice' }
  | { role: 'contact'; id: string }
  | { role: 'agent'; id: string }
  | { role: 'staff'; id?: string };

export interface RecoveriesOptions {
  store: Store;
  /** What the machines need of the world: the built-in ports, and those of paths of one's own. */
  ports: Ports & OwnPorts;
  /** By default the time that hosts on the store go by: its database's where there may be several, else the machine's. */
  clock?: Clock;
  /** Figures that differ from the defaults; a recovery keeps the policy it was started with. */
  policy?: PolicyInput;
  /** The ways back, in the order in which they are listed; the eight by default. */
  paths?: readonly RecoveryPath[];
  /** The parent over the paths, where it is not the one that regain makes of them: for tests of machines. */
  machine?: AnyStateMachine;
  /** Names the machine that the paths make; to be raised whenever one of their charts changes. */
  version?: string;
  /** What is done with recoveries that began with other versions, by version. */
  versions?: Readonly<Record<string, OlderVersion>>;
  /**
   * Encrypts secrets that wait in the outbox, such as a password about to be set: 32 random bytes, or a passphrase. Without
   * it a key is made for this process alone: after a restart calls that hold a secret fail, at no cost to the owner, and
   * idempotency keys that were used before are refused.
   */
  sealingKey?: Uint8Array | string;
  /** Pause before a call is tried again, in ms, by the number of tries made; doubles from one second by default. */
  retryDelay?: (tries: number) => number;
  /** Makes ids of recoveries; a random UUID by default. */
  newId?: () => string;
  /** Tokens that go out with notices and with the requests to contacts; without it none do. */
  linkTokens?: LinkTokens;
  /** Looks on, for metrics. */
  observer?: Observer;
  /** Looks on while steps are taken, such as to count coverage: one tracer for each recovery, asked for again at each step. */
  trace?: (recoveryId: string) => Tracer;
  /** Told of what went wrong beside any caller: a failing store, a failing machine, recoveries of an unknown version. */
  onError?: (error: unknown) => void;
}

/** How a request is to be taken. */
export interface RequestOptions {
  /** A repeat with the same key and content has no further effect and gets the same answer (R45). */
  idempotencyKey?: string | undefined;
  /** Called before anything else is done with a request that is no repeat; what it throws is the answer. */
  admit?: (() => Promise<void>) | undefined;
}

export interface SendOptions extends RequestOptions {
  /** The version that the sender has seen: in any other the event is refused as a `conflict`. */
  ifVersion?: number | undefined;
}

/** What a recovery is started with. */
export const Start = z.strictObject({
  accountId: z.string().min(1).max(128),
  device: Device,
  network: z._default(Network, {}),
});
export type Start = z.input<typeof Start>;

/** @throws Refusal `invalidEvent` that names the field. */
export function parsedStart(input: Start): Required<Start> {
  const result = Start.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Refusal('invalidEvent', `a start ${field}: ${issue?.message}`, { field });
}

export interface Started {
  recoveryId: string;
  /** Whether it was live before. */
  existing: boolean;
  /** Instant of the answer, in ms: a repeat of the request has the same. */
  at: Instant;
}

export interface Recoveries {
  /**
   * Begins a recovery, or gives the id of the live one to the device that began it.
   * @throws Refusal `conflict` when another device has a live recovery, `invalidEvent` for a malformed start.
   * @throws PolicyError for a policy of its own that is wrong.
   */
  start(input: Start, policy?: PolicyInput, options?: RequestOptions): Promise<Started>;
  /**
   * Delivers an event. It is written when the promise resolves.
   * @param recovery its id, or a view of it: where the compiler knows the view's state (see `isIn`), only events that the path
   * under way knows are taken.
   * @throws Refusal with a code of spec section 6; then nothing has changed. It is `conflict`, for the reason
   * `unknownVersion` or `notMigrated`, when the recovery is left untouched.
   */
  send<S extends RecoveryState = RecoveryState>(
    recovery: string | { recoveryId: string; state: S },
    event: EventIn<S>,
    by?: By,
    options?: SendOptions,
  ): Promise<RecoveryView>;
  /**
   * The recovery as it stands; of one that is left untouched, what its record says by itself.
   * @param by for whom: an owner is not told of the account before the policy allows it (R16).
   * @throws Refusal `unknownRecovery`
   */
  get(recoveryId: string, by?: By): Promise<RecoveryView>;
  list(filter?: ListFilter): Promise<RecoverySummary[]>;
  /** @throws Refusal `unknownRecovery` */
  audit(recoveryId: string, after?: number): Promise<(AuditEntry & { seq: number })[]>;
  /** Recoveries under way that this host leaves as they are, by version: it has no machine for them. */
  readonly leftUntouched: readonly LeftUntouched[];
  /** Calls back after every committed change; returns a function that ends it. */
  onChange(listener: (changed: Changed) => void): () => void;
  /** Processes all that is due now. A host does so by itself; this is for a clock that was moved. */
  processDue(): Promise<void>;
  /** Resolves when nothing is under way but what waits for time to pass. For tests and virtual time. */
  idle(): Promise<void>;
  /** Stops; what is under way stays in the store and is taken up by the next host. The store is left open. */
  close(): Promise<void>;
}

/** A recovery in a list. */
export type RecoverySummary = Omit<RecoveryRecord, 'snapshot' | 'calls'>;
