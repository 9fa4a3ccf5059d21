import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Recoveries } from '../host/api.ts';
import { instant } from './presenter.ts';
import { RequestProblem } from './problems.ts';

/** Between signs of life, in ms; then entries that no change announced are sent, too. */
const HEARTBEAT = 15_000;
/** Streams of one recovery that are open at once: nobody takes all there are. */
const OF_ONE = 10;

/** Who is waiting for news of which recovery. */
export class Streams {
  readonly #recoveries: Recoveries;
  readonly #most: number;
  readonly #open = new Set<{ recoveryId: string; wake(): void }>();
  readonly #forget: () => void;
  #closed = false;

  constructor(recoveries: Recoveries, most: number) {
    this.#recoveries = recoveries;
    this.#most = most;
    this.#forget = recoveries.onChange(({ recoveryId }) => {
      for (const stream of this.#open) if (stream.recoveryId === recoveryId) stream.wake();
    });
  }

  /**
   * Server-sent events of a recovery: each is an entry of its audit trail, with its number as id, so that a client that
   * comes again with `Last-Event-ID` misses none.
   * @param whole for agents and auditors; an owner is sent where the recovery stands, no more.
   */
  open(c: Context, recoveryId: string, whole: boolean): Response {
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
        for (let seq = Number(last ?? 0); !sse.aborted && !this.#closed; ) {
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
