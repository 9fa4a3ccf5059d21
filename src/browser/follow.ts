import { EventSourceParserStream } from 'eventsource-parser/stream';
import { mayPass, type RecoveryService } from './service.ts';

/** The service gives a sign of life every 15 seconds; after three that did not come the stream is taken for dead, in ms. */
const SILENCE = 50_000;

export interface Follower {
  /** Something happened. */
  changed(): void;
  /** Whether the stream is up. */
  connected(isLive: boolean): void;
  /** Pause before it is tried again, in ms, by the number of tries that failed in a row. */
  retryDelay(tries: number): number;
}

/**
 * Follows the stream of a recovery until it is over: comes again when it breaks off, and misses nothing.
 * @throws ServiceError when the service will not have it, such as for a token that has run out; the signal's reason.
 */
export async function follow(service: RecoveryService, follower: Follower, signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  for (let tries = 1; ; tries++) {
    const silence = new AbortController();
    try {
      const body = await service.stream(last, AbortSignal.any([signal, silence.signal]));
      tries = 0;
      follower.connected(true);
      for await (const { event, id } of eventsIn(body, () => silence.abort(new Error('no sign of life')))) {
        last = id ?? last;
        if (event === 'end') return;
        follower.changed();
      }
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
    }
    follower.connected(false);
    await pause(follower.retryDelay(Math.max(1, tries)), signal);
  }
}

/** The events of a stream, with a call when it has been silent for too long. */
async function* eventsIn(body: ReadableStream<Uint8Array>, silent: () => void) {
  let timer = setTimeout(silent, SILENCE);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(silent, SILENCE);
  };
  const text = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>);
  const reader = text.pipeThrough(new EventSourceParserStream({ onComment: alive })).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      alive();
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
  }
}

/** Waits, or less when the network is there again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', done);
      signal.removeEventListener('abort', done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.('online', done);
    signal.addEventListener('abort', done);
  });
}
