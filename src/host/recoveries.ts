import { randomBytes, randomUUID } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { Device, Network } from '../../machines/account.ts';
import { events as builtInEvents, type EventRegistry, type RecoveryEvent } from '../../machines/events.ts';
import type { Notice, Refused } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtInPaths } from '../../machines/paths.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { type PortName, ports as portSpecs } from '../../machines/ports.ts';
import { createRecoveryMachine, recoveryMachine } from '../../machines/recovery.ts';
import type { Ports } from '../adapters/ports.ts';
import type { Step } from '../core/index.ts';
import type { AuditEntry, ListFilter, RecoveryRecord, Store } from '../store/types.ts';
import type { Particulars } from './change.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Changed, type Delivered, Engine } from './engine.ts';
import { Eraser } from './erasure.ts';
import { ledgerEntries } from './ledger.ts';
import { PortCaller } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import { redacted, Sealer, secretFields } from './secrets.ts';
import { type RecoveryView, undisclosed, viewOf } from './view.ts';

/** Who sends an event: the host has made sure of it. */
export type By =
  /** With a device, only the one that the recovery was started from is heard. */
  | { role: 'owner'; deviceId?: string }
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
   * it a key is made for this process alone, and calls that hold a secret fail after a restart, at no cost to the owner.
   */
  sealingKey?: Uint8Array | string;
  /** Pause before a call is tried again, in ms, by the number of tries made; doubles from one second by default. */
  retryDelay?: (tries: number) => number;
  /** Makes ids of recoveries; a random UUID by default. */
  newId?: () => string;
  /** Told of what went wrong beside any caller: a failing store, a failing machine. */
  onError?: (error: unknown) => void;
}

/** What a recovery is started with. */
export const Start = z.strictObject({
  accountId: z.string().min(1).max(128),
  device: Device,
  network: Network.default({}),
});
export type Start = z.input<typeof Start>;

