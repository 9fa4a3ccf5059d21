import type { Instant } from '../core/index.ts';
import { Alarm } from '../host/alarm.ts';
import type { Clock } from '../host/clock.ts';

/** Before what failed is tried again, in ms. */
const PAUSE = 1_000;

interface WakesOptions {
  clock: Clock;
  /** Processes what is due of a recovery. */
  due(recoveryId: string): Promise<void>;
  onError(error: unknown): void;
}

/** Wakes recoveries by a clock of the host's own, which Restate knows nothing of. */
export class Wakes {
  readonly #options: WakesOptions;
  readonly #instants = new Map<string, Instant>();
  readonly #alarm: Alarm;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: WakesOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => void this.processDue());
  }

  get isBusy(): boolean {
    return this.#working !== undefined;
  }

  /** When a recovery is to be woken next. */
  set(recoveryId: string, instant: Instant | undefined): void {
    if (instant === undefined) {
      this.#instants.delete(recoveryId);
      return;
    }
    this.#instants.set(recoveryId, instant);
    this.#alarm.wakeAt(instant);
  }

  processDue(): Promise<void> {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  /** The earliest first; what cannot be processed is tried again after a pause. */
  async #work(): Promise<void> {
    const { clock, due, onError } = this.#options;
    const failed = new Map<string, Instant>();
    for (;;) {
      const now = clock.now();
      const next = [...this.#instants].sort((a, b) => a[1] - b[1]).find(([, instant]) => instant <= now);
      if (!next || this.#closed) break;
      const [id, instant] = next;
      this.#instants.delete(id);
      try {
        await due(id);
      } catch (error) {
        if (this.#closed) break;
        onError(error);
        failed.set(id, instant);
      }
    }
    for (const [id] of failed) this.set(id, clock.now() + PAUSE);
    for (const instant of this.#instants.values()) this.#alarm.wakeAt(instant);
  }

  /** Stops, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm.close();
    await this.#working;
  }
}
