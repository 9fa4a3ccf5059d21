import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { By } from '../../src/host/api.ts';
import type { RecoveryView } from '../../src/host/view.ts';
import type { AuditEntry } from '../../src/store/types.ts';
import { clockAhead } from './ahead.ts';
import { Server } from './server.ts';
import type { Asked, Told } from './worker.ts';

/** Hosts on one database whose machines' clocks differ: the time that counts is the database's. */

const HALF_A_MINUTE = 30_000;
/** As `worker.ts` sets it, in ms. */
const [ASK_UNTIL, COLLECT_UNTIL, OPENS_AT] = [3_000, 12_000, 14_000];

/** A host in a process of its own. */
class Worker {
  readonly #process: ChildProcess;
  readonly #asked = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #number = 0;

  private constructor(url: string, ahead: number) {
    const execArgv = [...clockAhead(ahead), '--import', 'tsx'];
    this.#process = fork(join(import.meta.dirname, 'worker.ts'), [url], { execArgv, serialization: 'advanced' });
    this.#process.on('message', (told: Told) => {
      const asked = this.#asked.get(told.number);
      if ('error' in told) asked?.reject(new Error(told.error));
      else asked?.resolve(told.result);
    });
  }

  static async start(url: string, ahead: number): Promise<Worker> {
    const worker = new Worker(url, ahead);
    await worker.#told(0);
    return worker;
  }

  #told(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#asked.set(number, { resolve, reject }));
  }

  #ask(method: Asked['method'], ...args: unknown[]): Promise<unknown> {
    this.#number += 1;
    const told = this.#told(this.#number);
    this.#process.send({ number: this.#number, method, args } satisfies Asked);
    return told;
  }

  start = (accountId: string) =>
    this.#ask('start', { accountId, device: { deviceId: 'd1' } }) as Promise<{ recoveryId: string }>;
  send = (id: string, event: object, by?: By) => this.#ask('send', id, event, by) as Promise<RecoveryView>;
  get = (id: string) => this.#ask('get', id) as Promise<RecoveryView>;
  audit = (id: string) => this.#ask('audit', id) as Promise<AuditEntry[]>;

  async until(id: string, state: string): Promise<void> {
    while (!(await this.get(id)).state.startsWith(state)) await setTimeout(20);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

let server: Server;
let pool: pg.Pool;
const workers: Worker[] = [];
beforeAll(async () => {
  server = await Server.start();
  const url = await server.database();
  pool = new pg.Pool({ connectionString: url });
  for (const ahead of [0, HALF_A_MINUTE]) workers.push(await Worker.start(url, ahead));
});
afterAll(async () => {
  for (const worker of workers) worker.kill();
  await pool.end();
  await server.stop();
});

/** What the database's clock shows, in ms. */
async function now(): Promise<number> {
  const { rows } = await pool.query('select extract(epoch from clock_timestamp())::float8 * 1000 as now');
  return rows[0].now;
}

/** How far a worker may be wrong about it, in ms: half of a round trip when it asked, and a machine that is busy. */
const WRONG = 1_000;

test.concurrent.each([
  ['behind', 0, 1],
  ['ahead', 1, 0],
])('a host whose clock is %s begins, the other goes on: both keep to the timetable', async (name, one, two) => {
  const [begins, goesOn] = [workers[one], workers[two]];
  if (!begins || !goesOn) throw new Error('no workers');
  const { recoveryId: id } = await begins.start(name);
  await begins.until(id, 'choosing.offering');
  const before = await now();
  await begins.send(id, { type: 'path.choose', path: 'securityContacts' });
  await begins.until(id, 'verifying.securityContacts.initiating');
  await begins.send(id, { type: 'contacts.request', contactIds: ['k1', 'k2'] });
  const after = await now();

  while ((await now()) < after + ASK_UNTIL + WRONG) await setTimeout(20);
  // Neither too early nor too late, by the clock of him who is asked.
  for (const contactId of ['k1', 'k2']) {
    await goesOn.send(
      id,
      { type: 'contact.confirm', contactId, method: 'qr', token: '1' },
      { role: 'contact', id: contactId },
    );
  }
  await Promise.race([begins, goesOn].map((worker) => worker.until(id, 'settingPassword')));
  const opened = await now();

  const timers = (await goesOn.audit(id)).filter(({ kind }) => kind === 'timer').map(({ at }) => at);
  const begun = (timers[0] ?? 0) - ASK_UNTIL;
  expect(begun).toBeGreaterThan(before - WRONG);
  expect(begun).toBeLessThan(after + WRONG);
  expect(timers.map((at) => at - begun)).toEqual([ASK_UNTIL, COLLECT_UNTIL, OPENS_AT]);
  expect(opened).toBeGreaterThan(begun + OPENS_AT - WRONG);
});
