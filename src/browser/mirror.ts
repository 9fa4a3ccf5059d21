import type { RecoveryEvent } from '../../machines/events.ts';
import type { Recovery } from '../http/schemas.ts';
import { follow } from './follow.ts';
import { Listeners, type Readable } from './listeners.ts';
import { mayPass, type RecoveryOptions, RecoveryService, ServiceError, type ServiceProblem } from './service.ts';

/** An event that the service has not answered yet. */
export interface PendingEvent {
  /** Its idempotency key. */
  key: string;
  event: RecoveryEvent;
  /** How often it was sent. */
  tries: number;
}

/** What a page knows of a recovery at a service, with what it hopes for kept apart. */
export interface Mirrored {
  /** The truth: what the service said last. */
  server: Recovery;
  /** Events of this page that the service has not answered, in their order. They are kept in memory only. */
  pending: readonly PendingEvent[];
  /** The truth with what is pending added by `predict`; the truth itself while nothing is pending. To be shown, not believed. */
  optimistic: Recovery;
  /** `live` while the service tells of each change; `over` when the recovery is, or the token is good no more. */
  connection: 'connecting' | 'live' | 'lost' | 'over';
  /** Why this page is told no more: the token ran out, say. */
  error?: Error;
}

/** What came of an event. */
export type Answered = { taken: true; server: Recovery } | ({ taken: false; status: number } & Partial<ServiceProblem>);

export interface MirrorOptions extends RecoveryOptions {
  /** What the recovery will look like once the service has taken an event; by default nothing is supposed. */
  predict?: (recovery: Recovery, event: RecoveryEvent) => Recovery;
  /** Pause before the stream or an event is tried again, in ms; doubles from half a second to half a minute by default. */
  retryDelay?: (tries: number) => number;
}

/** A recovery of a service, mirrored in a page. */
export interface Mirror extends Readable<Mirrored> {
  /**
   * Sends an event, after those before it. What is not answered is sent again under the same key until it is.
   * @param ifVersion the one version in which it is to be taken, such as `server.version`.
   * @throws the reason when the mirror is closed before; whether the event was taken is then for the service to say.
   */
  send: (event: RecoveryEvent, options?: { ifVersion?: number }) => Promise<Answered>;
  close(): void;
}

const RETRY_BASE = 500;
const RETRY_LONGEST = 30_000;
const backOff = (tries: number) => Math.min(RETRY_BASE * 2 ** (tries - 1), RETRY_LONGEST);

/**
 * Mirrors a recovery: the service decides, the page is told of every change by its event stream, over breaks and restarts.
 * @throws ServiceError when the service does not show it; TypeError when the service is not reached.
 */
export async function mirrorRecovery(options: MirrorOptions): Promise<Mirror> {
  const service = new RecoveryService(options);
  const closed = new AbortController();
  const server = await service.get(undefined, closed.signal);
  if (!server) throw new ServiceError(304, {}); // nothing was said to be known
  return new ServiceMirror(service, server, closed, options);
}

class ServiceMirror implements Mirror {
  readonly #service: RecoveryService;
  readonly #closed: AbortController;
  readonly #predict: (recovery: Recovery, event: RecoveryEvent) => Recovery;
  readonly #retryDelay: (tries: number) => number;
  readonly #listeners = new Listeners<Mirrored>();
  #state: Mirrored;
  #turn: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  /** Whether something happened since the reading under way began. */
  #isOutdated = false;

  constructor(service: RecoveryService, server: Recovery, closed: AbortController, options: MirrorOptions) {
    this.#service = service;
    this.#closed = closed;
    this.#predict = options.predict ?? ((recovery) => recovery);
    this.#retryDelay = options.retryDelay ?? backOff;
    this.#state = { server, pending: [], optimistic: server, connection: 'connecting' };
    void this.#follow();
  }

  async #follow(): Promise<void> {
    try {
      const follower = {
        changed: () => this.#read(),
        connected: (isLive: boolean) => this.#set({ connection: isLive ? 'live' : 'lost' }),
        retryDelay: this.#retryDelay,
      };
      await follow(this.#service, follower, this.#closed.signal);
      this.#read();
      await this.#reading;
      this.#set({ connection: 'over' });
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#set({ connection: 'over', error: error as Error });
    }
  }

  /** Asks where the recovery stands, once more when it changes meanwhile. */
  #read(): void {
    this.#isOutdated = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
  }

  async #readAll(): Promise<void> {
    for (let tries = 1; this.#isOutdated && !this.#closed.signal.aborted; tries++) {
      this.#isOutdated = false;
      try {
        const server = await this.#service.get(this.#state.server.version, this.#closed.signal);
        if (server) this.#heard(server);
        tries = 0;
      } catch (error) {
        if (this.#closed.signal.aborted || !mayPass(error)) return; // the stream will be told the same
        this.#isOutdated = true;
        await new Promise((resolve) => setTimeout(resolve, this.#retryDelay(tries)));
      }
    }
  }

  /** Answers may overtake each other: an older version is no news. */
  #heard(server: Recovery): void {
    if (server.version >= this.#state.server.version) this.#set({ server });
  }

  #set(change: Partial<Mirrored>): void {
    if (this.#closed.signal.aborted) return;
    const { optimistic: _, ...next } = { ...this.#state, ...change };
    const optimistic = next.pending.reduce((recovery, { event }) => this.#predict(recovery, event), next.server);
    this.#state = { ...next, optimistic };
    this.#listeners.tell(this.#state);
  }

  readonly getSnapshot = () => this.#state;
  readonly subscribe: Mirror['subscribe'] = (listener) => this.#listeners.add(listener);

  readonly send: Mirror['send'] = (event, { ifVersion } = {}) => {
    const { signal } = this.#closed;
    if (signal.aborted) return Promise.reject(signal.reason);
    const key = crypto.randomUUID();
    this.#set({ pending: [...this.#state.pending, { key, event, tries: 0 }] });
    const answered = this.#turn.then(() => this.#answered(event, key, ifVersion));
    this.#turn = answered.catch(() => {});
    return answered;
  };

  async #answered(event: RecoveryEvent, key: string, ifVersion: number | undefined): Promise<Answered> {
    const { signal } = this.#closed;
    const others = () => this.#state.pending.filter((each) => each.key !== key);
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      this.#set({ pending: this.#state.pending.map((each) => (each.key === key ? { ...each, tries } : each)) });
      try {
        const server = await this.#service.send(event, key, ifVersion, signal);
        const isNews = server.version >= this.#state.server.version;
        this.#set({ pending: others(), ...(isNews ? { server } : {}) });
        return { taken: true, server };
      } catch (error) {
        signal.throwIfAborted();
        if (!mayPass(error) && error instanceof ServiceError) {
          this.#set({ pending: others() });
          return { ...error.problem, taken: false, status: error.status };
        }
        await new Promise((resolve) => setTimeout(resolve, this.#retryDelay(tries)));
      }
    }
  }

  close(): void {
    this.#closed.abort(new Error('the mirror was closed'));
  }
}
