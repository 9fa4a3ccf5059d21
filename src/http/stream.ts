import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Instant } from '../core/index.ts';
import type { Recoveries } from '../host/api.ts';
import { instant } from './presenter.ts';
import { RequestProblem } from './problems.ts';
import type { Principal } from './tokens.ts';

/** Between signs of life, in ms; then entries that no change announced are sent, too. */
const HEARTBEAT = 15_000;
/** Streams of one recovery that are open at once: nobody takes all there are. */
const OF_ONE = 10;

/** Who is waiting for news of which recovery. */
export class Streams {
  readonly #recoveries: Recoveries;
  readonly #clock: { now(): Instant };
  readonly #most: number;
  readonly #onError: (error: unknown) => void;
  readonly #open = new Set<{ recoveryId: string; wake(): void }>();
  readonly #forget: () => void;
  #closed = false;

  constructor(recoveries: Recoveries, clock: { now(): Instant }, most: number, onError: (error: unknown) => void) {
    this.#recoveries = recoveries;
    this.#clock = clock;
    this.#most = most;
    this.#onError = onError;
    this.#forget = recoveries.onChange(({ recoveryId }) => {
      for (const stream of this.#open) if (stream.recoveryId === recoveryId) stream.wake();
    });
  }

  /**
   * Server-sent events of a recovery: each is an entry of its audit trail, with its number as id, so that a client that
   * comes again with `Last-Event-ID` misses none.
   * It ends with the token of whoever follows; agents and auditors are sent whole entries, an owner where the recovery
   * stands, no more.
   */
  open(c: Context, recoveryId: string, { kind, expiresAt }: Principal): Response {
    const whole = kind === 'staff';
    const ofThisOne = [...this.#open].filter((stream) => stream.recoveryId === recoveryId).length;
    if (this.#closed || this.#open.size >= this.#most || ofThisOne >= OF_ONE) {
      throw new RequestProblem('unavailable', 'too many streams are open', {}, { headers: { 'Retry-After': '5' } });
    }
    const last = /^\d{1,15}$/.exec(c.req.header('Last-Event-ID') ?? '')?.[0];
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (sse) => {
      let wake = () => {};
      const listener = { recoveryId, wake: () => wake() };
      this.#open.add(listener);
      sse.onAbort(() => wake());
      try {
        const isGood = () => !sse.aborted && !this.#closed && this.#clock.now() < expiresAt;
        for (let seq = Number(last ?? 0); isGood(); ) {
          const news = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const sent = await this.#send(sse, recoveryId, seq, whole);
          seq = sent.seq;
          if (sent.done) break;
          const heartbeat = setTimeout(() => wake(), HEARTBEAT);
          await news;
          clearTimeout(heartbeat);
        }
      } catch (error) {
        this.#onError(error);
      } finally {
        this.#open.delete(listener);
      }
    });
  }

  async #send(sse: SSEStreamingApi, recoveryId: string, after: number, whole: boolean) {
    const { status } = await this.#recoveries.get(recoveryId);
    let seq = after;
    await sse.write(': \n\n');
    for (const entry of await this.#recoveries.audit(recoveryId, after)) {
      seq = entry.seq;
      const { kind, data } = entry;
      const state = typeof data.to === 'string' ? { state: data.to } : {};
      if (!whole && !('state' in state)) continue;
      const shown = { seq, at: instant(entry.at), ...state, ...(whole ? { kind, data } : {}) };
      await sse.writeSSE({ id: String(seq), event: 'change', data: JSON.stringify(shown) });
    }
    const done = status !== 'active';
    if (done) await sse.writeSSE({ id: String(seq), event: 'end', data: JSON.stringify({ seq }) });
    return { seq, done };
  }

  /** Ends all streams: clients come again elsewhere. */
  close(): void {
    this.#closed = true;
    this.#forget();
    for (const stream of this.#open) stream.wake();
  }
}
