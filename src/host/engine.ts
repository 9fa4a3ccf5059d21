import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { faultPoint } from '#fault-point';
import {
  catchUp,
  DurabilityError,
  type Instant,
  type PortFailure,
  StepError,
  type StepInput,
  type Stored,
  step,
  type Tracer,
} from '../core/index.ts';
import type { AuditEntry, Change, Receipt, RecoveryRecord, RequestRecord, Store } from '../store/types.ts';
import { ChangeBuilder, type Particulars } from './change.ts';
import type { Clock, VirtualClock } from './clock.ts';
import type { Changed, Delivered, Delivery, Observer, Stand } from './delivery.ts';
import { Outbox } from './outbox.ts';
import { Retention } from './retention.ts';
import type { Takeover } from './takeover.ts';

export interface EngineOptions {
  store: Store;
  clock: Clock;
  /** The machine that new recoveries begin with. */
  machine: AnyStateMachine;
  /** Finds the machine that a recovery goes on with. */
  takeover: Takeover;
  particulars: Particulars;
  /** Carries out one call and gives its answer, checked. */
  call(request: RequestRecord, signal: AbortSignal): Promise<unknown>;
  /** How often a call is tried before its failure is told. */
  triesOf(port: string): number;
  /** Pause before the next try of the same call, in ms. */
  retryDelay(tries: number): number;
  onError(error: unknown): void;
  observer: Observer;
  /** Looks on while steps are taken: one for each recovery. */
  trace?: ((recoveryId: string) => Tracer) | undefined;
}

/** How often a commit is tried when someone else writes the same recovery. */
const COMMIT_TRIES = 20;
/** Recoveries with due timers that are taken from the store at once. */
const BATCH = 100;
/** Before what failed for a reason that may pass is tried again, in ms. */
const PAUSE = 1_000;

