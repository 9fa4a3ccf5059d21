import { createHash } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Instant } from '../core/index.ts';
import type { Store } from '../store/types.ts';
import type { ServiceConfig } from './config.ts';
import { RequestProblem } from './problems.ts';

const SECOND = 1_000;
type Limits = ServiceConfig['limits'];

/** Limits on posts by account, device, recovery and address, kept in the store: a restart does not lift them (R14). */
export class RateLimits {
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #clock: { now(): Instant };

  constructor(store: Store, limits: Limits, clock: { now(): Instant }) {
    this.#store = store;
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Counts a post.
   * @param by what it comes from and goes to, by the name of the limit.
   * @throws RequestProblem `limitReached`, with `Retry-After`.
   */
  async count(by: Partial<Record<keyof Limits, string>>): Promise<void> {
    const now = this.#clock.now();
    const limits = Object.entries(by).map(([name, value]) => ({
      ...this.#limits[name as keyof Limits],
      key: `${name}:${createHash('sha256').update(value).digest('base64url')}`,
    }));
    const from = await this.#store.take(limits, now);
    if (from <= now) return;
    const seconds = Math.ceil((from - now) / SECOND);
    throw new RequestProblem(
      'limitReached',
      `too many requests; again in ${seconds} s`,
      { reason: 'tooManyRequests' },
      {
        headers: { 'Retry-After': String(seconds) },
      },
    );
  }
}

/**
 * The address that a request comes from.
 * @param trustedProxies how many proxies in front have each added the address that they saw to `X-Forwarded-For`.
 */
export function addressOf(c: Context, trustedProxies: number): string {
  const peer = peerOf(c);
  if (trustedProxies === 0) return peer;
  const seen = (c.req.header('X-Forwarded-For') ?? '').split(',').map((address) => address.trim());
  return seen.at(-trustedProxies) || peer;
}

/** The other end of the connection; `-` where there is none, as in a test without a server. */
export function peerOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? '-';
  } catch {
    return '-';
  }
}
