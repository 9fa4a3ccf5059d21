import type { Instant } from '../core/index.ts';
import { type Clock, clockOf } from '../host/clock.ts';
import type { Store } from '../store/types.ts';

type Settings = Pick<Store, 'setting' | 'set' | 'shared'>;

const SETTING = 'sandboxClock';

/** The time that hosts on a store go by, shifted: for a sandbox in which 45 minutes are not waited for. The shift outlasts the process. */
export class SandboxClock implements Clock {
  readonly #store: Settings;
  readonly #clock: Clock;
  readonly #alarms = new Map<object, { instant: Instant; callback: () => void; cancel: () => void }>();
  #shift: number;
  #moving: Promise<void> = Promise.resolve();

  private constructor(store: Settings, shift: number) {
    this.#store = store;
    this.#clock = clockOf(store);
    this.#shift = shift;
  }

  static async open(store: Settings): Promise<SandboxClock> {
    return new SandboxClock(store, Number((await store.setting(SETTING)) ?? 0));
  }

  now = (): Instant => this.#clock.now() + this.#shift;

  at(instant: Instant, callback: () => void): () => void {
    const id = {};
    const ring = () => {
      this.#alarms.delete(id);
      callback();
    };
    const alarm = { instant, callback: ring, cancel: this.#clock.at(instant - this.#shift, ring) };
    this.#alarms.set(id, alarm);
    return () => {
      this.#alarms.get(id)?.cancel();
      this.#alarms.delete(id);
    };
  }

  /** Moves the clock by `ms`, back where it is negative; alarms keep their instants. */
  move(ms: number): Promise<void> {
    return this.#inTurn(() => ms);
  }

  /** Moves the clock to an instant, however often that is asked for while the store is slow. */
  set(instant: Instant): Promise<void> {
    return this.#inTurn(() => instant - this.now());
  }

  #inTurn(by: () => number): Promise<void> {
    const moved = this.#moving.then(() => this.#move(by()));
    this.#moving = moved.catch(() => {}); // whoever asked is told
    return moved;
  }

  async #move(ms: number): Promise<void> {
    await this.#store.set(SETTING, String(this.#shift + ms));
    this.#shift += ms;
    for (const alarm of this.#alarms.values()) {
      alarm.cancel();
      alarm.cancel = this.#clock.at(alarm.instant - this.#shift, alarm.callback);
    }
  }
}
