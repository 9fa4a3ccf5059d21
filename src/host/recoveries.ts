import { randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Notice } from '../../machines/outcome.ts';
import type { PortRegistry } from '../../machines/own-parts.ts';
import { paths as builtInPaths } from '../../machines/paths.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { createRecoveryMachine, recoveryMachine } from '../../machines/recovery.ts';
import type { EventIn, RecoveryState } from '../../machines/states.ts';
import type { Instant, Step } from '../core/index.ts';
import type { AuditEntry, ListFilter, Receipt, RecoveryRecord, Store } from '../store/types.ts';
import {
  type Answer,
  answerTo,
  keyReused,
  refusedBy,
  type StartAnswer,
  shortDigest,
  startedIn,
  viewIn,
} from './answer.ts';
import {
  type By,
  type Recoveries,
  type RecoveriesOptions,
  type RecoverySummary,
  type RequestOptions,
  type SendOptions,
  Start,
  type Started,
} from './api.ts';
import type { Particulars } from './change.ts';
import { type CheckedEvent, checkedEvent } from './check.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Changed, Observer, Stand } from './delivery.ts';
import { Engine } from './engine.ts';
import { Eraser } from './erasure.ts';
import { ledgerEntries } from './ledger.ts';
import { redacted } from './marks.ts';
import { PortCaller } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import { Sealer } from './secrets.ts';
import { type LeftUntouched, type Taken, Takeover } from './takeover.ts';
import { Versions } from './versions.ts';
import { type RecoveryView, undisclosed, viewOf, viewOfRecord } from './view.ts';

