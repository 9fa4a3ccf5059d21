import { createServer, type Http2Server, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createEndpointHandler } from '@restatedev/restate-sdk';
import { connect, type Ingress } from '@restatedev/restate-sdk-clients';
import { CannotListen } from '../cannot-listen.ts';
import { UnusableStore } from '../store/errors.ts';
import { Hosts } from './inside.ts';
import { accountObject, codeObject, limitObject, portService, startObject, textObject } from './objects.ts';
import { Query } from './query.ts';
import { recoveryObject } from './recovery.ts';

export interface RestateOptions {
  /** Where Restate takes requests: `http://127.0.0.1:8080`. */
  ingress: string;
  /** Where Restate is administered and asked: `http://127.0.0.1:9070`. */
  admin: string;
  /**
   * Where this process listens for Restate: port 9080 of 127.0.0.1 by default, 0 for a free one. It has to stay the same over restarts:
   * Restate goes on with what was under way where it began.
   */
  listen?: { host?: string; port?: number };
  /** Where Restate finds this process; by default where it listens. */
  advertised?: string;
  /** Whether the process makes itself known to Restate; it does, by default. An operator may do so instead. */
  register?: boolean;
  /** Public keys of the Restate servers that may call (`publickeyv1_…`): without them whoever reaches the port may. */
  identityKeys?: string[];
  /** Told of what Restate's SDK warns of: attempts that failed and are tried again, and that requests are taken unsigned. */
  onWarning?: (message: string) => void;
}

/** A process behind Restate: it serves the hosts of one or more namespaces. */
export interface RestateEndpoint {
  /** Where it listens. */
  url: string;
  /** Stops listening, and breaks off what runs: Restate carries it out elsewhere, or here again. */
  close(): Promise<void>;
  /** @internal */
  readonly hosts: Hosts;
  /** @internal */
  readonly ingress: Ingress;
  /** @internal */
  readonly query: Query;
}

/**
 * Listens for Restate, and makes itself known to it.
 * @throws CannotListen, and UnusableStore when Restate cannot be reached or does not take it.
 */
export async function openRestate(options: RestateOptions): Promise<RestateEndpoint> {
  const { ingress, admin, listen = {}, register = true, identityKeys, onWarning } = options;
  const hosts = new Hosts();
  const handler = createEndpointHandler({
    services: [
      recoveryObject(hosts),
      accountObject(hosts),
      startObject(),
      limitObject(hosts),
      codeObject(),
      textObject(),
      portService(hosts),
    ],
    ...(identityKeys ? { identityKeys } : {}),
    logger: ({ level }, ...message) => {
      if (level === 'warn' || level === 'error') onWarning?.(message.map(String).join(' '));
    },
  });
  const server = createServer(handler);
  const sessions = new Set<Http2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  await listening(server, listen);
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const session of sessions) session.destroy();
    await closed;
  };
  const { address, port } = server.address() as AddressInfo;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  try {
    if (register) await makeKnown(admin, options.advertised ?? url);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close, hosts, ingress: connect({ url: ingress }), query: new Query(admin) };
}

function listening(server: Http2Server, { host = '127.0.0.1', port = 9080 }: NonNullable<RestateOptions['listen']>) {
  return new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(new CannotListen(host, port, error));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function makeKnown(admin: string, uri: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(new URL('/deployments', admin), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ uri, force: true }),
    });
  } catch (error) {
    const { cause = error } = error as Error; // fetch says only that it failed
    const { message, code } = cause as NodeJS.ErrnoException;
    throw new UnusableStore(`restate.admin ${admin}: Restate cannot be reached there: ${message || code}`, { cause });
  }
  if (!response.ok) {
    const said = `${response.status} ${await response.text()}`;
    throw new UnusableStore(`restate.admin ${admin}: Restate does not take ${uri}: ${said}`);
  }
}
