import type { Instant } from '../core/index.ts';
import type { Change, ErasureDate, RequestRecord, Store } from '../store/types.ts';
import type { Particulars } from './change.ts';
import type { Clock } from './clock.ts';
import { ERASE_EVIDENCE } from './erasure.ts';

export interface RetentionOptions {
  store: Store;
  clock: Clock;
  particulars: Particulars;
  /** Lets nothing else be done to the recovery meanwhile. */
  inTurn<T>(recoveryId: string, work: () => Promise<T>): Promise<T>;
  /** Told of each change once it is committed. */
  committed(change: Change): void;
  isClosed(): boolean;
  onError(error: unknown): void;
}

/** Dates that are taken from the store at once. */
const BATCH = 100;
/** Dates that one recovery can have. */
const CLASSES = 3;
/** Before what failed is tried again, in ms. */
const PAUSE = 1_000;

/** Erases what a recovery leaves behind when its date has come, once, however often the process ends meanwhile (R55). */
export class Retention {
  readonly #options: RetentionOptions;
  /** Recoveries of which something could not be erased. */
  readonly #failed = new Set<string>();
  /** Something was erased that may still stand beside the tables, if only by a process that ended too soon. */
  #unpurged = true;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Erases a part of what is due, so that no timer waits for all of it. @returns whether there was any. */
  async eraseSome(): Promise<boolean> {
    const { store, clock } = this.#options;
    const due = await store.dueErasures(clock.now(), BATCH + CLASSES * this.#failed.size);
    const left = due.filter(({ recoveryId }) => !this.#failed.has(recoveryId));
    for (const each of left) {
      // What failed keeps the recovery's later dates waiting: evidence is erased while it is known whose it is.
      if (!this.#failed.has(each.recoveryId) && !(await this.#erase(each))) this.#failed.add(each.recoveryId);
    }
    return left.length > 0;
  }

  /** @returns when there is something to be done again. */
  async next(): Promise<Instant | undefined> {
    const { store, clock } = this.#options;
    const again = (await this.#purge()) ?? (this.#failed.size > 0 ? clock.now() + PAUSE : undefined);
    this.#failed.clear();
    return again ?? store.nextErasure();
  }

  /** A call to erase evidence held the references until it was settled. @returns when to look again, if need be. */
  async settled({ port }: RequestRecord): Promise<Instant | undefined> {
    if (port !== ERASE_EVIDENCE) return undefined;
    this.#unpurged = true;
    return this.#purge();
  }

  async #purge(): Promise<Instant | undefined> {
    const { store, clock } = this.#options;
    if (this.#unpurged) this.#unpurged = !(await store.purge());
    return this.#unpurged ? clock.now() + PAUSE : undefined;
  }

  /** @returns whether it is done. */
  async #erase({ recoveryId, class: of }: ErasureDate & { recoveryId: string }): Promise<boolean> {
    const { store, clock, particulars, inTurn, committed, isClosed, onError } = this.#options;
    try {
      return await inTurn(recoveryId, async () => {
        const loaded = await store.load(recoveryId);
        if (!loaded) return false;
        const { recovery } = loaded;
        const ended = {
          recovery,
          trail: await store.audit(recoveryId),
          ledger: await store.ledgerOf(recoveryId),
        };
        const change = particulars.erasure(ended, of, Math.max(clock.now(), recovery.updatedAt));
        if ((await store.commit(change)) !== 'committed') return false;
        this.#unpurged = true;
        committed(change);
        return true;
      });
    } catch (error) {
      if (!isClosed()) onError(error);
      return false;
    }
  }
}
