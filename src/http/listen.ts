import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { CannotListen } from '../cannot-listen.ts';
import type { App } from './app.ts';
import type { ServiceConfig } from './config.ts';
import { answerProblem, RequestProblem } from './problems.ts';

const MAX_HEADER = 16 * 1_024; // bytes
const HEADERS_WITHIN = 10_000; // ms
const LOOK = 1_000; // ms, how often connections are looked at for their time
const DRAIN = 5_000; // ms, for requests that are being answered
const DRAIN_LOOK = 20; // ms

type Fetch = App['fetch'];
type ListenConfig = Pick<ServiceConfig, 'host' | 'port' | 'requestTimeout'>;

/** Listens from the start: while what fell due meanwhile is processed, the process can be seen to live. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fetch: Fetch = starting().fetch;

  private constructor({ requestTimeout }: ListenConfig) {
    this.#server = createAdaptorServer({
      fetch: (request, env) => this.#fetch(request, env),
      serverOptions: {
        requestTimeout,
        headersTimeout: Math.min(HEADERS_WITHIN, requestTimeout),
        connectionsCheckingInterval: LOOK,
        maxHeaderSize: MAX_HEADER,
      },
    }) as Server;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @throws CannotListen */
  static async open(config: ListenConfig): Promise<Listener> {
    const listener = new Listener(config);
    listener.#server.listen(config.port, config.host);
    await once(listener.#server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new CannotListen(config.host, config.port, error);
    });
    return listener;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** For what is no request, such as web sockets. */
  get server(): Server {
    return this.#server;
  }

  serve(fetch: Fetch): void {
    this.#fetch = fetch;
  }

  /** Takes no more requests and waits for those that are being answered, for a while. */
  async close(): Promise<void> {
    const late = setTimeout(() => this.#server.closeAllConnections(), DRAIN);
    // A connection that has been answered stays open for a next request, which will not be taken; one on which nothing
    // came yet does not count as idle.
    const idle = setInterval(() => {
      this.#server.closeIdleConnections();
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    }, DRAIN_LOOK);
    await new Promise((resolve) => this.#server.close(resolve));
    clearTimeout(late);
    clearInterval(idle);
  }
}

/** What is answered before the recoveries are there. */
function starting(): Hono {
  const app = new Hono();
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/ready', (c) => c.json({ status: 'starting' }, 503));
  app.notFound((c) =>
    answerProblem(
      c,
      new RequestProblem('unavailable', 'the service is starting', {}, { headers: { 'Retry-After': '1' } }),
    ),
  );
  return app;
}
