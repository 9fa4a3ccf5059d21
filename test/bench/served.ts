import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Store, systemClock } from 'regain';
import { sandboxKeys } from '../../src/http/sandbox-keys.ts';
import { Tokens } from '../../src/http/tokens.ts';
import { type Figure, type Spread, spread } from './figures.ts';
import { type Loaded, load, type Request } from './load.ts';
import { EVENTS, POLICY, Subjects } from './subject.ts';

/** Programs that take the event over HTTP, each a process of its own. */

const BARE_ROUTE = fileURLToPath(new URL('./bare-route.ts', import.meta.url));
const RIVAL = fileURLToPath(new URL('./rival.ts', import.meta.url));
const SERVICE = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const MOST = { most: 100_000_000 };
const DAY = 24 * 60 * 60 * 1_000;

export interface Served {
  name: string;
  url: string;
  request: Request;
}

const json = { 'content-type': 'application/json' };
const eventAt = (count: number) => EVENTS[count % EVENTS.length] ?? EVENTS[0];

/** Starts programs, in a folder of its own, and ends them. */
export class Programs {
  readonly folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  readonly #count: number;
  readonly #running: ChildProcess[] = [];

  /** @param count of recoveries in each. */
  constructor(count: number) {
    this.#count = count;
  }

  /**
   * One route by hand, with grouped commits.
   * @param keeps `all`: the snapshot, an audit entry and a timer; `snapshots`: nothing else.
   */
  async byHand(name: string, keeps: 'all' | 'snapshots'): Promise<Served> {
    const file = join(this.folder, `${keeps}.sqlite`);
    const url = await this.#told(fork(BARE_ROUTE, [file, String(this.#count), keeps]));
    const request: Request = (sender, turn) => ({
      path: `/events/${sender}`,
      headers: json,
      body: JSON.stringify(eventAt(turn)),
    });
    return { name, url, request };
  }

  /** `@restatedev/xstate` with the same charts, on a server of Restate: asked through the server's ingress. */
  async rival(name: string, restate: { ingress: string; admin: string }): Promise<Served> {
    await this.#told(fork(RIVAL, [restate.ingress, restate.admin, String(this.#count)]));
    const request: Request = (sender, turn) => ({
      path: `/recovery/a${sender}/send`,
      headers: json,
      body: JSON.stringify({ event: { ...eventAt(turn), at: Date.now() } }),
    });
    return { name, url: restate.ingress, request };
  }

  /** The real service, with all its checks. */
  async service(name: string, named: string, open: (named: string) => Promise<Store>): Promise<Served> {
    const subjects = await Subjects.over(await open(named), this.#count, systemClock);
    const keys = await sandboxKeys(named, subjects.store);
    await subjects.close();
    const lifetimes = { owner: DAY, contact: DAY, cancel: DAY };
    const tokens = new Tokens({ keys: [{ id: 'sandbox', key: keys.token }], lifetimes, clock: systemClock });
    const bearers = await Promise.all(subjects.ids.map((id) => tokens.owner(id, 'd1', systemClock.now())));
    const url = await this.#listening(this.#configuration(named));
    const request: Request = (sender, turn) => ({
      path: `/v1/recoveries/${subjects.ids[sender]}/events`,
      headers: {
        ...json,
        authorization: `Bearer ${bearers[sender]}`,
        'regain-device': 'd1',
        'idempotency-key': `${sender}-${turn}`,
      },
      body: JSON.stringify(eventAt(turn)),
    });
    return { name, url, request };
  }

  #configuration(store: string): string {
    const [policy, config] = [join(this.folder, 'policy.json'), join(this.folder, 'config.json')];
    writeFileSync(policy, JSON.stringify(POLICY));
    const limits = { eventsByRecovery: MOST, eventsByAddress: MOST };
    writeFileSync(config, JSON.stringify({ mode: 'sandbox', port: 0, store, policy, limits, logLevel: 'info' }));
    return config;
  }

  /** @returns what a child says first: where it listens. */
  async #told(child: ChildProcess): Promise<string> {
    this.#running.push(child);
    const [said] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`a program ended with ${code}`))),
    ]);
    return String(said);
  }

  #listening(config: string): Promise<string> {
    const child = spawn(process.execPath, [SERVICE, 'serve', '--config', config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.push(child);
    return new Promise((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (part) => {
        output += part;
        const [, url] = /"url":"([^"]+)"[\s\S]*"ready"/.exec(output) ?? [];
        if (url === undefined) return;
        output = '';
        resolve(url);
      });
      child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${output}`)));
    });
  }

  async end(): Promise<void> {
    for (const child of this.#running) child.kill('SIGTERM');
    await Promise.all(this.#running.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    rmSync(this.folder, { recursive: true });
  }
}

/** Loads programs in turns, in each round every one of them. @returns their rates, with ratios to the first, and latencies. */
export async function inTurns(
  sides: readonly Served[],
  connections: number,
  { rounds, ms }: { rounds: number; ms: number },
): Promise<Figure[]> {
  const found = sides.map((): Loaded[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const index = (turn + round) % sides.length;
      const { url, request } = sides[index] as Served;
      found[index]?.push(await load(url, connections, request, ms));
    }
  }
  const rates = found.map((all) => all.map(({ rate }) => rate));
  return sides.flatMap(({ name }, index) => {
    const named = `${connections} connections: ${name}`;
    const of = (what: 'p50' | 'p99'): Spread => spread((found[index] ?? []).map((each) => each[what]));
    const own = rates[index] ?? [];
    const ratio = spread(own.map((rate, round) => rate / (rates[0]?.[round] ?? 1)));
    return [
      { name: named, unit: '/s', value: spread(own), ratio },
      { name: `${named}, p50`, unit: 'ms', value: of('p50') },
      { name: `${named}, p99`, unit: 'ms', value: of('p99') },
    ];
  });
}
