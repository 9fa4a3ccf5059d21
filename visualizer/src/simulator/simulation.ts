import type { AnyEventObject, AnyStateMachine } from 'xstate';
import type { RefusalCode } from '../../../machines/outcome.ts';
import { catchUp, type Emitted, type Instant, type PortRequest, type Step, step } from '../../../src/core/index.ts';
import { nextTimer } from '../../../src/core/step.ts';
import { refusedBy } from '../../../src/host/answer.ts';
import { type Taken, TakenTracer } from './taken.ts';

/** What a port says, and when; `hangs` is never. */
export type Reply = { output: unknown } | { throws: string } | 'hangs';

/** A call under way. */
export interface Call extends PortRequest {
  /** Of the calls of this port in the whole run, from 1. */
  number: number;
  /** Instant at which it was made. */
  since: Instant;
  /** What will come of it, once that is known. */
  reply?: Reply;
  /** Instant at which the reply comes. */
  replyAt?: Instant;
}

/** What was given to the machine. */
export type Given =
  | { type: 'start' }
  | { type: 'event'; event: AnyEventObject }
  | { type: 'answer'; key: string; port: string; output: unknown }
  | { type: 'failure'; key: string; port: string; message: string }
  | { type: 'timer'; id: string }
  | { type: 'wait'; ms: number };

/** Why an event was not taken. */
export interface Refused {
  code: RefusalCode;
  reason?: string;
  field?: string;
  message?: string;
}

/** One entry of the history: what was given, and how everything stands after it. It never changes. */
export interface Moment {
  readonly at: Instant;
  readonly given: Given;
  /** The last step that was taken. */
  readonly step: Step;
  /** What the machines said; of a refused event, nothing. */
  readonly emitted: readonly Emitted[];
  readonly taken: Taken;
  readonly refused?: Refused;
  readonly calls: readonly Call[];
  /** How often each port was called. */
  readonly made: Readonly<Record<string, number>>;
}

export interface SimulationOptions {
  machine: AnyStateMachine;
  input: unknown;
  now: Instant;
}

const NOTHING: Taken = new Map();

/**
 * One machine with those that it invokes, on a clock that stands still until it is moved: a history of moments over the
 * durable core's `step`. Synchronous and without a world: whoever holds it answers the calls.
 */
export class Simulation {
  readonly machine: AnyStateMachine;
  readonly #moments: Moment[] = [];
  #index = 0;

  /** @throws StepError or DurabilityError when the machine cannot start. */
  constructor({ machine, input, now }: SimulationOptions) {
    this.machine = machine;
    const tracer = new TakenTracer();
    const first = step(machine, null, { type: 'start', input }, now, tracer);
    this.#add({ type: 'start' }, first, tracer.taken);
  }

  /** From the start on, those that were gone back from included. */
  get moments(): readonly Moment[] {
    return this.#moments;
  }
  get index(): number {
    return this.#index;
  }
  get current(): Moment {
    return this.#moments[this.#index] as Moment;
  }
  get now(): Instant {
    return this.current.at;
  }
  get isDone(): boolean {
    return this.current.step.status === 'done';
  }
  /** All that happened up to the current moment. */
  get past(): readonly Moment[] {
    return this.#moments.slice(0, this.#index + 1);
  }
  /** Code of the refusal of the event that was sent last, if it was refused. */
  get lastRefusal(): RefusalCode | undefined {
    return this.past.findLast(({ given }) => given.type === 'event')?.refused?.code;
  }
  call(key: string): Call | undefined {
    return this.current.calls.find((call) => call.key === key);
  }

  /** Goes to any moment of the history. What is given next takes the place of the moments after it. */
  goTo(index: number): void {
    this.#index = Math.max(0, Math.min(index, this.#moments.length - 1));
  }

  /** Gives an event, stamped with the instant. One that is refused is noted, and changes nothing else. */
  send(event: AnyEventObject): void {
    const { at, step: before } = this.current;
    const tracer = new TakenTracer();
    const stamped = { ...event, at };
    const next = this.isDone ? null : step(this.machine, before, { type: 'event', event: stamped }, at, tracer);
    const isTaken = next?.accepted === true && !next.emitted.some((each) => each.event.type === 'refused');
    if (next && isTaken) this.#add({ type: 'event', event }, next, tracer.taken);
    else this.refuse(event, refusedBy(next));
  }

