import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWebSocketInspector } from '@statelyai/inspect';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createActor } from 'xstate';
import { createInspectRelay, type InspectRelayOptions } from '../../src/inspect/relay.ts';
import { foreign } from '../visualizer/foreign.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const TOKEN = 'a-token-that-is-long-enough-to-be-one';

interface Running {
  server: Server;
  url: string;
}

async function relay(options: Partial<InspectRelayOptions> = {}): Promise<Running> {
  const server = createServer((_, response) => void response.end('other'));
  const { close } = createInspectRelay(server, { path: '/inspector', reveal: 'all', ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close(), close);
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** All that came over a socket, from the first moment on. */
const received = new WeakMap<WebSocket, string[]>();

/** A connection, or the status with which it was refused. */
function open(url: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
  const socket = new WebSocket(url, { headers });
  const texts: string[] = [];
  received.set(socket, texts);
  socket.on('message', (data) => texts.push(String(data)));
  ends.push(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    socket.on('error', reject);
  });
}

async function opened(url: string): Promise<WebSocket> {
  const socket = await open(url);
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
}

const message = (sessionId: string, more: object = {}) => ({
  type: '@xstate.event',
  sessionId,
  createdAt: '1',
  event: { type: 'GO' },
  ...more,
});

/** All that came over a socket, as soon as there is a message that is asked for. */
async function until(socket: WebSocket, isLast: (text: string) => boolean): Promise<string[]> {
  const texts = received.get(socket) ?? [];
  while (!texts.some(isLast)) await once(socket, 'message');
  return [...texts];
}

describe('the relay', () => {
  it('passes on what a program of @statelyai/inspect tells, also to who comes later', async () => {
    const { url } = await relay();
    const page = await opened(`${url}/inspector/live`);
    const seen = until(page, (text) => text.includes('"BACK"') && text.includes('@xstate.snapshot'));
    const inspector = createWebSocketInspector({ url: `${url}/inspector/app` });
    ends.push(() => inspector.stop());
    const actor = createActor(foreign, { inspect: inspector.inspect });
    actor.start();
    for (const type of ['POWER', 'OPEN', 'BACK']) actor.send({ type });
    const texts = await seen;
    expect(texts.map((text) => JSON.parse(text).type)).toContain('@xstate.actor');
    const later = await opened(`${url}/inspector/live`);
    const again = await until(later, (text) => text === texts.at(-1));
    expect(again.slice(0, texts.length)).toEqual(texts);
  });

  it('tells apart the sessions of two programs, each of which counts from x:0', async () => {
    const { url } = await relay();
    const page = await opened(`${url}/inspector/live`);
    const [first, second] = [await opened(`${url}/inspector/app`), await opened(`${url}/inspector/app`)];
    first.send(JSON.stringify(message('x:0', { rootId: 'x:0', event: { type: 'ONE' } })));
    await until(page, (text) => text.includes('ONE'));
    second.send(JSON.stringify(message('x:0', { rootId: 'x:0', event: { type: 'TWO' } })));
    const texts = await until(page, (text) => text.includes('TWO'));
    expect(texts.map((text) => JSON.parse(text)).map(({ sessionId, rootId }) => [sessionId, rootId])).toEqual([
      ['x:0', 'x:0'],
      ['x:0@2', 'x:0@2'],
    ]);
  });

  it('never sends a program anything, and lets pages only look on', async () => {
    const { url } = await relay();
    const app = await opened(`${url}/inspector/app`);
    const page = await opened(`${url}/inspector/live`);
    page.send(JSON.stringify(message('x:0')));
    const [code] = await once(page, 'close');
    expect(code).toBe(1008);
    const other = await opened(`${url}/inspector/live`);
    const seen = until(other, (text) => text.includes('x:2'));
    app.send(JSON.stringify(message('x:2')));
    expect(await seen).toEqual([JSON.stringify(message('x:2'))]);
    expect(received.get(app)).toEqual([]);
  });

  it('passes on nothing but messages of the protocol', async () => {
    const { url } = await relay();
    const page = await opened(`${url}/inspector/live`);
    const seen = until(page, (text) => text.includes('x:9'));
    const app = await opened(`${url}/inspector/app`);
    for (const text of ['{', '7', 'null', '[]', '{"type":"other"}', JSON.stringify(message('x:9'))]) app.send(text);
    expect(await seen).toHaveLength(1);
  });

  it.each([
    ['from a page of somebody else', { Origin: 'https://example.com' }],
    ['from a page without an origin', { Origin: 'null' }],
    ['by a name that was made to point here', { Host: 'example.com' }],
    ['through a proxy', { 'X-Forwarded-For': '203.0.113.7' }],
  ])('refuses who comes %s', async (_, headers) => {
    const { url } = await relay();
    expect(await open(`${url}/inspector/live`, headers)).toBe(403);
    expect(await open(`${url}/inspector/app`, headers)).toBe(403);
  });

  it('lets pages of this machine in', async () => {
    const { url } = await relay();
    expect(await open(`${url}/inspector/live`, { Origin: 'http://localhost:5173' })).toBeInstanceOf(WebSocket);
  });

  it('asks programs and pages for its token, where it has one', async () => {
    const { url } = await relay({ token: TOKEN });
    for (const path of ['/inspector/live', '/inspector/app']) {
      expect(await open(url + path)).toBe(401);
      expect(await open(`${url}${path}?token=${TOKEN.slice(1)}x`)).toBe(401);
      expect(await open(`${url}${path}?token=${TOKEN}`)).toBeInstanceOf(WebSocket);
    }
  });

  it('is nowhere else', async () => {
    const { url } = await relay();
    expect(await open(`${url}/other`)).toBe(404);
    const body = new Promise((resolve) =>
      get(url.replace('ws', 'http'), (answer) => answer.on('data', (data) => resolve(String(data)))),
    );
    expect(await body).toBe('other');
  });

  it('keeps what tells of actors for longer than the rest', async () => {
    const { url } = await relay();
    const app = await opened(`${url}/inspector/app`);
    const first = await opened(`${url}/inspector/live`);
    const all = until(first, (text) => text.includes('"x:last"'));
    app.send(
      JSON.stringify({
        type: '@xstate.actor',
        sessionId: 'x:0',
        name: 'one',
        createdAt: '1',
        snapshot: { status: 'active' },
      }),
    );
    for (let count = 0; count < 6_000; count++) app.send(JSON.stringify(message(`x:${count}`)));
    app.send(JSON.stringify(message('x:last')));
    expect(await all).toHaveLength(6_002);
    const later = await opened(`${url}/inspector/live`);
    const kept = await until(later, (text) => text.includes('"x:last"'));
    expect(kept.length).toBeLessThanOrEqual(5_001);
    expect(kept[0]).toContain('@xstate.actor');
  });

  it('survives a message that is too long', async () => {
    const { url } = await relay();
    const app = await opened(`${url}/inspector/app`);
    app.send('x'.repeat(2 * 1_024 * 1_024));
    await once(app, 'close');
    expect(await open(`${url}/inspector/app`)).toBeInstanceOf(WebSocket);
  });
});
