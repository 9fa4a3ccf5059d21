import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from 'regain';
import { sandboxKeys } from '../../src/http/sandbox-keys.ts';
import { Tokens } from '../../src/http/tokens.ts';
import { type Figure, goal, type Part, spread } from './figures.ts';
import { ratioOf } from './harness.ts';
import { type Loaded, load, type Request } from './load.ts';
import { EVENTS, POLICY, Subjects } from './subject.ts';

const CONNECTIONS = [32, 64];
const BARE_ROUTE = fileURLToPath(new URL('./bare-route.ts', import.meta.url));
const SERVICE = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const MOST = { most: 100_000_000 };
const DAY = 24 * 60 * 60 * 1_000;

/** Events over HTTP to the real service, with all its checks, against a bare route. */
export async function servicePart({ quick }: { quick: boolean }): Promise<Part> {
  const [rounds, ms] = quick ? [3, 2_000] : [7, 5_000];
  const folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  const count = Math.max(...CONNECTIONS);
  const running: ChildProcess[] = [];
  const figures: Figure[] = [];
  try {
    const bare = await bareRoute(join(folder, 'bare.sqlite'), count, running);
    const ours = await ownService(folder, count, running);
    for (const connections of CONNECTIONS) {
      const found: [Loaded[], Loaded[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const sides = [bare, ours].map((side, index) => ({ side, index }));
        for (const { side, index } of round % 2 === 0 ? sides : sides.reverse()) {
          found[index]?.push(await load(side.url, connections, side.request, ms));
        }
      }
      const rates = found.map((all) => all.map(({ rate }) => rate)) as [number[], number[]];
      const named = (name: string) => `${connections} connections: ${name}`;
      const ratio = spread(rates[1].map((rate, round) => rate / (rates[0][round] ?? 1)));
      figures.push(
        { name: named('bare route'), unit: '/s', value: spread(rates[0]), ratio: spread([1]) },
        { name: named('the service'), unit: '/s', value: spread(rates[1]), ratio },
        ...latencies(named('bare route'), found[0]),
        ...latencies(named('the service'), found[1]),
      );
    }
  } finally {
    for (const child of running) child.kill('SIGTERM');
    await Promise.all(running.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))));
    rmSync(folder, { recursive: true });
  }
  return {
    id: 'service',
    title: 'Service over HTTP',
    about:
      'Events over HTTP on loopback, each sender with a connection and a recovery of its own, SQLite with FULL. The service checks ' +
      'tokens, devices, schemas, idempotency keys and limits, and writes receipts and the audit trail. The bare route does the ' +
      'event by hand, with grouped commits, and checks nothing. The senders share the machine with both.',
    figures,
    goals: CONNECTIONS.map((connections) =>
      goal(
        `the service against the bare route, ${connections} connections`,
        { figure: ratioOf(figures, `${connections} connections: the service`), limit: 0.6, is: 'at least' },
        'a token is verified, limits are counted in a transaction, a receipt is written, and a view with texts is made, for each event',
      ),
    ),
  };
}

const latencies = (name: string, loads: readonly Loaded[]): Figure[] => [
  { name: `${name}, p50`, unit: 'ms', value: spread(loads.map(({ p50 }) => p50)) },
  { name: `${name}, p99`, unit: 'ms', value: spread(loads.map(({ p99 }) => p99)) },
];

interface Served {
  url: string;
  request: Request;
}

const eventAt = (count: number) => EVENTS[count % EVENTS.length] ?? EVENTS[0];

async function bareRoute(file: string, count: number, running: ChildProcess[]): Promise<Served> {
  const child = fork(BARE_ROUTE, [file, String(count)]);
  running.push(child);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (said) => resolve(String(said)));
    child.once('exit', (code) => reject(new Error(`the bare route ended with ${code}`)));
  });
  const headers = { 'content-type': 'application/json' };
  return {
    url,
    request: (sender, turn) => ({ path: `/events/${sender}`, headers, body: JSON.stringify(eventAt(turn)) }),
  };
}

async function ownService(folder: string, count: number, running: ChildProcess[]): Promise<Served> {
  const file = join(folder, 'service.sqlite');
  const subjects = await Subjects.open(file, count, 'FULL', systemClock);
  await subjects.close();
  const [policy, config] = [join(folder, 'policy.json'), join(folder, 'config.json')];
  writeFileSync(policy, JSON.stringify(POLICY));
  const limits = { eventsByRecovery: MOST, eventsByAddress: MOST };
  writeFileSync(config, JSON.stringify({ mode: 'sandbox', port: 0, store: file, policy, limits, logLevel: 'info' }));
  const keys = await sandboxKeys(file, subjects.store);
  const lifetimes = { owner: DAY, contact: DAY, cancel: DAY };
  const tokens = new Tokens({ keys: [{ id: 'sandbox', key: keys.token }], lifetimes, clock: systemClock });
  const bearers = await Promise.all(subjects.ids.map((id) => tokens.owner(id, 'd1', systemClock.now())));
  const url = await started(config, running);
  return {
    url,
    request: (sender, turn) => ({
      path: `/v1/recoveries/${subjects.ids[sender]}/events`,
      headers: {
        authorization: `Bearer ${bearers[sender]}`,
        'regain-device': 'd1',
        'content-type': 'application/json',
        'idempotency-key': `${sender}-${turn}`,
      },
      body: JSON.stringify(eventAt(turn)),
    }),
  };
}

function started(config: string, running: ChildProcess[]): Promise<string> {
  const child = spawn(process.execPath, [SERVICE, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
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
