import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Tables } from '../tables.ts';
import type { Changed } from '../types.ts';
import type { PostgresConfig } from './config.ts';
import { settingsOf } from './pool.ts';
import { SERVER_NOW, type ServerTime } from './time.ts';

const NAME = 'regain';
/** Changes are gathered for so long, in ms: one message tells of many, outside of their transactions, which it would queue up. */
const GATHER = 20;
/** Of one message; PostgreSQL takes 8 000 bytes. */
const MOST = 30;
/** Before a connection that was lost is made anew, in ms. */
const AGAIN = 500;

interface Message {
  by: string;
  changes: Changed[];
}

/**
 * What hosts on one database tell each other by LISTEN and NOTIFY: a message may be lost, and nobody relies on it alone. Over the
 * same connection, which has nothing else to do, each hears what time it is.
 */
export class Channel {
  readonly #db: Kysely<Tables>;
  readonly #config: PostgresConfig;
  readonly #owner: string;
  readonly #time: ServerTime;
  #waiting: Changed[] = [];
  #sending: Promise<void> | undefined;
  #listening: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(db: Kysely<Tables>, config: PostgresConfig, owner: string, time: ServerTime) {
    this.#db = db;
    this.#config = config;
    this.#owner = owner;
    this.#time = time;
  }

  tell(changed: Changed): void {
    this.#waiting.push(changed);
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    await pause(GATHER, undefined, { signal: this.#closing.signal }).catch(() => {});
    while (this.#waiting.length > 0) {
      const message: Message = { by: this.#owner, changes: this.#waiting.splice(0, MOST) };
      await sql`select pg_notify(${NAME}, ${JSON.stringify(message)})`.execute(this.#db).catch(() => {});
    }
  }

  /** @param missed is called when something may not have been heard. */
  listen(heard: (changed: Changed) => void, missed: () => void): void {
    this.#listening ??= this.#listen(heard, missed);
  }

  async #listen(heard: (changed: Changed) => void, missed: () => void): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const client = new pg.Client(settingsOf(this.#config));
      const ended = new Promise<'ended'>((resolve) => {
        for (const event of ['end', 'error'] as const) client.on(event, () => resolve('ended'));
        signal.addEventListener('abort', () => resolve('ended'), { once: true });
      });
      client.on('notification', ({ payload = '' }) => {
        const { by, changes } = JSON.parse(payload) as Message;
        if (by !== this.#owner) for (const changed of changes) heard(changed);
      });
      try {
        await client.connect();
        await client.query(`listen ${NAME}`);
        missed();
        // A way that was cut says nothing: it is asked now and then.
        do {
          await this.#time.compare(async () => (await client.query(`select ${SERVER_NOW} as now`)).rows[0].now);
        } while (
          (await Promise.race([ended, pause(this.#config.lease, 'quiet' as const, { ref: false })])) !== 'ended'
        );
      } catch {
        // the slow look at the store finds what is not heard of meanwhile
      }
      await client.end().catch(() => {});
      await pause(AGAIN, undefined, { signal }).catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
    await this.#listening;
  }
}
