import type { AnyActorRef, AnyEventObject } from 'xstate';
import { DurabilityError } from './errors.ts';
import { holdsRef } from './refs.ts';
import type { Inspected, Tracer } from './tracer.ts';
import { isLive, isStopped, pathOf } from './tree.ts';
import type { Emitted, Instant, PortRequest, Timer } from './types.ts';

/**
 * What touches the inside of XState (5.33) is in this file, tree.ts and refs.ts. The recorder takes the place of the
 * actor system's scheduler, so that delays become instants; stamps the system's own events with the logical time; and
 * notes requests, emitted events and whether the input was taken.
 */
interface Internals {
  _bookId(): string;
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void;
  _sendInspectionEvent(event: Inspected): void;
  scheduler: {
    schedule(source: AnyActorRef, target: AnyActorRef, event: AnyEventObject, delay: number, id?: string): void;
    cancel(source: AnyActorRef, id: string): void;
    cancelAll(source: AnyActorRef): void;
  };
}

const internalsOf = (actor: AnyActorRef) => actor.system as unknown as Internals;

interface LiveTimer extends Timer {
  sourceRef: AnyActorRef;
  targetRef: AnyActorRef;
}

export class Recorder {
  /** The logical time of the step. */
  now: Instant;
  requests: PortRequest[] = [];
  emitted: Emitted[] = [];
  calls: Record<string, number>;
  /** Every actor that was restored or made, without those that had stopped before this step. */
  readonly actors = new Set<AnyActorRef>();
  /** Set when a machine asks for what cannot be kept, even where another machine handles the error. */
  refusal: DurabilityError | undefined;
  #timers = new Map<string, LiveTimer>();
  #unnamed: number;
  /** While a stored tree is put together again, nothing that it says is news. */
  #restoring: boolean;
  #outside: AnyEventObject | undefined;
  #moved = false;
  readonly #tracer: Tracer | undefined;
  readonly #took = new Set<AnyActorRef>();
  readonly #passedOn = new Set<AnyActorRef>();

  constructor(now: Instant, calls: Readonly<Record<string, number>>, restoring: boolean, tracer?: Tracer) {
    this.now = now;
    this.calls = { ...calls };
    this.#unnamed = calls['#'] ?? 0;
    this.#restoring = restoring;
    this.#tracer = tracer;
  }

  /** Makes ready for one more step of a tree that was kept: what the last one noted is left to it. */
  begin(now: Instant, calls: Readonly<Record<string, number>>): void {
    this.now = now;
    this.calls = { ...calls };
    this.#unnamed = Math.max(this.#unnamed, calls['#'] ?? 0);
    this.requests = [];
    this.emitted = [];
    this.#timers.clear();
    this.#outside = undefined;
    this.#moved = false;
    this.#took.clear();
    this.#passedOn.clear();
    for (const actor of this.actors) if (isStopped(actor)) this.actors.delete(actor);
  }

  /** `begin` for one more step from where the tree stood before its last one: numbers are given again. */
  beginAgain(now: Instant, calls: Readonly<Record<string, number>>): void {
    this.begin(now, calls);
    this.#unnamed = calls['#'] ?? 0;
  }

  /** An inspector for `createActor`: it is called before the root computes or restores its first snapshot. */
  readonly inspect = (event: Inspected): void => {
    const actor = event.actorRef as AnyActorRef;
    if (event.type !== '@xstate.actor' || actor._parent) return;
    this.#install(actor);
    this.#tracer?.inspect(event);
  };

  #install(root: AnyActorRef): void {
    const system = internalsOf(root);
    recorders.set(system, this);
    system._bookId = () => `x:${this.#number()}`;
    system._sendInspectionEvent = (event) => this.#see(event);
    system._relay = (source, target, event) => {
      if (this.#restoring && event.type.startsWith('xstate.snapshot.')) return;
      if (event === this.#outside && source) this.#passedOn.add(source);
      if (isStopped(target)) return;
      this.#tracer?.inspect({ type: '@xstate.event', actorRef: target, sourceRef: source, event });
      const internals = target as unknown as { _send(event: AnyEventObject): void };
      internals._send(event.type.startsWith('xstate.') ? { ...event, at: this.now } : event);
    };
    system.scheduler = {
      schedule: (source, target, event, delay, id) => {
        const dueAt = this.now + Math.max(0, delay);
        this.addTimer(source, target, event, dueAt, id ?? `x:${this.#number()}`);
      },
      cancel: (source, id) => void this.#timers.delete(timerId(source, id)),
      cancelAll: (source) => {
        for (const timer of this.#timers.values()) if (timer.sourceRef === source) this.#timers.delete(timer.id);
      },
    };
    this.#listen(root);
  }

  #see(event: Inspected): void {
    this.#tracer?.inspect(event);
    if (event.type === '@xstate.actor') this.#listen(event.actorRef as AnyActorRef);
    if (event.type === '@xstate.microstep' && event.event === this.#outside && event._transitions.length > 0) {
      this.#took.add(event.actorRef as AnyActorRef);
      if (event._transitions.some((taken) => taken.target)) this.#moved = true;
    }
  }

  #refuse(code: DurabilityError['code'], message: string): never {
    this.refusal ??= new DurabilityError(code, message);
    throw this.refusal;
  }