/**
 * Load, step, write everything in one transaction, then carry out the calls. One input at a time for each recovery;
 * the store's version check holds against writers elsewhere.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #outbox: Outbox;
  readonly #retention: Retention;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<(changed: Changed) => void>();
  #alarm: { instant: Instant; cancel: () => void } | undefined;
  #ticking: Promise<void> | undefined;
  #closed = false;
  readonly #forgetRest: () => void;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      clock: options.clock,
      call: options.call,
      settle: (request, outcome) => this.#settle(request, outcome),
      onError: options.onError,
    });
    const { store, clock, particulars, onError } = options;
    this.#retention = new Retention({
      store,
      clock,
      particulars,
      inTurn: (id, work) => this.#queued(id, work),
      committed: (change) => this.#committed(change),
      isClosed: () => this.#closed,
      onError,
    });
    this.#forgetRest = 'restFirst' in clock ? (clock as VirtualClock).restFirst(() => this.idle()) : () => {};
  }

  /** Takes up what an earlier process left: calls that are not answered, timers that fell due meanwhile. */
  async open(): Promise<void> {
    const { store, takeover } = this.#options;
    await takeover.open();
    await this.processDue(); // first what fell due: a call whose time has passed is not to be made any more
    for (const request of await store.pendingRequests(1_000_000, takeover.passedOver)) this.#outbox.add(request);
  }

  onChange(listener: (changed: Changed) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins a recovery. @returns whether it began: not when the account has a live one. */
  async start(record: RecoveryRecord, input: unknown, entry: AuditEntry, receipt?: Receipt): Promise<boolean> {
    const { machine, particulars, trace } = this.#options;
    const change = new ChangeBuilder(record, particulars);
    change.add(
      stepped(() => step(machine, null, { type: 'start', input }, record.createdAt, trace?.(record.id))),
      entry,
    );
    const begun = await this.#commit(change, null, record.createdAt, () => receipt);
    if (begun) this.#options.observer.stepped?.('start');
    return begun !== undefined;
  }

  /** Delivers one input after all timers that are due. */
  deliver(id: string, delivery: Delivery): Promise<Delivered> {
    return this.#queued(id, async () => {
      for (let tries = 1; tries <= COMMIT_TRIES; tries++) {
        const delivered = await this.#try(id, delivery);
        if (delivered !== 'stale') return delivered;
      }
      throw new Error(`recovery '${id}' was written by others ${COMMIT_TRIES} times in a row; try again`);
    });
  }

  /** Processes what is due, and then the delivery, if there is one. */
  async #try(id: string, delivery?: Delivery): Promise<Delivered | 'stale'> {
    const { store, takeover, particulars, clock, trace } = this.#options;
    const loaded = await takeover.load(id);
    if (!loaded) return { result: 'unknown' };
    const before = await this.#answered(delivery?.asked);
    if (before) return before;
    const { recovery, timers, machine, reason } = loaded;
    if (reason) return { result: 'untouched', reason };
    // A clock that is set back does not take a recovery back.
    const now = Math.max(clock.now(), recovery.updatedAt);
    const change = new ChangeBuilder(recovery, particulars);
    const stored: Stored = { snapshot: recovery.snapshot, timers, calls: recovery.calls };
    const tracer = trace?.(id);
    if (machine && recovery.status === 'active') stepped(() => this.#catchUp(machine, change, stored, now, tracer));
    if (!delivery) {
      if (change.isEmpty) return { result: 'refused', step: null, recovery, timers };
      const done = await this.#commit(change, recovery.version, now);
      return done ? { result: 'refused', step: null, ...standOf(done) } : 'stale';
    }

    const { input, entry, refused, ifVersion, asked } = delivery;
    const outdated = ifVersion !== undefined && (ifVersion !== recovery.version || !change.isEmpty);
    const next =
      machine && recovery.status === 'active' && !change.isDone && !outdated
        ? stepped(() => step(machine, change.stored(stored), stamped(input, now), now, tracer))
        : null;
    const isTaken = next?.accepted === true && !next.emitted.some(({ event }) => event.type === 'refused');
    const result = outdated ? 'outdated' : isTaken ? 'taken' : 'refused';
    const receiptOf = (stand: Omit<Stand, 'step'>): Receipt | undefined => {
      if (!asked || outdated) return undefined;
      const { answer, ...receipt } = asked;
      return { ...receipt, recoveryId: id, at: now, answer: answer({ result, step: next, ...stand }) };
    };
    if (next && isTaken) change.add(next, { ...entry, at: now });
    else if (refused) {
      const note = { ...refused(next, outdated), at: now };
      if (change.isEmpty) {
        const recorded = await store.record(id, [note], [], receiptOf({ recovery, timers }));
        return recorded ? { result, step: next, recovery, timers } : 'stale';
      }
      change.note(note);
    }
    if (change.isEmpty) return { result, step: next, recovery, timers };
    const committed = await this.#commit(change, recovery.version, now, receiptOf);
    if (!committed) return 'stale';
    if (isTaken) this.#options.observer.stepped?.(input.type);
    return { result, step: next, ...standOf(committed) };
  }

  /** What was said to the same request before. */
  async #answered(asked: Delivery['asked']): Promise<Delivered | undefined> {
    const receipt = asked && (await this.#options.store.receipt(asked.scope, asked.key));
    if (!receipt) return undefined;
    return receipt.digest === asked.digest ? { result: 'repeated', answer: receipt.answer } : { result: 'keyReused' };
  }

  #catchUp(machine: AnyStateMachine, change: ChangeBuilder, before: Stored, now: Instant, tracer?: Tracer): void {
    for (const due of catchUp(machine, before, now, 'fromCall', tracer)) {
      change.add(due, { at: due.at, kind: 'timer', data: { timer: due.timer } });
      this.#options.observer.stepped?.('timer', now - due.at);
    }
  }

  async #commit(
    change: ChangeBuilder,
    from: number | null,
    now: Instant,
    receiptOf?: (stand: Omit<Stand, 'step'>) => Receipt | undefined,
  ): Promise<Change | undefined> {
    const built = change.build(from, now, receiptOf);
    if ((await this.#options.store.commit(built)) !== 'committed') return undefined;
    faultPoint('engine.committed');
    this.#committed(built);
    return built;
  }

  /** What follows from a change once it is written. */
  #committed({ recovery, requests, awaited, timers, retention = [] }: Change): void {
    this.#outbox.keepOnly(recovery.id, awaited);
    for (const request of requests) this.#outbox.add(request);
    for (const { dueAt } of [...timers, ...retention]) this.#wakeAt(dueAt);
    const { id, version, state, status, updatedAt } = recovery;
    for (const listener of this.#listeners) {
      try {
        listener({ recoveryId: id, version, state, status, at: updatedAt });
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  /** Brings the result of a call to the machine, or, when nobody waits for it, to the audit trail alone. */
  async #settle(request: RequestRecord, outcome: { output: unknown } | { error: PortFailure }): Promise<void> {
    const { store, clock, triesOf, retryDelay } = this.#options;
    const { recoveryId, key, port } = request;
    const tries = request.tries + 1;
    if ('error' in outcome && tries < triesOf(port)) {
      const notBefore = clock.now() + retryDelay(tries);
      if (!(await store.postpone(recoveryId, key, tries, notBefore))) return; // given up meanwhile
      this.#options.observer.retried?.(port);
      this.#outbox.add({ ...request, tries, notBefore });
      return;
    }
    const data = { key, port, ...('error' in outcome ? { error: outcome.error.message } : {}) };
    if (request.kind === 'sent') {
      await store.record(
        recoveryId,
        [{ at: clock.now(), kind: 'notice', data: { ...data, ok: 'output' in outcome } }],
        [key],
      );
      const again = await this.#retention.settled(request);
      if (again !== undefined) this.#wakeAt(again);
      return;
    }
    const input: StepInput =
      'error' in outcome
        ? { type: 'failure', key, error: outcome.error }
        : { type: 'answer', key, output: outcome.output };
    const dropped: AuditEntry = { at: clock.now(), kind: 'dropped', data };
    try {
      const entry: AuditEntry = { at: clock.now(), kind: input.type, data };
      const delivered = await this.deliver(recoveryId, { input, entry, refused: () => dropped });
      if (delivered.result === 'refused') await store.record(recoveryId, [], [key]);
    } catch (error) {
      if (!isMachineError(error)) throw error;
      this.#options.onError(error);
      await this.#queued(recoveryId, () => this.#getStuck(recoveryId, error));
    }
  }

  /** Marks a recovery whose machine failed, and leaves it as it was. */
  async #getStuck(id: string, error: unknown): Promise<void> {
    const loaded = await this.#options.store.load(id);
    if (loaded?.recovery.status !== 'active') return;
    const now = this.#options.clock.now();
    const message = error instanceof Error ? error.message : String(error);
    const retention = this.#options.particulars.retention(loaded.recovery.snapshot, now);
    const change: Change = {
      recovery: {
        ...loaded.recovery,
        status: 'stuck',
        live: false,
        version: loaded.recovery.version + 1,
        updatedAt: now,
      },
      from: loaded.recovery.version,
      timers: [],
      requests: [],
      awaited: [],
      audit: [{ at: now, kind: 'stuck', data: { error: message, timers: loaded.timers } }],
      ledger: [],
      retention,
    };
    if ((await this.#options.store.commit(change)) === 'committed') this.#committed(change);
  }

  #wakeAt(instant: Instant): void {
    if (this.#closed || (this.#alarm && this.#alarm.instant <= instant)) return;
    this.#alarm?.cancel();
    const cancel = this.#options.clock.at(instant, () => {
      this.#alarm = undefined;
      void this.processDue();
    });
    this.#alarm = { instant, cancel };
  }

  /** Processes all that is due now. */
  processDue(): Promise<void> {
    this.#ticking ??= this.#catchUpAll().finally(() => {
      this.#ticking = undefined;
    });
    return this.#ticking;
  }

  /** Processes what is due; what cannot be processed keeps nothing else from it, and is tried again after a pause. */
  async #catchUpAll(): Promise<void> {
    const { store, takeover, clock, onError } = this.#options;
    const failed = new Set<string>();
    try {
      while (!this.#closed) {
        const due = await store.due(clock.now(), BATCH + failed.size, takeover.passedOver);
        const ids = new Set(due.map(({ recoveryId }) => recoveryId).filter((id) => !failed.has(id)));
        if (ids.size === 0 && !(await this.#retention.eraseSome())) break;
        for (const id of ids) if (!(await this.#catchUpOne(id))) failed.add(id);
      }
      const next = this.#closed ? undefined : await store.nextDue(takeover.passedOver);
      if (next !== undefined) this.#wakeAt(failed.size > 0 ? clock.now() + PAUSE : next);
      const erasure = this.#closed ? undefined : await this.#retention.next();
      if (erasure !== undefined) this.#wakeAt(erasure);
    } catch (error) {
      if (this.#closed) return;
      onError(error);
      this.#wakeAt(clock.now() + PAUSE);
    }
  }

  /** @returns whether what was due is done with. */
  #catchUpOne(id: string): Promise<boolean> {
    return this.#queued(id, async () => {
      try {
        return (await this.#try(id)) !== 'stale';
      } catch (error) {
        if (this.#closed) return false;
        this.#options.onError(error);
        if (!isMachineError(error)) return false;
        await this.#getStuck(id, error);
        return true;
      }
    });
  }

  #queued<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('this host is closed'));
    const before = this.#queues.get(id) ?? Promise.resolve();
    const run = before.then(work, work);
    const tail = run.then(
      () => {},
      () => {},
    );
    this.#queues.set(id, tail);
    void tail.then(() => {
      if (this.#queues.get(id) === tail) this.#queues.delete(id);
    });
    return run;
  }

  /** Resolves when nothing is under way but what waits for time to pass. */
  async idle(): Promise<void> {
    const { clock } = this.#options;
    const parked = () => ('waiting' in clock ? (clock as VirtualClock).waiting : 0);
    for (let calm = 0; calm < 2; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const busy = this.#queues.size > 0 || this.#ticking !== undefined || this.#outbox.running > parked();
      calm = busy ? 0 : calm + 1;
    }
  }

  /** Stops claiming work and waits for what is under way in this process; the rest stays in the store. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm?.cancel();
    this.#forgetRest();
    this.#outbox.close();
    await this.#ticking;
    await Promise.all(this.#queues.values());
  }
}

const standOf = ({ recovery, timers }: Change) => ({ recovery, timers });

function stamped(input: StepInput, at: Instant): StepInput {
  return input.type === 'event' ? { type: 'event', event: { ...input.event, at } as AnyEventObject } : input;
}

/** Whatever a chart does to fail, the same input would bring it again. */
function stepped<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isMachineError(error) ? error : new StepError('an input', error);
  }
}

/** An error that the same input would bring again. */
const isMachineError = (error: unknown) => error instanceof StepError || error instanceof DurabilityError;
