import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { catchUp, nextTimer, type PortFailure, StepError, type StepInput, type Stored, step } from '../core/index.ts';
import type { Clock, VirtualClock } from '../host/clock.ts';
import { Outbox } from '../host/outbox.ts';
import type { RequestRecord } from '../store/types.ts';
import type { Caller } from './calls.ts';
import type { TabDatabase } from './database.ts';
import { TabError } from './errors.ts';
import { Gathered } from './gathered.ts';
import { isMachineError, refusalIn, refusalOf, settledBy, stamped, stepped } from './inputs.ts';
import { migrated } from './migrate.ts';
import type { ActorRecord, LogEntry, Rules, Sent } from './records.ts';

export interface HostOptions {
  id: string;
  group: string;
  machine: AnyStateMachine;
  fingerprint: string;
  /** What the machine is started with, where nothing is stored. */
  input: unknown;
  migrate: ((stored: Stored) => Stored) | undefined;
  db: TabDatabase;
  clock: Clock;
  caller: Caller;
  rules: Rules;
  /** Pause before the next try of the same call, in ms. */
  retryDelay(tries: number): number;
  /** Told of each change once it is written. */
  committed(actor: ActorRecord): void;
  onError(error: unknown): void;
}

/** How often a commit is tried when someone else writes the same actor. */
const COMMIT_TRIES = 20;
/** Before what failed for a reason that may pass is tried again, in ms. */
const PAUSE = 1_000;

type Entry = Omit<LogEntry, 'at'>;

interface Delivery {
  input: StepInput;
  /** What the log says of it when it is taken. */
  entry: Entry;
  /** What it says when it is not; of an actor that has ended, nothing more is kept. */
  refused(answer: Sent, hasEnded: boolean): Entry;
}

/**
 * The durable host of one actor, in the tab that leads: load, step, write everything in one transaction, then carry out the
 * calls. One input at a time; what is due comes first, as of its own instant.
 */
export class TabHost {
  readonly #options: HostOptions;
  readonly #outbox: Outbox;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #alarm = () => {};
  #closed = false;
  readonly #forgetRest: () => void;

