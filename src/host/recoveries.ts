import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Device, Network } from '../../machines/account.ts';
import type { RecoveryEvent } from '../../machines/events.ts';
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
import { ledgerEntries } from './ledger.ts';
import { PortCaller } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import { redacted, Sealer, secretFields } from './secrets.ts';
import { type LeftUntouched, type Taken, Takeover } from './takeover.ts';
import { type OlderVersion, Versions } from './versions.ts';
import { type RecoveryView, undisclosed, viewOf, viewOfRecord } from './view.ts';

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
  /** Names the machine that the paths make; to be raised whenever one of their charts changes. */
  version?: string;
  /** What is done with recoveries that began with other versions, by version. */
  versions?: Readonly<Record<string, OlderVersion>>;
  /**
   * Encrypts secrets that wait in the outbox, such as a password about to be set: 32 random bytes, or a passphrase. Without
   * it a key is made for this process alone, and calls that hold a secret fail after a restart, at no cost to the owner.
   */
  sealingKey?: Uint8Array | string;
  /** Pause before a call is tried again, in ms, by the number of tries made; doubles from one second by default. */
  retryDelay?: (tries: number) => number;
  /** Makes ids of recoveries; a random UUID by default. */
  newId?: () => string;
  /** Told of what went wrong beside any caller: a failing store, a failing machine, recoveries of an unknown version. */
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
   * @throws Refusal with a code of spec section 6; then nothing has changed. It is `conflict`, for the reason
   * `unknownVersion` or `notMigrated`, when the recovery is left untouched.
   */
  send(recoveryId: string, event: RecoveryEvent, by?: By): Promise<RecoveryView>;
  /**
   * The recovery as it stands; of one that is left untouched, what its record says by itself.
   * @param by for whom: an owner is not told of the account before the policy allows it (R16).
   * @throws Refusal `unknownRecovery`
   */
  get(recoveryId: string, by?: By): Promise<RecoveryView>;
  list(filter?: ListFilter): Promise<RecoverySummary[]>;
  /** @throws Refusal `unknownRecovery` */
  audit(recoveryId: string): Promise<(AuditEntry & { seq: number })[]>;
  /** Recoveries under way that this host leaves as they are, by version: it has no machine for them. */
  readonly leftUntouched: readonly LeftUntouched[];
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

/**
 * A host in one process: machines, store, ports and a clock made into recoveries that last.
 * @throws VersionError `invalidVersions`, or `machineChanged` when recoveries are under way that began with another chart of
 * the same version. Recoveries of a version that is not known are left untouched: see `leftUntouched`.
 */
export async function createRecoveries(options: RecoveriesOptions): Promise<Recoveries> {
  const host = new Host(options);
  await host.open();
  return host;
}

class Host implements Recoveries {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #policy: PolicyInput;
  readonly #versions: Versions;
  readonly #takeover: Takeover;
  readonly #caller: PortCaller;
  readonly #newId: () => string;
  readonly #engine: Engine;

