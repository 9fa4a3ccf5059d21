import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
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
  readonly #store: Pick<Store, 'take'>;
  readonly #limits: Limits;
  readonly #clock: { now(): Instant };

  constructor(store: Pick<Store, 'take'>, limits: Limits, clock: { now(): Instant }) {
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
  const seen = (c.req.header('X-Forwarded-For') ?? '').split(',');
  return plainAddress(seen.at(-trustedProxies) ?? '') ?? peer;
}

/** An address without its port; of an IPv6 address the network (/64), all of which one customer has. */
function plainAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1');
  const mapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare;
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(bare)) return undefined;
  const [head = '', tail = ''] = bare.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const zeros = bare.includes('::') ? 8 - groups(head).length - groups(tail).length : 0;
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** The other end of the connection; `-` where there is none, as in a test without a server. */
function peerOf(c: Context): string {
  try {
    return plainAddress(getConnInfo(c).remote.address ?? '') ?? '-';
  } catch {
    return '-';
  }
}
