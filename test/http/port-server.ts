import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSandbox, type SandboxOptions } from '../../src/adapters/sandbox.ts';
import { whenOver } from './service.ts';

const SECRET = 'a secret of 32 characters or more';
const NEVER = new AbortController().signal;

/** Somebody else's ports, over HTTP: the sandbox's. It takes signed calls alone, and remembers them in order. */
export async function portServer(options: SandboxOptions = {}) {
  const sandbox = createSandbox({ key: 'a key for these tests', ...options });
  const calls: { port: string; recoveryId: string; input: Record<string, unknown> }[] = [];
  const ports = sandbox.ports as unknown as Record<string, (input: unknown, call: unknown) => Promise<unknown>>;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const signed = createHmac('sha256', SECRET).update(`${request.headers['idempotency-key']}\n${body}`).digest('hex');
    if (request.headers['regain-signature'] !== signed) return void response.writeHead(401).end();
    const port = request.url?.split('/').at(-1) ?? '';
    const { input, call } = JSON.parse(body);
    calls.push({ port, recoveryId: call.recoveryId, input });
    const at = Date.parse(String(request.headers['regain-at']));
    const answer = await ports[port]?.(input, { ...call, at, signal: NEVER });
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenOver(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ports`;
  return { sandbox, calls, ports: { url, secret: SECRET } };
}
