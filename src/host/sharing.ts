import type { CallId, Changed, Shared, Store } from '../store/types.ts';
import type { Outbox } from './outbox.ts';

/** Looks at the store in a lease: a host that misses one still has its calls. */
const LOOKS = 3;

interface SharingOptions {
  shared: Shared;
  store: Pick<Store, 'requestsOf'>;
  outbox: Outbox;
  /** Versions of the machine whose calls are left alone. */
  passedOver(): readonly string[];
  inTurn<T>(recoveryId: string, work: () => Promise<T>): Promise<T>;
  processDue(): Promise<void>;
  heard(changed: Changed): void;
  onError(error: unknown): void;
}

const idOf = ({ recoveryId, key }: CallId) => `${recoveryId}\n${key}`;

/**
 * The part of a host that lives with others on one store: it keeps its calls, takes over those of hosts that are gone, and gives up
 * those that others have ended. It hears of changes, and looks now and then for what it did not hear of.
 */
export class Sharing {
  readonly #options: SharingOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: SharingOptions) {
    this.#options = options;
  }

  open(): void {
    this.#options.shared.listen((changed) => this.#heard(changed));
    this.#wait();
  }

  tell = (changed: Changed): void => this.#options.shared.tell(changed);

  #wait(): void {
    const { shared, onError } = this.#options;
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error: unknown) => {
          if (!this.#closed) onError(error);
        })
        .finally(() => this.#wait());
    }, shared.lease / LOOKS);
  }

  async #look(): Promise<void> {
    const { shared, outbox, passedOver, processDue } = this.#options;
    const calls = outbox.calls;
    const kept = new Set((await shared.keep(calls)).map(idOf));
    outbox.giveUp(calls.filter((call) => !kept.has(idOf(call))));
    if (outbox.room > 0) for (const request of await shared.take(outbox.room, passedOver())) outbox.add(request);
    await processDue();
  }

  #heard(changed: Changed): void {
    const { outbox, store, inTurn, heard, onError } = this.#options;
    if (this.#closed) return;
    heard(changed);
    const { recoveryId } = changed;
    if (!outbox.calls.some((call) => call.recoveryId === recoveryId)) return;
    inTurn(recoveryId, async () => {
      const requests = await store.requestsOf(recoveryId);
      outbox.keepOnly(
        recoveryId,
        requests.map(({ key }) => key),
      );
    }).catch(onError);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#options.shared.release().catch(this.#options.onError); // else they are free when their lease ends
  }
}
