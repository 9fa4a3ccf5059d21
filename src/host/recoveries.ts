import { randomBytes, randomUUID } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { Device, Network } from '../../machines/account.ts';
import type { EventRegistry, RecoveryEvent } from '../../machines/events.ts';
import type { Notice } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtInPaths, eventsOf } from '../../machines/paths.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { type PortName, ports as portSpecs } from '../../machines/ports.ts';
import { createRecoveryMachine, recoveryMachine } from '../../machines/recovery.ts';
import type { Ports } from '../adapters/ports.ts';
import type { Instant, Step } from '../core/index.ts';
import type { AuditEntry, ListFilter, Receipt, RecoveryRecord, Store } from '../store/types.ts';
import { type Answer, answerTo, keyReused, refusedBy, shortDigest, viewIn } from './answer.ts';
import type { Particulars } from './change.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Changed, Engine, type Observer, type Stand } from './engine.ts';
import { Eraser } from './erasure.ts';
import { ledgerEntries } from './ledger.ts';
import { type LinkTokens, PortCaller } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import { redacted, Sealer, secretFields } from './secrets.ts';
import { type RecoveryView, undisclosed, viewOf } from './view.ts';

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
  /** What the machines need of the world. */
  ports: Ports;
  clock?: Clock;
  /** Figures that differ from the defaults; a recovery keeps the policy it was started with. */
  policy?: PolicyInput;
  /** The ways back, in the order in which they are listed; the eight by default. */
  paths?: readonly RecoveryPath[];
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
  /** Told of what went wrong beside any caller: a failing store, a failing machine. */
  onError?: (error: unknown) => void;
}

/** How a request is to be taken. */
export interface RequestOptions {
  /** A repeat with the same key and content has no further effect and gets the same answer (R45). */
  idempotencyKey?: string | undefined;
}

export interface SendOptions extends RequestOptions {
  /** The version that the sender has seen: in any other the event is refused as a `conflict`. */
  ifVersion?: number | undefined;
}

/** What a recovery is started with. */
export const Start = z.strictObject({
  accountId: z.string().min(1).max(128),
  device: Device,
  network: Network.default({}),
});
export type Start = z.input<typeof Start>;

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
   */
  start(input: Start, policy?: PolicyInput, options?: RequestOptions): Promise<Started>;
  /**
   * Delivers an event. It is written when the promise resolves.
   * @throws Refusal with a code of spec section 6; then nothing has changed.
   */
  send(recoveryId: string, event: RecoveryEvent, by?: By, options?: SendOptions): Promise<RecoveryView>;
  /**
   * @param by for whom: an owner is not told of the account before the policy allows it (R16).
   * @throws Refusal `unknownRecovery`
   */
  get(recoveryId: string, by?: By): Promise<RecoveryView>;
  list(filter?: ListFilter): Promise<RecoverySummary[]>;
  /** @throws Refusal `unknownRecovery` */
  audit(recoveryId: string, after?: number): Promise<(AuditEntry & { seq: number })[]>;
  /** Calls back after every committed change; returns a function that ends it. */
  onChange(listener: (changed: Changed) => void): () => void;
  /** Processes all that is due now. A host does so by itself; this is for a clock that was moved. */
  processDue(): Promise<void>;
  /** Resolves when nothing is under way but what waits for time to pass. For tests and virtual time. */
  idle(): Promise<void>;
  /** Stops; what is under way stays in the store and is taken up by the next host. The store is left open. */
  close(): Promise<void>;
}

/** Scope of the idempotency keys of starts. */
const START = 'start';
/** How often a start is tried while others begin and end recoveries of the account. */
const START_TRIES = 10;
/** Of a sealing key. */
const KEY_BYTES = 32;
const RETRY_BASE = 1_000;
const RETRY_LONGEST = 5 * 60_000;
const backOff = (tries: number) => Math.min(RETRY_BASE * 2 ** (tries - 1), RETRY_LONGEST);

/** A host in one process: machines, store, ports and a clock made into recoveries that last. */
export async function createRecoveries(options: RecoveriesOptions): Promise<Recoveries> {
  const host = new Host(options);
  await host.open();
  return host;
}

class Host implements Recoveries {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #policy: PolicyInput;
  readonly #paths: readonly RecoveryPath[];
  readonly #machine: AnyStateMachine;
  readonly #events: EventRegistry;
  readonly #sealer: Sealer;
  readonly #caller: PortCaller;
  readonly #newId: () => string;
  readonly #observer: Observer;
  readonly #engine: Engine;