/** Scope of the idempotency keys of starts. */
const START = 'start';
const ON_ANOTHER_DEVICE: StartAnswer = {
  refusal: { code: 'conflict', message: 'this account is being recovered from another device' },
};
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
    const { paths = builtInPaths, version } = options;
    const isOwn = options.paths !== undefined || version !== undefined;
    const machine = options.machine ?? (isOwn ? createRecoveryMachine(paths, version) : recoveryMachine);
    this.#versions = new Versions(machine, paths, options.versions);
    this.#sealer = new Sealer(options.sealingKey ?? randomBytes(KEY_BYTES));
    this.#caller = new PortCaller({
      store: this.#store,
      ports: options.ports,
      specs: givenPorts(this.#versions, options.ports),
      clock: this.#clock,
      sealer: this.#sealer,
      linkTokens: options.linkTokens,
    });
    this.#observer = options.observer ?? {};
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
      triesOf: this.#caller.triesOf,
      retryDelay,
      observer: this.#observer,
      trace: options.trace,
    });
  }

  get leftUntouched() {
    return this.#takeover.leftUntouched;
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
    { idempotencyKey, admit }: RequestOptions = {},
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
      machineVersion: this.#versions.current.name,
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
      if (before) return startedIn(before.answer as StartAnswer);
      if (tries === 0) await admit?.();
      const live = await this.#store.live(accountId);
      if (live) {
        const answer: StartAnswer =
          live.deviceId === device.deviceId ? { recoveryId: live.id, existing: true, at } : ON_ANOTHER_DEVICE;
        if (!(await this.#joined(live.id, at, answer, receiptOf(live.id, answer)))) continue;
        return startedIn(answer);
      }
      const machineInput = { recoveryId: id, accountId, device, network, policy: complete, at };
      const data = { by: { role: 'owner' }, policy: complete.version, profile: complete.profile };
      const answer = { recoveryId: id, existing: false, at };
      if (await this.#engine.start(record, machineInput, { at, kind: 'start', data }, receiptOf(id, answer))) {
        return answer;
      }
    }
    throw new Error('the account is started and ended again and again; try later');
  }

  /** Writes down what a start met that found the account's live recovery. @returns false when its key was used meanwhile. */
  async #joined(liveId: string, at: Instant, answer: StartAnswer, receipt: Receipt | undefined): Promise<boolean> {
    const refused = 'refusal' in answer;
    if (!refused && !receipt) return true;
    const data = { input: 'start', code: 'conflict' };
    const entries: AuditEntry[] = refused ? [{ at, kind: 'refused', data }] : [];
    const recorded = await this.#store.record(liveId, entries, [], receipt);
    if (recorded && refused) this.#observer.refused?.('conflict');
    return recorded;
  }

  async send<S extends RecoveryState = RecoveryState>(
    recovery: string | { recoveryId: string; state: S },
    event: EventIn<S>,
    by: By = { role: 'owner' },
    { idempotencyKey: key, ifVersion, admit }: SendOptions = {},
  ): Promise<RecoveryView> {
    const recoveryId = typeof recovery === 'string' ? recovery : recovery.recoveryId;
    try {
      const scope = scopeOf(recoveryId, by);
      if (key === undefined || !(await this.#store.receipt(scope, key))) await admit?.();
      const loaded = await this.#takeover.load(recoveryId);
      if (!loaded) throw unknownRecovery(recoveryId);
      const { checked, secret } = await this.#checked(loaded, event, by);
      const request = key === undefined ? {} : { request: shortDigest(key) };
      const data = { event: redacted(checked, secret), by: named(by, loaded.recovery), ...request };
      const answer = (outcome: Stand & { result: 'taken' | 'refused' | 'outdated' }) =>
        answerTo(checked.type, outcome, this.#view(outcome, by), this.#view(outcome));
      const delivered = await this.#engine.deliver(recoveryId, {
        input: { type: 'event', event: checked },
        entry: { at: 0, kind: 'event', data },
        refused: (step, outdated) => {
          const isUnderWay = step || (outdated && loaded.recovery.status === 'active');
          const said = isUnderWay ? data : { ...data, event: { type: checked.type }, by: unnamed(by) };
          return { at: 0, kind: 'refused', data: { ...said, ...refusedBy(step, outdated) } };
        },
        ifVersion,
        asked: key === undefined ? undefined : { scope, key, digest: this.#sealer.digest(checked), answer },
      });
      if (delivered.result === 'unknown') throw unknownRecovery(recoveryId);
      if (delivered.result === 'untouched') throw untouched(recoveryId, delivered.reason);
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
    const version = this.#versions.of(recovery.machineVersion);
    if (!version) return viewOfRecord(recovery);
    const view = viewOf(version.machine, version.paths, recovery, timers, this.#clock.now());
    return by.role === 'owner' && !view.disclosed ? undisclosed(view, version.paths) : view;
  }

  async audit(recoveryId: string, after = 0) {
    const entries = await this.#store.audit(recoveryId, after);
    if (entries.length === 0 && !(await this.#store.load(recoveryId))) throw unknownRecovery(recoveryId);
    return entries;
  }

  /** The event as its schema has it, from someone who may send it; a refusal is written down. */
  async #checked({ recovery, reason }: Taken, event: { type?: unknown }, by: By): Promise<CheckedEvent> {
    const { events } = this.#versions.of(recovery.machineVersion) ?? this.#versions.current;
    try {
      if (reason) throw untouched(recovery.id, reason);
      return checkedEvent(events, event, by, recovery.deviceId);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const type = typeof event?.type === 'string' ? event.type : '';
      const spec = events[type];
      // Names that the sender made up are not written down: they may hold anything.
      const known = refusal.field !== undefined && spec !== undefined && refusal.field in spec.schema._zod.def.shape;
      const data = {
        event: { type: spec ? event.type : '(unknown)' },
        by: recovery.status === 'active' ? named(by, recovery) : unnamed(by),
        code: refusal.code,
        ...(known ? { field: refusal.field } : {}),
      };
      await this.#store.record(recovery.id, [{ at: this.#clock.now(), kind: 'refused', data }]);
      throw refusal;
    }
  }

  #particulars(): Particulars {
    const eraser = new Eraser({
      events: this.#versions.kept.map(({ events }) => events),
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

/**
 * What the machines ask of the world.
 * @throws TypeError that names a port which nobody carries out.
 */
function givenPorts({ ports: specs }: Versions, given: RecoveriesOptions['ports']): PortRegistry {
  for (const [name, { does }] of Object.entries(specs)) {
    if (typeof given[name] !== 'function') throw new TypeError(`port '${name}' is missing: it ${does}`);
  }
  return specs;
}

/** What the trail of a recovery that has ended says of a sender: nothing that would have to be erased once more. */
const unnamed = ({ role }: By) => ({ role });

/** Who sent it, for the trail; not the recovery's own device: whoever reads the trail could come as that one. */
const named = (by: By, { deviceId }: RecoveryRecord) =>
  by.role === 'owner' && 'deviceId' in by && by.deviceId === deviceId ? unnamed(by) : by;

function summaryOf({ snapshot: _, calls: _calls, ...summary }: RecoveryRecord): RecoverySummary {
  return summary;
}

/** Idempotency keys of one sender at one recovery. */
const scopeOf = (recoveryId: string, by: By) => `${recoveryId}/${by.role}/${'id' in by ? by.id : ''}`;

const unknownRecovery = (id: string) => new Refusal('unknownRecovery', `there is no recovery '${id}'`);

const untouched = (id: string, reason: LeftUntouched['reason']) =>
  new Refusal('conflict', `recovery '${id}' began with a version of the machine that this service cannot go on with`, {
    reason,
  });

function parsed<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Refusal('invalidEvent', `${what} ${field}: ${issue?.message}`, { field });
}
