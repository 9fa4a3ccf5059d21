import { randomBytes, randomUUID } from 'node:crypto';
import type { EventRegistry } from '../../machines/events.ts';
import type { Notice } from '../../machines/outcome.ts';
import type { PortRegistry } from '../../machines/own-parts.ts';
import { paths as builtInPaths } from '../../machines/paths.ts';
import type { Policy, PolicyInput } from '../../machines/policy.ts';
import { createRecoveryMachine, recoveryMachine } from '../../machines/recovery.ts';
import type { Instant, Step } from '../core/index.ts';
import type { AuditEntry, RecoveryRecord, Store } from '../store/types.ts';
import { type Answer, answerTo, refusedBy, shortDigest } from './answer.ts';
import type { By, RecoveriesOptions, Start } from './api.ts';
import type { Particulars } from './change.ts';
import { checkedEvent } from './check.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Delivery, Observer, Stand } from './delivery.ts';
import { Eraser } from './erasure.ts';
import { ledgerEntries } from './ledger.ts';
import { redacted } from './marks.ts';
import { checkedPolicy } from './policy.ts';
import { PortCaller } from './port-caller.ts';
import { Refusal } from './refusal.ts';
import { Sealer } from './secrets.ts';
import type { Taken } from './takeover.ts';
import { Versions } from './versions.ts';
import { type RecoveryView, undisclosed, viewOf, viewOfRecord } from './view.ts';

/** Of a sealing key. */
const KEY_BYTES = 32;
const RETRY_BASE = 1_000;
const RETRY_LONGEST = 5 * 60_000;
const backOff = (tries: number) => Math.min(RETRY_BASE * 2 ** (tries - 1), RETRY_LONGEST);

/** What came of an event that was brought to a machine. */
export type Outcome = Stand & { result: 'taken' | 'refused' | 'outdated' };

/** Where random bytes come from: one that can be asked again for the same, where a step may be carried out anew. */
export type Random = (size: number) => Buffer;

/** What every host makes of its options: the same checks, words and views, wherever recoveries are kept. */
export class HostParts {
  readonly clock: Clock;
  readonly policy: PolicyInput;
  readonly versions: Versions;
  readonly sealer: Sealer;
  readonly caller: PortCaller;
  readonly newId: () => string;
  readonly observer: Observer;
  readonly retryDelay: (tries: number) => number;
  readonly onError: (error: unknown) => void;
  readonly #eraser: Eraser;

  /**
   * @param store where calls find what is known of an account.
   * @throws PolicyError, VersionError `invalidVersions`, TypeError for a port that is missing, RangeError for a sealing key that
   * is too short.
   */
  constructor(options: Omit<RecoveriesOptions, 'store'>, store: Pick<Store, 'load' | 'ledger'>) {
    this.clock = options.clock ?? systemClock;
    this.policy = options.policy ?? {};
    const policy = checkedPolicy(this.policy); // a bad figure is told now, not at the first start
    const { paths = builtInPaths, version } = options;
    const isOwn = options.paths !== undefined || version !== undefined;
    const machine = options.machine ?? (isOwn ? createRecoveryMachine(paths, version) : recoveryMachine);
    this.versions = new Versions(machine, paths, options.versions);
    this.sealer = new Sealer(options.sealingKey ?? randomBytes(KEY_BYTES));
    this.caller = new PortCaller({
      store,
      ports: options.ports,
      specs: givenPorts(this.versions, options.ports),
      clock: this.clock,
      sealer: this.sealer,
      linkTokens: options.linkTokens,
    });
    this.observer = options.observer ?? {};
    this.newId = options.newId ?? randomUUID;
    this.retryDelay = options.retryDelay ?? backOff;
    this.onError = options.onError ?? ((error: unknown) => console.error(error));
    this.#eraser = new Eraser({ events: this.versions.kept.map(({ events }) => events), policy });
  }

  /** The recovery before its first step, what its machine is given, and what the trail says of it. */
  begun({ accountId, device, network }: Required<Start>, policy: Policy, id: string, at: Instant) {
    const record: RecoveryRecord = {
      id,
      accountId,
      deviceId: device.deviceId,
      live: true,
      status: 'active',
      state: '',
      version: 0,
      machineVersion: this.versions.current.name,
      policyVersion: policy.version,
      snapshot: null,
      calls: {},
      createdAt: at,
      updatedAt: at,
    };
    const input = { recoveryId: id, accountId, device, network, policy, at };
    const data = { by: { role: 'owner' }, policy: policy.version, profile: policy.profile };
    const entry: AuditEntry = { at, kind: 'start', data };
    return { record, input, entry };
  }

