import type { Context } from 'hono';
import { addressOf } from './limits.ts';
import { RequestProblem } from './problems.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Came through a proxy, which may stand on this machine. */
const isForwarded = (c: Context) =>
  ['Forwarded', 'X-Forwarded-For', 'X-Real-IP'].some((name) => c.req.header(name) !== undefined);

/** Whether a request was made on this machine. */
export const isFromHere = (c: Context): boolean => !isForwarded(c) && LOOPBACK.test(addressOf(c, 0));

/** Whoever asks from another machine is told that there is nothing. */
export async function onlyFromHere(c: Context, next: () => Promise<void>): Promise<void> {
  if (!isFromHere(c)) throw new RequestProblem('notFound', `there is no ${c.req.method} ${c.req.path}`);
  await next();
}
