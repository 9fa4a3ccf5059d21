import type { AnyEventObject } from 'xstate';
import { TabError } from './errors.ts';
import type { Sent } from './records.ts';

/** What came of an event that another tab sent. */
export type Outcome = { answer: Sent } | { error: { name: string; message: string; code?: string } };

/** What tabs of one actor tell each other. */
export type Message =
  /** By the host: something was written. */
  | { type: 'changed'; version: number }
  /** By a tab that has become the host: whoever waits for an answer sends again. */
  | { type: 'hosting' }
  | { type: 'send'; key: string; event: AnyEventObject; by: unknown }
  | { type: 'sent'; key: string; result: Outcome };

/**
 * The tabs of one actor. One of them leads, by a Web Lock: the browser gives it to the next one when a tab closes or
 * crashes. They talk by a BroadcastChannel.
 */
export class Tabs {
  readonly #name: string;
  readonly #locks: LockManager;
  readonly #channel: BroadcastChannel;
  readonly #closed = new AbortController();
  #release: (() => void) | undefined;

  /** @throws TabError `noLocks` */
  constructor(name: string, onMessage: (message: Message) => void) {
    this.#name = name;
    this.#locks = locksOfPage();
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => onMessage(data);
  }

  /** Leads if no other tab does. @returns whether it leads now. */
  tryToLead(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#locks
        .request(this.#name, { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          return lock ? this.#held() : undefined;
        })
        .catch(reject);
    });
  }

  /** Resolves when this tab leads; never, when it is closed before. */
  lead(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#locks
        .request(this.#name, { signal: this.#closed.signal }, () => {
          resolve();
          return this.#held();
        })
        .catch((error) => {
          if (!this.#closed.signal.aborted) reject(error);
        });
    });
  }

  #held(): Promise<void> | undefined {
    if (this.#closed.signal.aborted) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  post(message: Message): void {
    if (!this.#closed.signal.aborted) this.#channel.postMessage(message);
  }

  close(): void {
    this.#closed.abort();
    this.#channel.close();
    this.#release?.();
  }
}

/** Does something while no tab leads, and keeps all from leading meanwhile. */
export const whileNobodyLeads = (name: string, work: () => Promise<void>): Promise<void> =>
  locksOfPage().request(name, work);

function locksOfPage(): LockManager {
  const { locks } = navigator as { locks?: LockManager };
  if (locks) return locks;
  throw new TabError('noLocks', 'the browser gives Web Locks to secure contexts only: serve the page over https');
}
