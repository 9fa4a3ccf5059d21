import type { Instant } from '../core/index.ts';
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
  #alarm: { instant: Instant; cancel: () => void } | undefined;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: WakesOptions) {
    this.#options = options;
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
    this.#wakeAt(instant);
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
    for (const instant of this.#instants.values()) this.#wakeAt(instant);
  }

  /** Stops, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm?.cancel();
    await this.#working;
  }
}
