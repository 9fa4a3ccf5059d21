import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PolicyInput } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createRestateRecoveries, openRestate, type RestateOptions } from '../../src/restate/index.ts';
import { Relay } from './relay.ts';
import { type RestateServer, startRestate } from './server.ts';

export interface WorkerOptions extends RestateOptions {
  /** Where what a port does is counted. */
  effects: string;
  policy: PolicyInput;
  sealingKey: string;
}

const SEALING_KEY = 'a key for tests of faults';

/** What ports have done, by port and key of the call, in a process that nobody kills. */
class Effects {
  readonly keys = new Map<string, string>();
  /** Called while a port is at work; what it waits for keeps the port from answering. */
  atWork: (port: string) => Promise<void> = async () => {};
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', async () => {
      const { port, key } = JSON.parse(body);
      this.keys.set(key, port);
      await this.atWork(port);
      response.end('{}');
    });
  });

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The real Restate, a service behind it that can be killed, the network between them that can be cut, and a client. */
export class Stage {
  readonly server: RestateServer;
  readonly effects = new Effects();
  readonly client: Recoveries;
  readonly #close: () => Promise<void>;
  readonly #worker: WorkerOptions;
  readonly #relays: Relay[];
  #child: ChildProcess | undefined;

  private constructor(
    server: RestateServer,
    worker: WorkerOptions,
    relays: Relay[],
    effects: Effects,
    client: Recoveries,
    child: ChildProcess,
    close: () => Promise<void>,
  ) {
    this.server = server;
    this.#worker = worker;
    this.#relays = relays;
    this.effects = effects;
    this.client = client;
    this.#child = child;
    this.#close = close;
  }

  static async open(policy: PolicyInput): Promise<Stage> {
    const server = await startRestate();
    const effects = new Effects();
    const ingress = await Relay.to(new URL(server.ingress).port);
    const service = await Relay.to();
    const worker: WorkerOptions = {
      ingress: ingress.url,
      admin: server.admin,
      listen: { port: await service.portBehind() },
      advertised: service.url,
      effects: await effects.open(),
      policy,
      sealingKey: SEALING_KEY,
    };
    const child = await started(worker);
    // Only a client: Restate does not know where it listens.
    const endpoint = await openRestate({ ...server, listen: { port: 0 }, register: false });
    const ports = agreeablePorts(() => sandboxAccount());
    const client = await createRestateRecoveries({ endpoint, ports, policy, sealingKey: SEALING_KEY });
    const close = async () => {
      await client.close();
      await endpoint.close();
      effects.close();
      for (const relay of [ingress, service]) relay.close();
      await server.close();
    };
    return new Stage(server, worker, [ingress, service], effects, client, child, close);
  }

  async killWorker(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async startWorker(): Promise<void> {
    this.#child = await started(this.#worker);
  }

  /** Cuts the network between Restate and the service, both ways, for a while. */
  async cut(ms: number): Promise<void> {
    for (const relay of this.#relays) relay.cut();
    await pause(ms);
    for (const relay of this.#relays) relay.mend();
  }

  async close(): Promise<void> {
    await this.killWorker();
    await this.#close();
  }
}

async function started(options: WorkerOptions): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => {
      if (signal !== 'SIGKILL') throw new Error(`the service ended with ${code} ${signal}`);
    }),
  ]);
  return child;
}

/** Asks until something is so. @throws Error when it is not within a minute. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, within = 60_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await pause(50);
  }
}
