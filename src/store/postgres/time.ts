import { sql } from 'kysely';
import type { Instant } from '../../core/index.ts';

/** The time of the server, in ms. */
export const SERVER_NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';
export const serverNow = sql.raw<Instant>(SERVER_NOW);

/**
 * The time of the server as a process knows it without asking each time: how far it is ahead of the process's own clock that only
 * goes forward, and that nobody can set. It is compared now and then, since two clocks never run alike.
 */
export class ServerTime {
  #ahead: number | undefined;

  /**
   * The answer was true at some moment between question and answer: what is known is moved just as far as that tells, so that
   * one answer that takes long does no harm.
   */
  async compare(ask: () => Promise<Instant>): Promise<void> {
    const asked = performance.now();
    const told = await ask();
    const [least, most] = [told - performance.now(), told - asked];
    this.#ahead = Math.min(most, Math.max(least, this.#ahead ?? (least + most) / 2));
  }

  now(): Instant {
    if (this.#ahead === undefined) throw new Error('the time of the server was never asked for');
    return Math.round(performance.now() + this.#ahead);
  }
}
