import type { AnyStateMachine } from 'xstate';
import { faultPoint } from '#fault-point';
import { LiveActors, type Tracer } from '../core/index.ts';
import type { AuditEntry, Change, Receipt, RecoveryRecord, RequestRecord, Store } from '../store/types.ts';
import { Alarm } from './alarm.ts';
import type { Particulars } from './change.ts';
import type { Clock, VirtualClock } from './clock.ts';
import { begin, decide, isMachineError, repeated, settlement, stuck } from './decide.ts';
import type { Changed, Delivered, Delivery, Observer, Outcome } from './delivery.ts';
import { Outbox } from './outbox.ts';
import { Retention } from './retention.ts';
import { Sharing } from './sharing.ts';
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
 * Loads, has it decided, writes everything in one transaction, then carries out the calls. One input at a time for each
 * recovery; the store's version check holds against writers elsewhere.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #outbox: Outbox;
  readonly #retention: Retention;
  readonly #sharing: Sharing | undefined;
  readonly #live = new LiveActors();
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<(changed: Changed) => void>();
  readonly #alarm: Alarm;
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
    this.#alarm = new Alarm(clock, () => void this.processDue());
    this.#retention = new Retention({
      store,
      clock,
      particulars,
      inTurn: (id, work) => this.#queued(id, work),
      committed: (change) => this.#committed(change),
      isClosed: () => this.#closed,
      onError,
    });
    const { shared } = store;
    this.#sharing =
      shared &&
      new Sharing({
        shared,
        store,
        outbox: this.#outbox,
        passedOver: () => options.takeover.passedOver,
        inTurn: (id, work) => this.#queued(id, work),
        processDue: () => this.processDue(),
        heard: (changed) => this.#told(changed),
        onError,
      });
    this.#forgetRest = 'restFirst' in clock ? (clock as VirtualClock).restFirst(() => this.idle()) : () => {};
  }

  /** Takes up what an earlier process left: calls that are not answered, timers that fell due meanwhile. */
  async open(): Promise<void> {
    const { store, takeover } = this.#options;
    await takeover.open();
    await this.processDue(); // first what fell due: a call whose time has passed is not to be made any more
    const most = this.#sharing ? this.#outbox.room : 1_000_000;
    this.#outbox.start(await store.pendingRequests(most, takeover.passedOver));
    this.#sharing?.open();
  }

  onChange(listener: (changed: Changed) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins a recovery. @returns whether it began: not when the account has a live one. */
  async start(record: RecoveryRecord, input: unknown, entry: AuditEntry, receipt?: Receipt): Promise<boolean> {
    const { machine, observer } = this.#options;
    const begun = await this.#commit(begin(machine, record, input, entry, receipt, this.#deciding(record.id)));
    if (begun) observer.stepped?.('start');
    return begun;
  }

  #deciding(id: string) {
    const { particulars, trace } = this.#options;
    return { particulars, tracer: trace?.(id), takeStep: this.#live.step };
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
    const { store, takeover, clock, observer } = this.#options;
    const loaded = await takeover.load(id);
    if (!loaded) return { result: 'unknown' };
    const asked = delivery?.asked;
    const before = repeated(asked && (await store.receipt(asked.scope, asked.key)), asked);
    if (before) return before;
    const decision = decide(loaded, delivery, clock.now(), this.#deciding(id));
    if (decision.write === 'note') {
      if (!(await store.record(id, [decision.entry], [], decision.receipt))) return 'stale';
    } else if (decision.write === 'change') {
      if (!(await this.#commit(decision.change))) return 'stale';
      for (const { input, lateness } of decision.steps) observer.stepped?.(input, lateness);
    }
    return decision.delivered;
  }

  async #commit(change: Change): Promise<boolean> {
    if ((await this.#options.store.commit(change)) !== 'committed') return false;
    faultPoint('engine.committed');
    this.#committed(change);
    return true;
  }

  /** What follows from a change once it is written. */
  #committed({ recovery, requests, awaited, timers, retention = [] }: Change): void {
    this.#outbox.keepOnly(recovery.id, awaited);
    for (const request of requests) this.#outbox.add(request);
    for (const { dueAt } of [...timers, ...retention]) this.#alarm.wakeAt(dueAt);
    const { id, version, state, status, updatedAt } = recovery;
    const changed = { recoveryId: id, version, state, status, at: updatedAt };
    this.#told(changed);
    this.#sharing?.tell(changed);
  }

  #told(changed: Changed): void {
    for (const listener of this.#listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  /** Brings the result of a call to the machine, or, when nobody waits for it, to the audit trail alone. */
  async #settle(request: RequestRecord, outcome: Outcome): Promise<void> {
    const { store, clock, triesOf, retryDelay, observer, onError } = this.#options;
    const { recoveryId, key, port } = request;
    const tries = request.tries + 1;
    if ('error' in outcome && tries < triesOf(port)) {
      const notBefore = clock.now() + retryDelay(tries);
      if (!(await store.postpone(recoveryId, key, tries, notBefore))) return; // given up meanwhile
      observer.retried?.(port);
      this.#outbox.add({ ...request, tries, notBefore });
      return;
    }
    const settled = settlement(request, outcome, clock.now());
    if ('note' in settled) {
      await store.record(recoveryId, [settled.note], [key]);
      const again = await this.#retention.settled(request);
      if (again !== undefined) this.#alarm.wakeAt(again);
      return;
    }
    try {
      const delivered = await this.deliver(recoveryId, settled.delivery);
      if (delivered.result === 'refused') await store.record(recoveryId, [], [key]);
    } catch (error) {
      if (!isMachineError(error)) throw error;
      onError(error);
      await this.#queued(recoveryId, () => this.#getStuck(recoveryId, error));
    }
  }

  async #getStuck(id: string, error: unknown): Promise<void> {
    const { store, clock, particulars } = this.#options;
    const loaded = await store.load(id);
    if (loaded?.recovery.status === 'active') await this.#commit(stuck(loaded, error, clock.now(), particulars));
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
        // At once: what is written together shares a transaction.
        const done = await Promise.all([...ids].map(async (id) => [id, await this.#catchUpOne(id)] as const));
        for (const [id, isDone] of done) if (!isDone) failed.add(id);
      }
      const next = this.#closed ? undefined : await store.nextDue(takeover.passedOver);
      if (next !== undefined) this.#alarm.wakeAt(failed.size > 0 ? clock.now() + PAUSE : next);
      const erasure = this.#closed ? undefined : await this.#retention.next();
      if (erasure !== undefined) this.#alarm.wakeAt(erasure);
    } catch (error) {
      if (this.#closed) return;
      onError(error);
      this.#alarm.wakeAt(clock.now() + PAUSE);
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
    this.#alarm.close();
    this.#forgetRest();
    this.#outbox.close();
    await this.#ticking;
    await Promise.all(this.#queues.values());
    await this.#sharing?.close();
  }
}
