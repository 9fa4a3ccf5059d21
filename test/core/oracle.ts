import {
  type Actor,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  isMachineSnapshot,
} from 'xstate';
import { activeStates } from '../../src/core/states.ts';
import type { Emitted, Instant } from '../../src/core/types.ts';
import { connect } from './shapes/shape.ts';
import { plain, type View } from './view.ts';

interface Scheduled {
  source: AnyActorRef;
  target: AnyActorRef;
  event: AnyEventObject;
}
interface Alarm {
  dueAt: Instant;
  fire: () => void;
  scheduled: Scheduled;
}
interface Call {
  self: AnyActorRef;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

const pathOf = (ref: AnyActorRef): string =>
  ref._parent ? [pathOf(ref._parent), ref.id].filter((part) => part !== '').join('/') : '';

/** Whether an actor, and all above it, still run as children of one another. */
function lives(ref: AnyActorRef): boolean {
  if (ref.getSnapshot().status !== 'active') return false;
  if (!ref._parent) return true;
  const above: unknown = ref._parent.getSnapshot();
  return isMachineSnapshot(above) && above.children[ref.id] === ref && lives(ref._parent);
}

/** The machine as XState runs it: live, never restored, with a clock that only the test moves. */
export class Oracle {
  readonly actor: Actor<AnyStateMachine>;
  #now: Instant;
  #alarms: Alarm[] = [];
  readonly #calls = new Map<string, Call>();
  readonly #attempts = new Map<string, number>();
  readonly #known = new Set<unknown>();
  #emitted: Emitted[] = [];

  constructor(machine: AnyStateMachine, now: Instant) {
    this.#now = now;
    this.actor = createActor(machine, {
      id: 'root',
      logger: () => {},
      clock: {
        setTimeout: (fire, ms) => this.#set(fire, ms),
        clearTimeout: (alarm) => {
          this.#alarms = this.#alarms.filter((other) => other !== alarm);
        },
      },
      inspect: (inspected) => {
        if (inspected.type !== '@xstate.actor') return;
        const ref = inspected.actorRef as AnyActorRef;
        ref.on('*', (event) => this.#emitted.push({ path: pathOf(ref), event: event as AnyEventObject }));
      },
    });
    connect(this.actor.system, { call: (self, port) => this.#call(self, port) });
    this.actor.subscribe({ error: () => {} });
    this.actor.start();
  }

  /** XState notes what it schedules right before it sets the timeout: the one that is not known yet is meant. */
  #set(fire: () => void, ms: number): Alarm {
    const all: Scheduled[] = Object.values(this.actor.system.getSnapshot()._scheduledEvents);
    const scheduled = all.find((event) => !this.#known.has(event));
    if (!scheduled) throw new Error('a timeout that XState did not schedule');
    this.#known.add(scheduled);
    const alarm = { dueAt: this.#now + Math.max(0, ms), fire, scheduled };
    this.#alarms.push(alarm);
    return alarm;
  }

  #call(self: AnyActorRef, port: string): Promise<unknown> {
    const call = `${self._parent ? pathOf(self._parent) : ''}/${port}`;
    const attempt = (this.#attempts.get(call) ?? 0) + 1;
    this.#attempts.set(call, attempt);
    return new Promise((resolve, reject) => this.#calls.set(`${call}/${attempt}`, { self, resolve, reject }));
  }

  advance(now: Instant): void {
    for (;;) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms) if (!next || alarm.dueAt < next.dueAt) next = alarm;
      if (!next || next.dueAt > now) break;
      this.#now = next.dueAt;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== next);
      next.fire();
    }
    this.#now = now;
  }

  send(event: AnyEventObject): void {
    this.actor.send(event);
  }

  async settle(key: string, answer: { output: unknown } | { error: unknown }): Promise<void> {
    const call = this.#calls.get(key);
    if (!call) throw new Error(`no call '${key}'`);
    if ('output' in answer) call.resolve(answer.output);
    else call.reject(answer.error);
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  }

  view(): View {
    const { status, output } = this.actor.getSnapshot();
    if (status === 'error') return { status: 'error' };
    const emitted = this.#emitted;
    this.#emitted = [];
    return plain({
      status,
      output,
      states: activeStates(this.actor),
      tree: this.actor.getPersistedSnapshot(),
      timers: this.#alarms
        .filter(({ scheduled }) => lives(scheduled.source) && lives(scheduled.target))
        .map(({ dueAt, scheduled: { source, target, event } }) => ({
          dueAt,
          source: pathOf(source),
          target: pathOf(target),
          type: event.type,
        })),
      awaited: [...this.#calls].filter(([, call]) => lives(call.self)).map(([key]) => key),
      emitted,
    });
  }
}