  constructor(options: HostOptions) {
    this.#options = options;
    const { clock, caller, onError } = options;
    this.#outbox = new Outbox({
      clock,
      call: (request, signal) => caller.call(request, signal),
      settle: (request, outcome) => this.#settle(request, outcome),
      onError,
    });
    this.#forgetRest = 'restFirst' in clock ? (clock as VirtualClock).restFirst(() => this.idle()) : () => {};
  }

  /** Starts the actor, or takes up what was left: timers that fell due meanwhile, calls that are not answered. */
  async open(): Promise<void> {
    const { db, id, fingerprint } = this.#options;
    await this.#queued(async () => {
      const actor = await db.load(id);
      if (!actor) await this.#start();
      else if (actor.machine !== fingerprint && actor.status === 'active') await this.#migrate(actor);
    });
    await this.processDue(); // first what fell due: a call whose time has passed is not to be made any more
    this.#outbox.start(await db.calls(id));
  }

  async #start(): Promise<void> {
    const { id, group, machine, fingerprint, input, clock } = this.#options;
    const now = clock.now();
    const change = this.#gathered({
      id,
      group,
      machine: fingerprint,
      status: 'active',
      version: 0,
      states: [],
      snapshot: null,
      timers: [],
      calls: {},
      sent: 0,
      createdAt: now,
      updatedAt: now,
    });
    change.add(
      stepped(() => step(machine, null, { type: 'start', input }, now)),
      { kind: 'start', data: {} },
    );
    await this.#commit(change, null, now);
  }

  async #migrate(actor: ActorRecord): Promise<void> {
    const { machine, fingerprint, migrate, clock } = this.#options;
    const now = Math.max(clock.now(), actor.updatedAt);
    const change = this.#gathered({ ...actor, machine: fingerprint });
    change.add(migrated(machine, actor, migrate, now), { kind: 'migrated', data: { from: actor.machine } });
    await this.#commit(change, actor.version, now);
  }

  #gathered(actor: ActorRecord): Gathered {
    const { rules, caller } = this.#options;
    return new Gathered(actor, rules, (request, kind, at) => caller.record(request, kind, at));
  }

  /**
   * Delivers an event after all timers that are due.
   * @param key under which a repeat has no further effect and gets the same answer.
   * @param by who sent it, where the machine's rules ask.
   * @throws StepError when the machine fails; then nothing has changed.
   */
  send(event: AnyEventObject, key: string, by?: unknown): Promise<Sent> {
    const { rules } = this.#options;
    const checked = rules.check?.(event, by) ?? event;
    const secrets = rules.secretsOf?.(event.type) ?? [];
    const shown = { event: Object.fromEntries(Object.entries(event).filter(([name]) => !secrets.includes(name))) };
    return this.#delivered(key, async () => {
      if ('taken' in checked) {
        const answer = checked as Sent; // what does not fit its schema may hold anything: only its type is kept
        await this.#note({ kind: 'refused', data: { event: { type: event.type }, ...refusalIn(answer) }, key, answer });
        return answer;
      }
      return this.#deliver({
        input: { type: 'event', event: checked as AnyEventObject },
        entry: { kind: 'event', data: shown, key },
        refused: (answer, hasEnded) => {
          const said = hasEnded ? { event: { type: event.type } } : shown;
          return { kind: 'refused', data: { ...said, ...refusalIn(answer) }, key, answer };
        },
      });
    });
  }

  #delivered(key: string, deliver: () => Promise<Sent>): Promise<Sent> {
    const { db, id } = this.#options;
    return this.#queued(async () => (await db.answered(id, key)) ?? (await deliver()));
  }

  async #deliver(delivery: Delivery): Promise<Sent> {
    for (let tries = 1; tries <= COMMIT_TRIES; tries++) {
      const answer = await this.#try(delivery);
      if (answer) return answer;
    }
    throw new Error(`actor '${this.#options.id}' was written by others ${COMMIT_TRIES} times in a row; try again`);
  }

  /** @returns undefined when someone else was first: to be tried again. */
  async #try({ input, entry, refused }: Delivery): Promise<Sent | undefined> {
    const { db, id, machine, clock } = this.#options;
    const actor = await this.#load();
    const now = Math.max(clock.now(), actor.updatedAt); // a clock that is set back does not take an actor back
    const change = this.#caughtUp(actor, now);
    const isActive = actor.status === 'active' && !change.isDone;
    const next = isActive ? stepped(() => step(machine, change.stored, stamped(input, now), now)) : null;
    const refusal = refusalOf(next);
    if (refusal) {
      if (change.isEmpty) {
        await db.note(id, [{ ...refused(refusal, !isActive), at: now }], settledBy(input));
        return refusal;
      }
      change.note({ ...refused(refusal, !isActive), at: now });
    } else if (next) {
      const answer: Sent = { taken: true, version: actor.version + 1 };
      change.add(next, entry.key === undefined ? entry : { ...entry, answer });
    }
    const written = await this.#commit(change, actor.version, now);
    if (!written) return undefined;
    return refusal ?? { taken: true, version: written.version };
  }

  #caughtUp(actor: ActorRecord, now: number): Gathered {
    const change = this.#gathered(actor);
    if (actor.status !== 'active') return change;
    stepped(() => {
      for (const due of catchUp(this.#options.machine, actor, now)) {
        change.add(due, { kind: 'timer', data: { timer: due.timer } });
      }
    });
    return change;
  }

  async #load(): Promise<ActorRecord> {
    const { db, id } = this.#options;
    const actor = await db.load(id);
    if (actor) return actor;
    throw new TabError('gone', `what was stored of '${id}' is there no more`);
  }

  async #commit(change: Gathered, from: number | null, now: number): Promise<ActorRecord | undefined> {
    const { db, caller, committed } = this.#options;
    const built = change.build(from, now);
    try {
      if (!(await db.commit(built))) return undefined;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'DataCloneError') throw new StepError('an input', error);
      throw error;
    }
    const { actor, awaited, calls } = built;
    this.#outbox.keepOnly(actor.id, awaited);
    caller.keepOnly(awaited);
    for (const call of calls) this.#outbox.add(call);
    this.#wakeFor(actor);
    committed(actor);
    return actor;
  }

  #note(entry: Entry, settled: readonly string[] = []): Promise<void> {
    const { db, id, clock } = this.#options;
    return db.note(id, [{ ...entry, at: clock.now() }], settled);
  }

  /** Brings the result of a call to the machine, or, when nobody waits for it, to the log alone. */
  async #settle(request: RequestRecord, outcome: { output: unknown } | { error: PortFailure }): Promise<void> {
    const { db, id, clock, caller, retryDelay, onError } = this.#options;
    const { key, port, kind } = request;
    const tries = request.tries + 1;
    if ('error' in outcome && tries < caller.triesOf(port)) {
      const notBefore = clock.now() + retryDelay(tries);
      if (await db.postpone(id, key, tries, notBefore)) this.#outbox.add({ ...request, tries, notBefore });
      return;
    }
    caller.forget(key);
    const data = { key, port, ...('error' in outcome ? { error: outcome.error.message } : {}) };
    if (kind === 'sent') return this.#note({ kind: 'sent', data: { ...data, ok: 'output' in outcome } }, [key]);
    const input: StepInput =
      'error' in outcome ? { type: 'failure', key, ...outcome } : { type: 'answer', key, ...outcome };
    const entry: Entry = { kind: 'error' in outcome ? 'failure' : 'answer', data };
    try {
      await this.#queued(() => this.#deliver({ input, entry, refused: () => ({ kind: 'dropped', data }) }));
    } catch (error) {
      if (!isMachineError(error)) throw error;
      onError(error);
      await this.#queued(() => this.#getStuck(error));
    }
  }

  /** Marks an actor whose machine failed, and leaves it as it was. */
  async #getStuck(error: Error): Promise<void> {
    const { clock, committed, db } = this.#options;
    const before = await this.#load();
    if (before.status !== 'active') return;
    const now = Math.max(clock.now(), before.updatedAt);
    const { timers, version } = before;
    const actor: ActorRecord = { ...before, status: 'stuck', timers: [], version: version + 1, updatedAt: now };
    const log: LogEntry[] = [{ at: now, kind: 'stuck', data: { error: error.message, timers } }];
    if (!(await db.commit({ actor, from: version, calls: [], awaited: [], log }))) return;
    this.#outbox.keepOnly(actor.id, []);
    committed(actor);
  }

  #wakeFor(actor: ActorRecord): void {
    const next = nextTimer(actor);
    this.#wakeAt(actor.status === 'active' ? next?.dueAt : undefined);
  }

  #wakeAt(instant: number | undefined): void {
    this.#alarm();
    this.#alarm = () => {};
    if (instant === undefined || this.#closed) return;
    this.#alarm = this.#options.clock.at(instant, () => void this.processDue());
  }

  /** Processes all that is due now. What cannot be is tried again after a pause. */
  async processDue(): Promise<void> {
    const { clock, onError } = this.#options;
    if (this.#closed) return;
    await this.#queued(async () => {
      try {
        const actor = await this.#load();
        const now = Math.max(clock.now(), actor.updatedAt);
        const change = this.#caughtUp(actor, now);
        if (change.isEmpty) this.#wakeFor(actor);
        else if (!(await this.#commit(change, actor.version, now))) this.#wakeAt(clock.now());
      } catch (error) {
        if (this.#closed) return;
        onError(error);
        if (isMachineError(error)) await this.#getStuck(error);
        else if (!(error instanceof TabError)) this.#wakeAt(clock.now() + PAUSE);
      }
    });
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed)
      return Promise.reject(new TabError('closed', `actor '${this.#options.id}' was closed in this tab`));
    this.#waiting += 1;
    const run = this.#queue.then(work, work).finally(() => {
      this.#waiting -= 1;
    });
    this.#queue = run.catch(() => {});
    return run;
  }

  /** Resolves when nothing is under way but what waits for time to pass. */
  async idle(): Promise<void> {
    const { clock } = this.#options;
    const parked = () => ('waiting' in clock ? (clock as VirtualClock).waiting : 0);
    for (let calm = 0; calm < 2; ) {
      await new Promise<void>((resolve) => setTimeout(resolve));
      calm = this.#waiting > 0 || this.#outbox.running > parked() ? 0 : calm + 1;
    }
  }

  /** Waits for what is being written; calls under way are broken off and made again by the next host. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm();
    this.#forgetRest();
    this.#outbox.close();
    await this.#queue;
  }
}