  constructor(options: RecoveriesOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.policy ?? {};
    policyOf(this.#policy); // a bad figure is told now, not at the first start
    this.#paths = options.paths ?? builtInPaths;
    this.#machine = options.paths ? createRecoveryMachine(options.paths) : recoveryMachine;
    this.#events = eventsOf(this.#paths);
    this.#sealer = new Sealer(options.sealingKey ?? randomBytes(KEY_BYTES));
    this.#caller = new PortCaller({
      store: this.#store,
      ports: options.ports,
      clock: this.#clock,
      sealer: this.#sealer,
      linkTokens: options.linkTokens,
    });
    this.#observer = options.observer ?? {};
    this.#newId = options.newId ?? randomUUID;
    const retryDelay = options.retryDelay ?? backOff;
    this.#engine = new Engine({
      store: this.#store,
      clock: this.#clock,
      machine: this.#machine,
      particulars: this.#particulars(),
      call: (request, signal) => this.#caller.call(request, signal),
      triesOf: (port) => portSpecs[port as PortName].tries,
      retryDelay,
      onError: options.onError ?? ((error) => console.error(error)),
      observer: this.#observer,
    });
  }

  open = () => this.#engine.open();
  onChange = (listener: (changed: Changed) => void) => this.#engine.onChange(listener);
  processDue = () => this.#engine.processDue();
  idle = () => this.#engine.idle();
  close = () => this.#engine.close();
  list = async (filter: ListFilter = {}) => (await this.#store.list(filter)).map(summaryOf);

  async start(
    input: Start,
    policy: PolicyInput = this.#policy,
    { idempotencyKey }: RequestOptions = {},
  ): Promise<Started> {
    const { accountId, device, network } = parsed(Start, input, 'a start');
    const at = this.#clock.now();
    const complete = policyOf(policy);
    const id = this.#newId();
    const record: RecoveryRecord = {
      id,
      accountId,
      deviceId: device.deviceId,
      live: true,
      status: 'active',
      state: '',
      version: 0,
      machineVersion: this.#machine.version ?? '',
      policyVersion: complete.version,
      snapshot: null,
      calls: {},
      createdAt: at,
      updatedAt: at,
    };
    const digest = this.#sealer.digest({ accountId, device });
    const receiptOf = (recoveryId: string, answer: object): Receipt | undefined =>
      idempotencyKey === undefined ? undefined : { scope: START, key: idempotencyKey, recoveryId, digest, at, answer };
    for (let tries = 0; tries < START_TRIES; tries++) {
      const before = idempotencyKey === undefined ? undefined : await this.#store.receipt(START, idempotencyKey);
      if (before && before.digest !== digest) throw keyReused();
      if (before) return before.answer as Started;
      const live = await this.#store.live(accountId);
      if (live && live.deviceId !== device.deviceId) {
        await this.#store.record(live.id, [{ at, kind: 'refused', data: { input: 'start', code: 'conflict' } }]);
        this.#observer.refused?.('conflict');
        throw new Refusal('conflict', 'this account is being recovered from another device');
      }
      if (live) return { recoveryId: live.id, existing: true, at };
      const machineInput = { recoveryId: id, accountId, device, network, policy: complete, at };
      const data = { by: { role: 'owner' }, policy: complete.version, profile: complete.profile };
      const answer = { recoveryId: id, existing: false, at };
      if (await this.#engine.start(record, machineInput, { at, kind: 'start', data }, receiptOf(id, answer))) {
        return answer;
      }
    }
    throw new Error(`account '${accountId}' is started and ended again and again; try later`);
  }

  async send(
    recoveryId: string,
    event: RecoveryEvent,
    by: By = { role: 'owner' },
    { idempotencyKey, ifVersion }: SendOptions = {},
  ): Promise<RecoveryView> {
    try {
      const checked = await this.#checked(recoveryId, event, by);
      const { type } = checked;
      const spec = this.#events[type];
      const shown = redacted(checked, secretFields(spec?.schema ?? z.object({})));
      const data = {
        event: shown,
        by,
        ...(idempotencyKey === undefined ? {} : { request: shortDigest(idempotencyKey) }),
      };
      const answer = (outcome: Stand & { result: 'taken' | 'refused' | 'outdated' }) =>
        answerTo(type, outcome, this.#view(outcome, by), this.#view(outcome));
      const delivered = await this.#engine.deliver(recoveryId, {
        input: { type: 'event', event: checked },
        entry: { at: 0, kind: 'event', data },
        refused: (step, outdated) => {
          const said = step || outdated ? data : { ...data, event: { type }, by: unnamed(by) };
          return { at: 0, kind: 'refused', data: { ...said, ...refusedBy(step, outdated) } };
        },
        ifVersion,
        asked:
          idempotencyKey === undefined
            ? undefined
            : { scope: scopeOf(recoveryId, by), key: idempotencyKey, digest: this.#sealer.digest(checked), answer },
      });
      if (delivered.result === 'unknown') throw unknownRecovery(recoveryId);
      if (delivered.result === 'keyReused') throw keyReused();
      return viewIn(delivered.result === 'repeated' ? (delivered.answer as Answer) : answer(delivered));
    } catch (error) {
      if (error instanceof Refusal) this.#observer.refused?.(error.code);
      throw error;
    }
  }

  async get(recoveryId: string, by: By = { role: 'staff' }): Promise<RecoveryView> {
    const loaded = await this.#store.load(recoveryId);
    if (!loaded) throw unknownRecovery(recoveryId);
    return this.#view(loaded, by);
  }

  /** @param by for whom; by default with nothing left out. */
  #view({ recovery, timers }: Omit<Stand, 'step'>, by: By = { role: 'staff' }): RecoveryView {
    const view = viewOf(this.#machine, this.#paths, recovery, timers, this.#clock.now());
    return by.role === 'owner' && !view.disclosed ? undisclosed(view, this.#paths) : view;
  }

  async audit(recoveryId: string, after = 0) {
    const entries = await this.#store.audit(recoveryId, after);
    if (entries.length === 0 && after === 0) throw unknownRecovery(recoveryId);
    return entries;
  }

  /** The event as its schema has it, from someone who may send it, with what only the host may add. */
  async #checked(recoveryId: string, event: { type?: unknown }, by: By): Promise<{ type: string; agentId?: string }> {
    const type = String(event?.type);
    const spec = this.#events[type];
    const refuse = async (refusal: Refusal): Promise<never> => {
      // Names that the sender made up are not written down: they may hold anything.
      const known = refusal.field !== undefined && spec !== undefined && refusal.field in spec.schema.shape;
      const loaded = await this.#store.load(recoveryId);
      if (!loaded) throw unknownRecovery(recoveryId);
      const data = {
        event: { type: spec ? type : '(unknown)' },
        by: loaded.recovery.status === 'active' ? by : unnamed(by),
        code: refusal.code,
        ...(known ? { field: refusal.field } : {}),
      };
      await this.#store.record(recoveryId, [{ at: this.#clock.now(), kind: 'refused', data }]);
      throw refusal;
    };
    if (!spec) {
      const message = `there is no event '${type}'; there are ${Object.keys(this.#events).join(', ')}`;
      return refuse(new Refusal('invalidEvent', message, { field: 'type' }));
    }
    if (by.role !== spec.from) {
      return refuse(new Refusal('notAuthorised', `'${type}' is sent by the ${spec.from}, not by the ${by.role}`));
    }
    if ('via' in by && type !== 'recovery.cancel') {
      return refuse(new Refusal('notAuthorised', 'a notice gives a way to cancel, and to nothing else'));
    }
    if (by.role === 'owner' && 'deviceId' in by && by.deviceId !== undefined) {
      const loaded = await this.#store.load(recoveryId);
      if (loaded && loaded.recovery.deviceId !== by.deviceId) {
        return refuse(new Refusal('notAuthorised', 'the owner is heard only on the device that began the recovery'));
      }
    }
    const result = spec.schema.safeParse(event);
    if (!result.success) {
      const issue = result.error.issues[0];
      const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
      const field = [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.');
      return refuse(new Refusal('invalidEvent', `'${type}' ${field}: ${issue?.message}`, { field }));
    }
    const checked = result.data as { type: string; contactId?: string };
    if (by.role === 'contact' && checked.contactId !== by.id) {
      return refuse(new Refusal('notAuthorised', 'a contact speaks for nobody else', { field: 'contactId' }));
    }
    return by.role === 'agent' ? { ...checked, agentId: by.id } : checked;
  }

  #particulars(): Particulars {
    const eraser = new Eraser({
      events: this.#events,
      policy: policyOf(this.#policy),
      seal: (port, input, recoveryId) => this.#caller.seal(port, input, recoveryId),
    });
    return {
      isLive: (step: Step) => !step.states.includes('observing'),
      ledger: ledgerEntries,
      notices: (emitted, recovery) =>
        emitted.flatMap(({ event }) => {
          if (event.type !== 'notice') return [];
          const { type: _, ...notice } = event as Notice;
          return [{ port: 'notify', input: { accountId: recovery.accountId, ...notice } }];
        }),
      seal: (port, input, recoveryId) => this.#caller.seal(port, input, recoveryId),
      retention: (snapshot, endedAt) => eraser.dates(snapshot, endedAt),
      erasure: (ended, of, now) => eraser.change(ended, of, now),
    };
  }
}

/** What the trail of a recovery that has ended says of a sender: nothing that would have to be erased once more. */
const unnamed = ({ role }: By) => ({ role });

/** A recovery in a list. */
export type RecoverySummary = Omit<RecoveryRecord, 'snapshot' | 'calls'>;

function summaryOf({ snapshot: _, calls: _calls, ...summary }: RecoveryRecord): RecoverySummary {
  return summary;
}

/** Idempotency keys of one sender at one recovery. */
const scopeOf = (recoveryId: string, by: By) => `${recoveryId}/${by.role}/${'id' in by ? by.id : ''}`;

const unknownRecovery = (id: string) => new Refusal('unknownRecovery', `there is no recovery '${id}'`);

function parsed<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Refusal('invalidEvent', `${what} ${field}: ${issue?.message}`, { field });
}
