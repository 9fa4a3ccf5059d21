import type { Instant } from '../core/index.ts';
import type { Store } from '../store/types.ts';

/** Where a host takes its time from. */
export interface Clock {
  now(): Instant;
  /** Calls back at an instant, at once when it has passed; returns a function that takes it back. */
  at(instant: Instant, callback: () => void): () => void;
}

/**
 * Alarms are looked at again after this many ms: Node's timers fire at once beyond 2^31 - 1, and know nothing of a clock that
 * is set, or of a machine that slept (R42, R44).
 */
const LOOK = 15_000;

/** A clock that shows a time which passes by itself. Alarms of any distance are kept, whatever that time does. */
const clockBy = (now: () => Instant): Clock => ({
  now,
  at(instant, callback) {
    let handle: NodeJS.Timeout;
    const wait = () => {
      const left = Math.max(0, instant - now());
      handle = setTimeout(() => (now() < instant ? wait() : callback()), Math.min(left, LOOK));
    };
    wait();
    return () => clearTimeout(handle);
  },
});

/** The time of the machine. */
export const systemClock: Clock = clockBy(() => Date.now());

/** The time that hosts on a store go by: where there may be several it is the database's, the same for all; else the machine's. */
export const clockOf = ({ shared }: Pick<Store, 'shared'>): Clock =>
  shared ? clockBy(() => shared.now()) : systemClock;

/** A clock that stands still until it is moved: for tests, scenarios and demonstrations. */
export interface VirtualClock extends Clock {
  /** Resolves after `ms`; with `Infinity` only when aborted. Whoever waits here does not keep the clock from moving. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** How many wait. */
  readonly waiting: number;
  /** What has to come to rest before the clock moves on; returns a function that takes it back. */
  restFirst(rest: () => Promise<void>): () => void;
  /** Lets `ms` pass: stops at every alarm on the way and lets everything come to rest there. */
  advance(ms: number): Promise<void>;
}

interface Alarm {
  instant: Instant;
  callback: () => void;
}

/** @param start instant at which it begins, in ms. */
export function createVirtualClock(start: Instant): VirtualClock {
  let now = start;
  let waiting = 0;
  const alarms = new Set<Alarm>();
  const rests = new Set<() => Promise<void>>();
  const rest = async () => {
    for (const each of [...rests]) await each();
  };
  const earliest = () => {
    let first: Alarm | undefined;
    for (const alarm of alarms) if (!first || alarm.instant < first.instant) first = alarm;
    return first;
  };
  const clock: VirtualClock = {
    now: () => now,
    get waiting() {
      return waiting;
    },
    at(instant, callback) {
      const alarm = { instant, callback };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    wait(ms, signal) {
      return new Promise((resolve, reject) => {
        waiting += 1;
        const done = (settle: () => void) => {
          waiting -= 1;
          forget();
          signal?.removeEventListener('abort', abort);
          settle();
        };
        const forget = Number.isFinite(ms) ? clock.at(now + ms, () => done(resolve)) : () => {};
        const abort = () => done(() => reject(signal?.reason));
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort);
      });
    },
    restFirst(each) {
      rests.add(each);
      return () => void rests.delete(each);
    },
    async advance(ms) {
      const until = now + ms;
      await rest();
      for (let alarm = earliest(); alarm && alarm.instant <= until; alarm = earliest()) {
        alarms.delete(alarm);
        now = Math.max(now, alarm.instant);
        alarm.callback();
        await rest();
      }
      now = until;
      await rest();
    },
  };
  return clock;
}
