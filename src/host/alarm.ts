import type { Instant } from '../core/index.ts';
import type { Clock } from './clock.ts';

/** One alarm at a clock, for the earliest of the instants that are asked for. */
export class Alarm {
  readonly #clock: Pick<Clock, 'at'>;
  readonly #ring: () => void;
  #next: { instant: Instant; cancel: () => void } | undefined;
  #closed = false;

  /** @param ring called once at that instant; later ones are then to be asked for again. */
  constructor(clock: Pick<Clock, 'at'>, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  wakeAt(instant: Instant): void {
    if (this.#closed || (this.#next && this.#next.instant <= instant)) return;
    this.#next?.cancel();
    const cancel = this.#clock.at(instant, () => {
      this.#next = undefined;
      this.#ring();
    });
    this.#next = { instant, cancel };
  }

  /** It rings no more. */
  close(): void {
    this.#closed = true;
    this.#next?.cancel();
  }
}
