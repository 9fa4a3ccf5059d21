import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { serve } from '@hono/node-server';
import type { App } from './app.ts';
import type { ServiceConfig } from './config.ts';

const MAX_HEADER = 16 * 1_024; // bytes
const HEADERS_WITHIN = 10_000; // ms
const DRAIN = 5_000; // ms, for requests that are being answered
const IDLE_LOOK = 20; // ms

/**
 * Takes requests.
 * @returns where, and how to take no more of them: that waits for those that are being answered, for a while.
 */
export async function listen(app: App, config: ServiceConfig): Promise<{ url: string; close(): Promise<void> }> {
  const server = await listening(app, config);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () => drained(server, sockets),
  };
}

function listening(app: App, { host, port, requestTimeout }: ServiceConfig): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: host,
        port,
        serverOptions: { requestTimeout, headersTimeout: HEADERS_WITHIN, maxHeaderSize: MAX_HEADER },
      },
      () => resolve(server as Server),
    );
    server.on('error', reject);
  });
}

function drained(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), DRAIN);
    // A connection that has been answered stays open for a next request, which will not be taken; one on which nothing
    // came yet does not count as idle.
    const idle = setInterval(() => {
      server.closeIdleConnections();
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, IDLE_LOOK);
    server.close(() => {
      clearTimeout(late);
      clearInterval(idle);
      resolve();
    });
  });
}
