import type { Context } from 'hono';
import { addressOf } from './limits.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Came through a proxy, which may stand on this machine. */
const isForwarded = (c: Context) =>
  ['Forwarded', 'X-Forwarded-For', 'X-Real-IP'].some((name) => c.req.header(name) !== undefined);

/** Whether a request was made on this machine. */
export const isFromHere = (c: Context): boolean => !isForwarded(c) && LOOPBACK.test(addressOf(c, 0));