  /** Notes an event that came to nothing. */
  refuse(event: AnyEventObject, refused: Refused): void {
    this.#push({ ...this.current, given: { type: 'event', event }, emitted: [], taken: NOTHING, refused });
  }

  /** Brings the reply of a call now. */
  reply(key: string, reply: Exclude<Reply, 'hangs'>): void {
    this.#reply(key, reply, this.now);
  }

  /** Says what will come of a call, and when: it comes as time passes. It is no moment of its own. */
  plan(key: string, reply: Reply, replyAt: Instant): void {
    const calls = this.current.calls.map((call) => (call.key === key ? { ...call, reply, replyAt } : call));
    this.#moments[this.#index] = { ...this.current, calls };
  }

  /** The instant of what happens next by itself. */
  get nextDue(): Instant | undefined {
    if (this.isDone) return undefined;
    const instants = [nextTimer(this.current.step)?.dueAt, this.#nextReply()?.replyAt].filter(
      (instant) => instant !== undefined,
    );
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /**
   * Lets the first thing happen that is due up to an instant, as of its own instant: a timer before a reply. Where nothing is
   * due the clock moves to the instant.
   * @returns whether something happened.
   */
  advance(to: Instant): boolean {
    const due = this.nextDue;
    if (due === undefined || due > to) {
      if (to > this.now) {
        const given = { type: 'wait', ms: to - this.now } as const;
        this.#push({ ...this.#quiet(), at: to, given });
      }
      return false;
    }
    const timer = nextTimer(this.current.step);
    if (timer && timer.dueAt <= due) this.#fire(due);
    else this.#deliver(due);
    return true;
  }

  #quiet(): Moment {
    const { refused: _, ...moment } = this.current;
    return { ...moment, emitted: [], taken: NOTHING };
  }

  #fire(due: Instant): void {
    const tracer = new TakenTracer();
    for (const next of catchUp(this.machine, this.current.step, due, 'asDue', tracer)) {
      this.#add({ type: 'timer', id: next.timer }, next, tracer.taken);
      return; // what else is due at the same instant comes after all that this one leads to
    }
  }

  #deliver(due: Instant): void {
    const call = this.#nextReply();
    if (call?.reply !== undefined && call.reply !== 'hangs') this.#reply(call.key, call.reply, due);
  }

  #reply(key: string, reply: Exclude<Reply, 'hangs'>, at: Instant): void {
    const { step: before } = this.current;
    const port = this.call(key)?.port ?? key;
    const tracer = new TakenTracer();
    if ('output' in reply) {
      const next = step(this.machine, before, { type: 'answer', key, output: reply.output }, at, tracer);
      this.#add({ type: 'answer', key, port, output: reply.output }, next, tracer.taken);
    } else {
      const error = { name: 'Error', message: reply.throws };
      const next = step(this.machine, before, { type: 'failure', key, error }, at, tracer);
      this.#add({ type: 'failure', key, port, message: reply.throws }, next, tracer.taken);
    }
  }

  #nextReply(): (Call & { replyAt: Instant }) | undefined {
    let first: (Call & { replyAt: Instant }) | undefined;
    for (const call of this.current.calls) {
      if (call.reply === undefined || call.reply === 'hangs' || call.replyAt === undefined) continue;
      if (!first || call.replyAt < first.replyAt) first = { ...call, replyAt: call.replyAt };
    }
    return first;
  }

  #add(given: Given, next: Step, taken: Taken): void {
    const before = this.#moments[this.#index];
    const made = { ...before?.made };
    const kept = (before?.calls ?? []).filter(({ key }) => next.awaited.includes(key));
    const calls = next.requests.map((request): Call => {
      made[request.port] = (made[request.port] ?? 0) + 1;
      return { ...request, number: made[request.port] ?? 1, since: next.at };
    });
    const { emitted } = next;
    this.#push({ at: next.at, given, step: next, emitted, taken, calls: [...kept, ...calls], made });
  }

  #push(moment: Moment): void {
    const kept = this.#moments.length === 0 ? 0 : this.#index + 1;
    this.#moments.splice(kept, Number.POSITIVE_INFINITY, moment);
    this.#index = kept;
  }
}
