import { faultPoint } from '#fault-point';
import type { CallId, RequestRecord } from '../store/types.ts';
import type { Clock } from './clock.ts';
import { failureOf, type Outcome } from './delivery.ts';

/** Calls that are under way at once; a registry may take a quarter of an hour for each. */
const AT_ONCE = 2_000;
/** Before an outcome that could not be written is tried again, in ms. */
const PAUSE = 1_000;

export interface OutboxOptions {
  clock: Clock;
  call(request: RequestRecord, signal: AbortSignal): Promise<unknown>;
  settle(request: RequestRecord, outcome: Outcome): Promise<void>;
  onError(error: unknown): void;
}

const idOf = ({ recoveryId, key }: CallId) => `${recoveryId}\n${key}`;

/** Carries out calls that are committed. What it has not settled stays in the store and is taken up at the next start. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #calls = new Map<string, { request: RequestRecord; abort: AbortController; cancel: () => void }>();
  readonly #waiting: { request: RequestRecord; abort: AbortController }[] = [];
  #running = 0;
  #held = true;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Calls that are under way, settling included. */
  get running(): number {
    return this.#running;
  }

  /** Runs now, or when fewer are under way: a service that starts again may find very many. */
  #begin(request: RequestRecord, abort: AbortController): void {
    this.#waiting.push({ request, abort });
    this.#fill();
  }

  #fill(): void {
    while (!this.#held && !this.#closed && this.#running < AT_ONCE) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#run(next.request, next.abort);
    }
  }

  /**
   * Takes up what is pending, and begins. Until then what is added waits: a call that was carried out and is being settled
   * would be found pending still, and be carried out again.
   */
  start(pending: readonly RequestRecord[]): void {
    for (const request of pending) this.add(request);
    this.#held = false;
    this.#fill();
  }

  add(request: RequestRecord): void {
    if (this.#closed || this.#calls.has(idOf(request))) return;
    const { clock } = this.#options;
    const call = { request, abort: new AbortController(), cancel: () => {} };
    this.#calls.set(idOf(request), call);
    if (request.notBefore > clock.now()) {
      call.cancel = clock.at(request.notBefore, () => this.#begin(request, call.abort));
    } else {
      this.#begin(request, call.abort);
    }
  }

  /** How many more may be added until all that are allowed are under way. */
  get room(): number {
    return Math.max(0, AT_ONCE - this.#calls.size);
  }

  /** Calls that are not answered yet. */
  get calls(): CallId[] {
    return [...this.#calls.values()].map(({ request: { recoveryId, key } }) => ({ recoveryId, key }));
  }

  /** Gives up calls that somebody else has taken. */
  giveUp(calls: readonly CallId[]): void {
    for (const each of calls) {
      const call = this.#calls.get(idOf(each));
      this.#calls.delete(idOf(each));
      call?.cancel();
      call?.abort.abort(new Error('taken by another host'));
    }
  }

  /** Gives up the awaited calls of a recovery other than those named. */
  keepOnly(recoveryId: string, keys: readonly string[]): void {
    for (const [id, { request, abort, cancel }] of this.#calls) {
      if (request.recoveryId !== recoveryId || request.kind === 'sent' || keys.includes(request.key)) continue;
      this.#calls.delete(id);
      cancel();
      abort.abort(new Error('no longer awaited'));
    }
  }

  async #run(request: RequestRecord, abort: AbortController): Promise<void> {
    if (abort.signal.aborted) return; // given up while it waited
    this.#running += 1;
    try {
      faultPoint('outbox.call');
      const outcome = await this.#options.call(request, abort.signal).then(
        (output) => ({ output }),
        (error: unknown) => ({ error: failureOf(error) }),
      );
      if (this.#closed) return;
      faultPoint('outbox.answered');
      const mine = this.#calls.get(idOf(request))?.abort === abort;
      if (mine) this.#calls.delete(idOf(request));
      // A late answer to a call that was given up is recorded too; one that was broken off says nothing.
      if (mine || 'output' in outcome) await this.#settle(request, outcome);
    } finally {
      this.#running -= 1;
      this.#fill();
    }
  }

  /** An outcome that could not be written, for a full disk say, is kept and tried again. */
  async #settle(request: RequestRecord, outcome: Outcome): Promise<void> {
    const { clock, settle, onError } = this.#options;
    try {
      await settle(request, outcome);
    } catch (error) {
      if (this.#closed) return;
      onError(error);
      clock.at(clock.now() + PAUSE, () => {
        if (!this.#closed) void this.#settle(request, outcome);
      });
    }
  }

  close(): void {
    this.#closed = true;
    for (const { abort, cancel } of this.#calls.values()) {
      cancel();
      abort.abort(new Error('the host is closing'));
    }
    this.#calls.clear();
  }
}
