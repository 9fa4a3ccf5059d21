import './tab.ts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { fetchPorts, openActor, type TabActor } from '../../../src/browser/index.ts';
import { createVirtualClock } from '../../../src/host/clock.ts';
import { order } from './order.ts';

const T0 = Date.parse('2026-03-02T10:00:00+08:00');
const open: { close(): unknown }[] = [];
let orders = 0;
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

type Answer = (response: ServerResponse) => void;

/** An order whose back end answers as told, one try after another; the last answer repeats. */
async function paidAt(...answers: Answer[]) {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push({ request, body });
    (answers[asked.length - 1] ?? answers.at(-1))?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ports`;
  const ports = fetchPorts(
    { charge: { answer: z.object({ receipt: z.string() }), tries: 2 } },
    { url, timeout: 5_000, headers: async () => ({ Authorization: 'Bearer t' }) },
  );
  const clock = createVirtualClock(T0);
  const { now, at } = clock; // no more: it is not to wait for the network before it moves on
  const actor = await openActor(order, { id: `fetched-${++orders}`, clock: { now, at }, ports, secrets: ['pin'] });
  open.push(actor, { close: () => server.closeAllConnections() }, server);
  await actor.send({ type: 'PAY', amount: 20, pin: '4711' });
  return { actor, asked, clock };
}

const receipt: Answer = (response) => void response.writeHead(200).end('{"receipt":"r1"}');
const status =
  (code: number, text = 'pin 4711 is wrong'): Answer =>
  (response) =>
    void response.writeHead(code).end(text);
const state = (actor: TabActor<typeof order>) => expect.poll(() => actor.getSnapshot().value, { timeout: 10_000 });
const failure = async (actor: TabActor<typeof order>) =>
  String((await actor.log()).find(({ kind }) => kind === 'failure')?.data.error);

test('a repeat comes under the same key and with the same body', async () => {
  const { actor, asked, clock } = await paidAt(status(503), receipt);
  await expect.poll(() => asked.length).toBe(1);
  await actor.idle();
  await clock.advance(1_000);
  await state(actor).toBe('paid');
  const [first, second] = asked;
  expect(asked).toHaveLength(2);
  expect(second?.body).toBe(first?.body);
  expect(JSON.parse(first?.body ?? '')).toEqual({
    input: { amount: 20, pin: '4711' },
    call: { key: `${actor.id}/order/charge/1`, recoveryId: actor.id, path: 'order', step: 'charge', attempt: 1 },
  });
  const headers = asked.map(({ request }) => request.headers);
  expect(headers.map((each) => each['idempotency-key'])).toEqual(Array(2).fill(`${actor.id}/order/charge/1`));
  expect(headers.map((each) => each['regain-at'])).toEqual([T0, T0 + 1_000].map((at) => new Date(at).toISOString()));
  expect(headers[0]).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/json' });
  expect(asked[0]?.request.method).toBe('POST');
});

test.each([
  ['an error', status(500), /answered with status 500/],
  ['no JSON', status(200, 'pin 4711'), /what is no JSON/],
  ['another shape', status(200, '{"receipt":7}'), /answered amiss at 'receipt'/],
])(
  'a back end that answers with %s twice is the port’s failure, and its text is not repeated',
  async (_, answer, why) => {
    const { actor, asked, clock } = await paidAt(answer);
    await expect.poll(() => asked.length).toBe(1);
    await actor.idle();
    await clock.advance(1_000);
    await expect.poll(() => asked.length).toBe(2);
    await state(actor).toBe('open');
    expect(await failure(actor)).toMatch(why);
    expect(await failure(actor)).not.toContain('4711');
  },
);

test('a back end that does not answer is waited for as long as was said', async () => {
  const silent = () => {};
  const { actor, asked, clock } = await paidAt(silent);
  await expect.poll(() => asked.length).toBe(1);
  await clock.advance(5_000);
  await actor.idle();
  await clock.advance(1_000);
  await expect.poll(() => asked.length).toBe(2);
  await clock.advance(5_000);
  await state(actor).toBe('open');
  expect(await failure(actor)).toBe('timed out');
});