export interface Recoveries {
  /**
   * Begins a recovery, or gives the id of the live one to the device that began it.
   * @throws Refusal `conflict` when another device has a live recovery, `invalidEvent` for a malformed start.
   */
  start(input: Start, policy?: PolicyInput): Promise<{ recoveryId: string; existing: boolean }>;
  /**
   * Delivers an event. It is written when the promise resolves.
   * @throws Refusal with a code of spec section 6; then nothing has changed.
   */
  send(recoveryId: string, event: RecoveryEvent, by?: By): Promise<RecoveryView>;
  /**
   * @param by for whom: an owner is not told of the account before the policy allows it (R16).
   * @throws Refusal `unknownRecovery`
   */
  get(recoveryId: string, by?: By): Promise<RecoveryView>;
  list(filter?: ListFilter): Promise<RecoverySummary[]>;
  /** @throws Refusal `unknownRecovery` */
  audit(recoveryId: string): Promise<(AuditEntry & { seq: number })[]>;
  /** Calls back after every committed change; returns a function that ends it. */
  onChange(listener: (changed: Changed) => void): () => void;
  /** Resolves when nothing is under way but what waits for time to pass. For tests and virtual time. */
  idle(): Promise<void>;
  /** Stops; what is under way stays in the store and is taken up by the next host. The store is left open. */
  close(): Promise<void>;
}

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
  readonly #caller: PortCaller;
  readonly #newId: () => string;
  readonly #engine: Engine;

  constructor(options: RecoveriesOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.policy ?? {};
    policyOf(this.#policy); // a bad figure is told now, not at the first start
    this.#paths = options.paths ?? builtInPaths;
    this.#machine = options.paths ? createRecoveryMachine(options.paths) : recoveryMachine;
    this.#events = Object.assign({}, builtInEvents, ...this.#paths.map((path) => path.events ?? {}));
    this.#caller = new PortCaller({
      store: this.#store,
      ports: options.ports,
      clock: this.#clock,
      sealer: new Sealer(options.sealingKey ?? randomBytes(KEY_BYTES)),
    });
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
    });
  }

  open = () => this.#engine.open();
  onChange = (listener: (changed: Changed) => void) => this.#engine.onChange(listener);
  idle = () => this.#engine.idle();
  close = () => this.#engine.close();
  list = async (filter: ListFilter = {}) => (await this.#store.list(filter)).map(summaryOf);

  async start(input: Start, policy: PolicyInput = this.#policy) {
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
    for (let tries = 0; tries < START_TRIES; tries++) {
      const live = await this.#store.live(accountId);
      if (live) {
        if (live.deviceId === device.deviceId) return { recoveryId: live.id, existing: true };
        await this.#store.record(live.id, [{ at, kind: 'refused', data: { input: 'start', code: 'conflict' } }]);
        throw new Refusal('conflict', 'this account is being recovered from another device');
      }
      const machineInput = { recoveryId: id, accountId, device, network, policy: complete, at };
      const data = { by: { role: 'owner' }, policy: complete.version, profile: complete.profile };
      if (await this.#engine.start(record, machineInput, { at, kind: 'start', data })) {
        return { recoveryId: id, existing: false };
      }
    }
    throw new Error(`account '${accountId}' is started and ended again and again; try later`);
  }

  async send(recoveryId: string, event: RecoveryEvent, by: By = { role: 'owner' }): Promise<RecoveryView> {
    const checked = await this.#checked(recoveryId, event, by);
    const spec = this.#events[checked.type];
    const shown = redacted(checked, secretFields(spec?.schema ?? z.object({})));
    const data = { event: shown, by };
    const delivered = await this.#engine.deliver(
      recoveryId,
      { type: 'event', event: checked },
      { at: 0, kind: 'event', data },
      (step) => {
        const said = step ? data : { event: { type: checked.type }, by: unnamed(by) };
        return { at: 0, kind: 'refused', data: { ...said, ...refusedBy(step) } };
      },
    );
    if (delivered.result === 'taken') return this.get(recoveryId, by);
    throw await this.#refusal(recoveryId, checked.type, delivered, by);
  }

  async get(recoveryId: string, by: By = { role: 'staff' }): Promise<RecoveryView> {
    const loaded = await this.#store.load(recoveryId);
    if (!loaded) throw unknownRecovery(recoveryId);
    const { recovery, timers } = loaded;
    const view = viewOf(this.#machine, this.#paths, recovery, timers, this.#clock.now());
    return by.role === 'owner' && !view.disclosed ? undisclosed(view, this.#paths) : view;
  }

  async audit(recoveryId: string) {
    const entries = await this.#store.audit(recoveryId);
    if (entries.length === 0) throw unknownRecovery(recoveryId);
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
    if (by.role === 'owner' && by.deviceId !== undefined) {
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

  async #refusal(recoveryId: string, type: string, delivered: Delivered, by: By): Promise<Refusal> {
    if (delivered.result === 'unknown') return unknownRecovery(recoveryId);
    const { allowed, state, disclosed } = await this.get(recoveryId);
    const { code, field, ...refused } = refusedBy(delivered.result === 'refused' ? delivered.step : null);
    const reason = by.role === 'owner' && !disclosed ? undefined : refused.reason;
    const message =
      code === 'notAccepted'
        ? `'${type}' is not accepted in '${state}'; accepted are ${allowed.join(', ') || 'none'}`
        : `'${type}' is refused in '${state}': ${[code, reason].filter(Boolean).join(', ')}`;
    return new Refusal(code, message, { allowed, ...(reason ? { reason } : {}), ...(field ? { field } : {}) });
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

const unknownRecovery = (id: string) => new Refusal('unknownRecovery', `there is no recovery '${id}'`);

/** What a machine said when it refused, or that it did not take the event at all. */
function refusedBy(step: Step | null): Pick<Refused, 'code' | 'reason' | 'field'> {
  const refused = step?.emitted.find(({ event }) => event.type === 'refused')?.event as Refused | undefined;
  if (!refused) return { code: 'notAccepted' };
  const { type: _, ...details } = refused;
  return details;
}

function parsed<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Refusal('invalidEvent', `${what} ${field}: ${issue?.message}`, { field });
}
