/** A clock for `createActor` that goes when it is told to: time may be let pass as one likes. */
export class WalletClock {
  #now: number;
  #ids = 0;
  readonly #alarms = new Map<number, { at: number; ring: () => void }>();
  readonly #listeners = new Set<() => void>();

  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  // As XState's interface `Clock` has them.
  readonly setTimeout = (ring: () => void, ms: number): number => {
    this.#ids += 1;
    this.#alarms.set(this.#ids, { at: this.#now + Math.max(0, ms), ring });
    return this.#ids;
  };
  readonly clearTimeout = (id: number): void => void this.#alarms.delete(id);

  /** Lets `ms` pass: rings each alarm on the way at its own instant, and lets what follows from it come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#alarms]
        .filter(([, { at }]) => at <= end)
        .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      const [id, { at, ring }] = due;
      this.#alarms.delete(id);
      this.#now = Math.max(this.#now, at);
      ring();
      await rest();
    }
    this.#now = Math.max(this.#now, end);
    for (const listener of this.#listeners) listener();
  }
}

/** Lets promises that are settled be heard of. */
const rest = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
