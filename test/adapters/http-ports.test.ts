import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { createHttpPorts } from '../../src/adapters/http-ports.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const SECRET = 'a secret of 32 characters or more';
const last: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of last.splice(0).reverse()) await end();
});

interface Got {
  port: string;
  key: string;
  body: string;
}

/** Ports over HTTP of which each call is answered by `answer`: a status, and a text. */
async function served(answer: (got: Got) => [status: number, text: string]) {
  const calls: Got[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const got = { port: String(request.url).slice(1), key: String(request.headers['idempotency-key']), body };
    calls.push(got);
    const [status, text] = answer(got);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  last.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => server.closeAllConnections(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { calls, ports: createHttpPorts({ url, secret: SECRET }) };
}

const CALL = { key: 'r1/k', recoveryId: 'r1', path: 'recovery', step: 'notify', attempt: 1, at: 0 };
const call = () => ({ ...CALL, signal: new AbortController().signal });

describe('ports over HTTP', () => {
  test.each<[string, [number, string], string]>([
    ['a status', [500, 'the password is 294817'], "port 'notify' answered with status 500"],
    ['what is no JSON', [200, '294817 it is'], "port 'notify' answered with what is no JSON"],
  ])('tell of %s, and repeat nothing of the answer (R9)', async (_, answer, message) => {
    const { ports } = await served(() => answer);
    const told = await ports.notify({ accountId: 'a1', notice: 'started' }, call()).catch((error) => error);
    expect(told.message).toBe(message);
  });

  test('R45: a call that comes again has the same key and the same body, tokens included', async () => {
    let failures = 2;
    const { calls, ports } = await served(() => (failures-- > 0 ? [503, ''] : [200, '{"ok":true}']));
    const store = await openSqlite(':memory:');
    const host = await createRecoveries({
      store,
      ports: { ...agreeablePorts(() => sandboxAccount()), notify: ports.notify },
      retryDelay: () => 5,
      linkTokens: {
        cancel: async (id, at) => `cancel ${id} ${at}`,
        contact: async (id, contactId, at) => `contact ${id} ${contactId} ${at}`,
      },
    });
    last.push(
      () => store.close(),
      () => host.close(),
    );
    await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
    while (calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
    expect(calls[0]?.body).toContain('"cancelToken":"cancel ');
  });
});