  /**
   * An event as a delivery, and what its sender is told of what comes of it.
   * @param now the instant as of which the views in the answer are made.
   * @throws Refusal when the sender may not send it, or not so: see `refusal`.
   */
  delivery(
    { recovery, reason }: Taken,
    event: { type?: unknown },
    by: By,
    { key, ifVersion, now }: { key: string | undefined; ifVersion: number | undefined; now(): Instant },
  ): { delivery: Delivery; answer(outcome: Outcome): Answer } {
    if (reason) throw untouched(recovery.id, reason);
    const { checked, secret } = checkedEvent(this.#eventsOf(recovery), event, by, recovery.deviceId);
    const request = key === undefined ? {} : { request: shortDigest(key) };
    const data = { event: redacted(checked, secret), by: named(by, recovery), ...request };
    let made: { of: Outcome; answer: Answer } | undefined;
    /** What was written as the answer is what is answered. */
    const answer = (outcome: Outcome): Answer => {
      if (made?.of.recovery === outcome.recovery && made.of.result === outcome.result) return made.answer;
      const whole = this.view(outcome, now());
      made = { of: outcome, answer: answerTo(checked.type, outcome, this.#shown(outcome, whole, by), whole) };
      return made.answer;
    };
    const delivery: Delivery = {
      input: { type: 'event', event: checked },
      entry: { at: 0, kind: 'event', data },
      refused: (step, outdated) => {
        const isUnderWay = step || (outdated && recovery.status === 'active');
        const said = isUnderWay ? data : { ...data, event: { type: checked.type }, by: unnamed(by) };
        return { at: 0, kind: 'refused', data: { ...said, ...refusedBy(step, outdated) } };
      },
      ifVersion,
      asked:
        key === undefined
          ? undefined
          : { scope: scopeOf(recovery.id, by), key, digest: this.sealer.digest(checked), answer },
    };
    return { delivery, answer };
  }

  /** What the trail says of an event that was refused before any machine saw it. */
  refusal(recovery: RecoveryRecord, event: { type?: unknown }, by: By, refusal: Refusal, at: Instant): AuditEntry {
    const events = this.#eventsOf(recovery);
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
    return { at, kind: 'refused', data };
  }

  #eventsOf({ machineVersion }: RecoveryRecord): EventRegistry {
    return (this.versions.of(machineVersion) ?? this.versions.current).events;
  }

  /** @param by for whom; by default with nothing left out. */
  view({ recovery, timers }: Omit<Stand, 'step'>, now: Instant, by: By = { role: 'staff' }): RecoveryView {
    const version = this.versions.of(recovery.machineVersion);
    if (!version) return viewOfRecord(recovery);
    const whole = viewOf(version.machine, version.paths, recovery, timers, now);
    return this.#shown({ recovery }, whole, by);
  }

  /** What one may see of a view that leaves nothing out. */
  #shown({ recovery }: Pick<Stand, 'recovery'>, whole: RecoveryView, by: By): RecoveryView {
    const version = this.versions.of(recovery.machineVersion);
    return version && by.role === 'owner' && !whole.disclosed ? undisclosed(whole, version.paths) : whole;
  }

  /** @param random for what is sealed; `crypto.randomBytes` by default. */
  particulars(random?: Random): Particulars {
    const seal: Particulars['seal'] = (port, input, recoveryId) => this.caller.seal(port, input, recoveryId, random);
    return {
      isLive: (step: Step) => !step.states.includes('observing'),
      ledger: ledgerEntries,
      notices: (emitted, recovery) =>
        emitted.flatMap(({ event }) => {
          if (event.type !== 'notice') return [];
          const { type: _, ...notice } = event as Notice;
          return [{ port: 'notify', input: { accountId: recovery.accountId, ...notice } }];
        }),
      seal,
      retention: (snapshot, endedAt) => this.#eraser.dates(snapshot, endedAt),
      erasure: (ended, of, now) => this.#eraser.change(ended, of, now, seal),
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

/** Idempotency keys of one sender at one recovery. */
export const scopeOf = (recoveryId: string, by: By) => `${recoveryId}/${by.role}/${'id' in by ? by.id : ''}`;

export const unknownRecovery = (id: string) => new Refusal('unknownRecovery', `there is no recovery '${id}'`);

export const untouched = (id: string, reason: NonNullable<Taken['reason']>) =>
  new Refusal('conflict', `recovery '${id}' began with a version of the machine that this service cannot go on with`, {
    reason,
  });
