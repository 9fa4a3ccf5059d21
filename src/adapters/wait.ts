import { setTimeout } from 'node:timers/promises';

/** Waits `ms`, with `Infinity` for ever; rejects when aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Node's timers fire at once beyond this many ms. */
const LONGEST = 2 ** 31 - 1;

/** Waits in real time. Who waits for ever does not keep the process alive. */
export const realWait: Wait = async (ms, signal) => {
  signal.throwIfAborted();
  if (!Number.isFinite(ms)) {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }
  for (let left = ms; left > 0; left -= LONGEST) await setTimeout(Math.min(left, LONGEST), undefined, { signal });
};