  #listen(actor: AnyActorRef): void {
    this.actors.add(actor);
    if (actor._parent && typeof (actor as { src?: unknown }).src !== 'string') {
      this.#refuse(
        'inlineActor',
        `actor '${pathOf(actor)}' was spawned from logic written in place: it could not be found again after a ` +
          `restart. Name it in setup({ actors }) and spawn it by that name.`,
      );
    }
    actor.on('*', (event) => this.emitted.push({ path: pathOf(actor), event: event as AnyEventObject }));
  }

  addTimer(source: AnyActorRef, target: AnyActorRef, event: AnyEventObject, dueAt: Instant, id: string): void {
    const key = timerId(source, id);
    if (!Number.isFinite(dueAt)) this.#refuse('badTimer', `timer '${key}' has a delay that is no finite number`);
    if (holdsRef(event)) {
      this.#refuse(
        'badTimer',
        `the delayed event '${event.type}' of timer '${key}' holds an actor, which no JSON can keep`,
      );
    }
    if (this.#timers.has(key)) this.#setAside(key);
    this.#timers.set(key, {
      id: key,
      source: pathOf(source),
      target: pathOf(target),
      event,
      dueAt,
      sourceRef: source,
      targetRef: target,
    });
  }

  /** A number that no other name in the tree holds, now or after a restart. */
  #number(): number {
    this.#unnamed += 1;
    this.calls['#'] = this.#unnamed;
    return this.#unnamed;
  }

  /** Of two timers with one id XState lets both run, and `cancel` reaches only the younger. */
  #setAside(key: string): void {
    const id = `${key}~${this.#number()}`;
    const timers = [...this.#timers.values()].map((timer) => (timer.id === key ? { ...timer, id } : timer));
    this.#timers = new Map(timers.map((timer) => [timer.id, timer]));
  }

  /** Puts a stored timer back, with its instant as it was. */
  restoreTimer(timer: Timer, find: (path: string) => AnyActorRef | undefined): void {
    const sourceRef = find(timer.source);
    const targetRef = find(timer.target);
    if (sourceRef && targetRef) this.#timers.set(timer.id, { ...timer, sourceRef, targetRef });
  }

  restored(): void {
    this.#restoring = false;
    this.emitted.length = 0;
  }

  /** Delivers an event from outside, and tells whether it moved a machine or had a transition beyond passing it on. */
  deliver(target: AnyActorRef, event: AnyEventObject): boolean {
    this.#outside = event;
    target.send(event);
    return this.#moved || [...this.#took].some((actor) => !this.#passedOn.has(actor));
  }

  /** Lets a timer fire; false when it is no longer there. */
  fire(id: string): boolean {
    const timer = this.#timers.get(id);
    if (!timer) return false;
    this.#timers.delete(id);
    internalsOf(timer.targetRef)._relay(timer.sourceRef, timer.targetRef, timer.event);
    return true;
  }

  /** Notes a port call and gives its key. */
  request(self: AnyActorRef, port: string, input: unknown): string {
    const path = self._parent ? pathOf(self._parent) : '';
    const call = `${path}/${port}`;
    const attempt = (this.calls[call] ?? 0) + 1;
    this.calls[call] = attempt;
    const key = `${call}/${attempt}`;
    this.requests.push({ key, path, port, attempt, input });
    return key;
  }

  /** Pending timers in scheduling order, without those whose sender or receiver has stopped. */
  timers(): Timer[] {
    return [...this.#timers.values()]
      .filter((timer) => isLive(timer.sourceRef) && isLive(timer.targetRef))
      .map(({ id, source, target, event, dueAt }) => ({ id, source, target, event, dueAt }));
  }
}

const timerId = (source: AnyActorRef, id: string) => `${pathOf(source)}#${id}`;

const recorders = new WeakMap<object, Recorder>();

export function recorderOf(system: object): Recorder {
  const recorder = recorders.get(system);
  if (!recorder) throw new Error('a durable port was started outside a step');
  return recorder;
}
