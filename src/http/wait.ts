import type { Recoveries } from '../host/api.ts';

const LONGEST = 20; // seconds
const SECOND = 1_000;

/** Seconds that a client prefers to wait for a result: `wait=5` (RFC 7240). */
export function waitOf(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait=(\d{1,4})\b/.exec(prefer ?? '') ?? [];
  return Math.min(Number(seconds ?? 0), LONGEST);
}

/** Waits until no call of a recovery is under way, for so many seconds at most, and no longer than the service runs. */
export async function settled(
  recoveries: Recoveries,
  recoveryId: string,
  seconds: number,
  stopping: AbortSignal,
): Promise<void> {
  let wake = () => {};
  const forget = recoveries.onChange((changed) => {
    if (changed.recoveryId === recoveryId) wake();
  });
  let over = false;
  const end = () => {
    over = true;
    wake();
  };
  const timeout = setTimeout(end, seconds * SECOND);
  stopping.addEventListener('abort', end);
  try {
    while (!over) {
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const { tags, status } = await recoveries.get(recoveryId);
      if (status !== 'active' || !tags.includes('busy')) return;
      await news;
    }
  } finally {
    clearTimeout(timeout);
    stopping.removeEventListener('abort', end);
    forget();
  }
}
