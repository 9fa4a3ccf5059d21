import type { PolicyInput } from '../../machines/policy.ts';
import type { EventIn, RecoveryState } from '../../machines/states.ts';
import type { Instant } from '../core/index.ts';
import type { AuditEntry, ListFilter, Receipt, Store } from '../store/types.ts';
import {
  type Answer,
  keyReused,
  ON_ANOTHER_DEVICE,
  START_SCOPE,
  type StartAnswer,
  startedIn,
  viewIn,
} from './answer.ts';
import {
  type By,
  parsedStart,
  type Recoveries,
  type RecoveriesOptions,
  type RequestOptions,
  type SendOptions,
  type Start,
  type Started,
} from './api.ts';
import { clockOf } from './clock.ts';
import type { Changed } from './delivery.ts';
import { Engine } from './engine.ts';
import { HostParts, scopeOf, unknownRecovery, untouched } from './parts.ts';
import { checkedPolicy } from './policy.ts';
import { Refusal } from './refusal.ts';
import { type Taken, Takeover } from './takeover.ts';
import { type RecoveryView, summaryOf } from './view.ts';

/** How often a start is tried while others begin and end recoveries of the account. */
const START_TRIES = 10;

/**
 * A host in one process: machines, store, ports and a clock made into recoveries that last.
 * @throws VersionError `invalidVersions`, or `machineChanged` when recoveries are under way that began with another chart of
 * the same version. Recoveries of a version that is not known are left untouched: see `leftUntouched`.
 * @throws PolicyError that names the figures which are wrong; TypeError that names a port which is missing; RangeError for a
 * `sealingKey` that is too short.
 */
export async function createRecoveries(options: RecoveriesOptions): Promise<Recoveries> {
  const host = new Host(options);
  await host.open();
  return host;
}

class Host implements Recoveries {
  readonly #store: Store;
  readonly #parts: HostParts;
  readonly #takeover: Takeover;
  readonly #engine: Engine;

  constructor(options: RecoveriesOptions) {
    this.#store = options.store;
    this.#parts = new HostParts({ clock: clockOf(options.store), ...options }, options.store);
    const { clock, versions, caller, retryDelay, observer, onError } = this.#parts;
    const shared = { store: this.#store, clock, particulars: this.#parts.particulars(), onError };
    this.#takeover = new Takeover({ ...shared, versions });
    this.#engine = new Engine({
      ...shared,
      machine: versions.current.machine,
      takeover: this.#takeover,
      call: (request, signal) => caller.call(request, signal),
      triesOf: caller.triesOf,
      retryDelay,
      observer,
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
    policy: PolicyInput = this.#parts.policy,
    { idempotencyKey, admit }: RequestOptions = {},
  ): Promise<Started> {
    const start = parsedStart(input);
    const { accountId, device } = start;
    const at = this.#parts.clock.now();
    const id = this.#parts.newId();
    const { record, input: machineInput, entry } = this.#parts.begun(start, checkedPolicy(policy), id, at);
    const digest = this.#parts.sealer.digest({ accountId, device });
    const receiptOf = (recoveryId: string, answer: object): Receipt | undefined =>
      idempotencyKey === undefined
        ? undefined
        : { scope: START_SCOPE, key: idempotencyKey, recoveryId, digest, at, answer };
    for (let tries = 0; tries < START_TRIES; tries++) {
      const before = idempotencyKey === undefined ? undefined : await this.#store.receipt(START_SCOPE, idempotencyKey);
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
      const answer = { recoveryId: id, existing: false, at };
      if (await this.#engine.start(record, machineInput, entry, receiptOf(id, answer))) return answer;
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
    if (recorded && refused) this.#parts.observer.refused?.('conflict');
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
      const { delivery, answer } = await this.#delivery(loaded, event, by, key, ifVersion);
      const delivered = await this.#engine.deliver(recoveryId, delivery);
      if (delivered.result === 'unknown') throw unknownRecovery(recoveryId);
      if (delivered.result === 'untouched') throw untouched(recoveryId, delivered.reason);
      if (delivered.result === 'keyReused') throw keyReused();
      return viewIn(delivered.result === 'repeated' ? (delivered.answer as Answer) : answer(delivered));
    } catch (error) {
      if (error instanceof Refusal) this.#parts.observer.refused?.(error.code);
      throw error;
    }
  }

  async get(recoveryId: string, by: By = { role: 'staff' }): Promise<RecoveryView> {
    const loaded = await this.#store.load(recoveryId);
    if (!loaded) throw unknownRecovery(recoveryId);
    return this.#parts.view(loaded, this.#parts.clock.now(), by);
  }

  async audit(recoveryId: string, after = 0) {
    const entries = await this.#store.audit(recoveryId, after);
    if (entries.length === 0 && !(await this.#store.load(recoveryId))) throw unknownRecovery(recoveryId);
    return entries;
  }

  /** A refusal is written down. */
  async #delivery(
    taken: Taken,
    event: { type?: unknown },
    by: By,
    key: string | undefined,
    ifVersion: number | undefined,
  ) {
    const { now } = this.#parts.clock;
    try {
      return this.#parts.delivery(taken, event, by, { key, ifVersion, now });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { recovery } = taken;
      await this.#store.record(recovery.id, [this.#parts.refusal(recovery, event, by, refusal, now())]);
      throw refusal;
    }
  }
}