  constructor(options: RecoveriesOptions) {
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#policy = options.policy ?? {};
    policyOf(this.#policy); // a bad figure is told now, not at the first start
    const { paths = builtInPaths, version } = options;
    const machine = options.paths || version !== undefined ? createRecoveryMachine(paths, version) : recoveryMachine;
    this.#versions = new Versions(machine, paths, options.versions);
    this.#caller = new PortCaller({
      store: this.#store,
      ports: options.ports,
      clock: this.#clock,
      sealer: new Sealer(options.sealingKey ?? randomBytes(KEY_BYTES)),
    });
    this.#newId = options.newId ?? randomUUID;
    const retryDelay = options.retryDelay ?? backOff;
    const shared = {
      store: this.#store,
      clock: this.#clock,
      particulars: this.#particulars(),
      onError: options.onError ?? ((error: unknown) => console.error(error)),
    };
    this.#takeover = new Takeover({ ...shared, versions: this.#versions });
    this.#engine = new Engine({
      ...shared,
      machine: this.#versions.current.machine,
      takeover: this.#takeover,
      call: (request, signal) => this.#caller.call(request, signal),
      triesOf: (port) => portSpecs[port as PortName].tries,
      retryDelay,
    });
  }

  get leftUntouched() {
    return this.#takeover.leftUntouched;
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
      machineVersion: this.#versions.current.name,
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
    const loaded = await this.#takeover.load(recoveryId);
    if (!loaded) throw unknownRecovery(recoveryId);
    const { checked, secret } = await this.#checked(loaded, event, by);
    const data = { event: redacted(checked, secret), by };
    const delivered = await this.#engine.deliver(
      recoveryId,
      { type: 'event', event: checked },
      { at: 0, kind: 'event', data },
      (step) => ({ at: 0, kind: 'refused', data: { ...data, ...refusedBy(step) } }),
    );
    if (delivered.result === 'taken') return this.get(recoveryId, by);
    throw await this.#refusal(recoveryId, checked.type, delivered, by);
  }

  async get(recoveryId: string, by: By = { role: 'staff' }): Promise<RecoveryView> {
    const loaded = await this.#store.load(recoveryId);
    if (!loaded) throw unknownRecovery(recoveryId);
    const { recovery, timers } = loaded;
    const version = this.#versions.of(recovery.machineVersion);
    if (!version) return viewOfRecord(recovery);
    const view = viewOf(version.machine, version.paths, recovery, timers, this.#clock.now());
    return by.role === 'owner' && !view.disclosed ? undisclosed(view, version.paths) : view;
  }

  async audit(recoveryId: string) {
    const entries = await this.#store.audit(recoveryId);
    if (entries.length === 0) throw unknownRecovery(recoveryId);
    return entries;
  }

  /** The event as its schema has it, from someone who may send it, with what only the host may add. */
  async #checked({ recovery, reason }: Taken, event: { type?: unknown }, by: By) {
    const { events } = this.#versions.of(recovery.machineVersion) ?? this.#versions.current;
    const type = String(event?.type);
    const spec = events[type];
    const refuse = async (refusal: Refusal): Promise<never> => {
      // Names that the sender made up are not written down: they may hold anything.
      const known = refusal.field !== undefined && spec !== undefined && refusal.field in spec.schema.shape;
      const data = {
        event: { type: spec ? type : '(unknown)' },
        by,
        code: refusal.code,
        ...(known ? { field: refusal.field } : {}),
      };
      await this.#store.record(recovery.id, [{ at: this.#clock.now(), kind: 'refused', data }]);
      throw refusal;
    };
    if (reason) return refuse(untouched(recovery.id, reason));
    if (!spec) {
      const message = `there is no event '${type}'; there are ${Object.keys(events).join(', ')}`;
      return refuse(new Refusal('invalidEvent', message, { field: 'type' }));
    }
    if (by.role !== spec.from) {
      return refuse(new Refusal('notAuthorised', `'${type}' is sent by the ${spec.from}, not by the ${by.role}`));
    }
    if (by.role === 'owner' && by.deviceId !== undefined && recovery.deviceId !== by.deviceId) {
      return refuse(new Refusal('notAuthorised', 'the owner is heard only on the device that began the recovery'));
    }
    const result = spec.schema.safeParse(event);
    if (!result.success) {
      const issue = result.error.issues[0];
      const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
      const field = [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.');
      return refuse(new Refusal('invalidEvent', `'${type}' ${field}: ${issue?.message}`, { field }));
    }
    const checked = result.data as { type: string; contactId?: string };
    const secret = secretFields(spec.schema);
    if (by.role === 'contact' && checked.contactId !== by.id) {
      return refuse(new Refusal('notAuthorised', 'a contact speaks for nobody else', { field: 'contactId' }));
    }
    return { checked: by.role === 'agent' ? { ...checked, agentId: by.id } : checked, secret };
  }

  async #refusal(recoveryId: string, type: string, delivered: Delivered, by: By): Promise<Refusal> {
    if (delivered.result === 'unknown') return unknownRecovery(recoveryId);
    if (delivered.result === 'untouched') return untouched(recoveryId, delivered.reason);
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
    };
  }
}

/** A recovery in a list. */
export type RecoverySummary = Omit<RecoveryRecord, 'snapshot' | 'calls'>;

function summaryOf({ snapshot: _, calls: _calls, ...summary }: RecoveryRecord): RecoverySummary {
  return summary;
}

const unknownRecovery = (id: string) => new Refusal('unknownRecovery', `there is no recovery '${id}'`);

const untouched = (id: string, reason: LeftUntouched['reason']) =>
  new Refusal('conflict', `recovery '${id}' began with a version of the machine that this service cannot go on with`, {
    reason,
  });

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
