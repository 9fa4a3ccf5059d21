import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of the service that waits for its answer. */
export interface Waiting {
  key: string;
  port: string;
  owner: string;
  recoveryId: string;
  attempt: number;
  contactTokens: Record<string, string>;
  respond(status: number, body: unknown): void;
}

const SECRET = 'a secret of 32 characters or more';

/** Ports over HTTP that say nothing until they are told what to say. */
export async function toldServer() {
  const waiting = new Map<string, Waiting>();
  const contactTokens = new Map<string, string>();
  const respond = (response: ServerResponse, status: number, body: unknown) =>
    void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  const failing = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { call } = JSON.parse(Buffer.concat(chunks).toString());
    const port = request.url?.split('/').at(-1) ?? '';
    for (const [id, token] of Object.entries<string>(call.contactTokens ?? {})) {
      contactTokens.set(`${call.recoveryId}/${id}`, token);
    }
    if (port === 'eraseEvidence' || call.key.includes('/notice/')) return respond(response, 200, { ok: true });
    if (failing.has(call.key)) return respond(response, 500, {});
    const { key, recoveryId, attempt } = call;
    const owner = call.path === 'recovery' ? '' : call.path;
    waiting.set(key, {
      ...{ key, port, owner, recoveryId, attempt, contactTokens: call.contactTokens ?? {} },
      respond: (status, body) => {
        waiting.delete(key);
        if (status >= 500) failing.add(key); // a call that is tried again fails again
        respond(response, status, body);
      },
    });
    response.on('close', () => void waiting.delete(key));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ports: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ports`, secret: SECRET },
    contactToken: (recoveryId: string, id: string) => contactTokens.get(`${recoveryId}/${id}`),
    /** Calls of one recovery that wait, of one port and path, in the order in which they were made. */
    waiting: (recoveryId: string, owner: string, port: string) =>
      [...waiting.values()]
        .filter((call) => call.recoveryId === recoveryId && call.owner === owner && call.port === port)
        .sort((a, b) => a.attempt - b.attempt),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
export type ToldServer = Awaited<ReturnType<typeof toldServer>>;
