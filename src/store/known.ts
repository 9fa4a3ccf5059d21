import type { Timer } from '../core/index.ts';
import type { ChainHead } from './audit-chain.ts';
import type { RecoveryRecord } from './types.ts';

/** What a process knows of a recovery's rows without reading them again. */
export interface Known {
  recovery: RecoveryRecord;
  /** In the order of their rows. */
  timers: Timer[];
  /** Places of the timers' rows, by the timers' ids. */
  positions: ReadonlyMap<string, number>;
  head: ChainHead;
  /** Whether awaited calls may be in the outbox. */
  awaits: boolean;
}

/**
 * The recoveries that were read or written last. What is kept is what was committed, and nobody alters it.
 * One that is kept is given as the same objects each time, so that its live actors are found by them.
 */
export class KnownRecoveries {
  readonly #most: number;
  /** The one that was not used for longest is first. */
  readonly #known = new Map<string, Known>();
  /** What is being read; by whom it was begun last. */
  readonly #reading = new Map<string, object>();

  /** @param most recoveries that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  get(id: string): Known | undefined {
    const known = this.#known.get(id);
    if (!known) return undefined;
    this.#known.delete(id);
    this.#known.set(id, known);
    return known;
  }

  /**
   * What is known, or what is read and then known, unless it is written meanwhile.
   * @param isStill where others write, too: whether what is known is what is stored.
   */
  async load(
    id: string,
    read: (id: string) => Promise<Known | undefined>,
    isStill?: (known: Known) => Promise<boolean>,
  ): Promise<Known | undefined> {
    const known = this.get(id);
    if (known && (!isStill || (await isStill(known)))) return known;
    const token = {};
    this.#reading.set(id, token);
    const found = await read(id);
    if (this.#reading.get(id) !== token) return found;
    this.#reading.delete(id);
    if (found) this.#keep(found);
    return found;
  }

  /** A change was committed. */
  written(known: Known): void {
    this.#reading.delete(known.recovery.id);
    this.#keep(known);
  }

  /** The trail went on, from one end to another, with the recovery left as it is. */
  moved(id: string, from: ChainHead, to: ChainHead): void {
    this.#reading.delete(id);
    const known = this.#known.get(id);
    if (known?.head.hash === from.hash) this.#known.set(id, { ...known, head: to });
    else this.#known.delete(id);
  }

  forget(id: string): void {
    this.#reading.delete(id);
    this.#known.delete(id);
  }

  forgetAll(): void {
    this.#reading.clear();
    this.#known.clear();
  }

  #keep(known: Known): void {
    const { id } = known.recovery;
    this.#known.delete(id);
    this.#known.set(id, known);
    if (this.#known.size <= this.#most) return;
    for (const longest of this.#known.keys()) {
      this.#known.delete(longest);
      break;
    }
  }
}
