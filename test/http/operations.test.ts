import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type Answer, type Fields, Running, untilCode, whenOver } from './service.ts';

/** Keeps everybody else from writing, until it is let go. */
function writeLock(file: string): () => void {
  const other = new Database(file);
  other.exec('begin immediate');
  whenOver(async () => void other.close());
  return () => void other.exec('rollback');
}

/** A connection on which a request can be written in pieces. */
async function connection(url: string): Promise<{ socket: Socket; over: Promise<string> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return { socket, over: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}

describe('a service that cannot write', () => {
  test('is not ready, says so with Retry-After, and takes the same again later', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const ready = async (status: number) => {
      // The probe's result is kept for a second: whoever asks how often, it is one write.
      while ((await here.request('GET', '/ready')).status !== status) await setTimeout(50);
    };
    await ready(200);
    const before = (await owner.get()).text;
    const release = writeLock(here.file);
    await ready(503);
    expect((await here.request('GET', '/health')).status).toBe(200);
    expect((await owner.get()).text).toBe(before);
    const choose = () => owner.send({ type: 'path.choose', path: 'bankCard' }, { 'Idempotency-Key': 'k1' });
    for (const answer of [await choose(), await here.begin('a2', 'd2')]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    }
    release();
    await ready(200);
    expect((await choose()).status).toBe(200);
    expect(await here.service.recoveries.list({ accountId: 'a2' })).toEqual([]);
  });
});

describe('a service that stops', () => {
  test('is alive and not ready, to whoever is still connected', async () => {
    const here = await Running.start();
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    const asked = ['/ready', '/health'].map(async (path) => {
      const { socket, over } = await connection(here.url);
      await new Promise<void>((resolve) => socket.write(ask(path), () => resolve()));
      return { socket, over };
    });
    const [ready, health] = await Promise.all(asked);
    await here.request('GET', '/health'); // by now the halves of the requests have come
    const stopped = here.service.stop();
    ready?.socket.write('\r\n');
    health?.socket.write('\r\n');
    expect(await ready?.over).toMatch(/^HTTP\/1\.1 503 [\s\S]*"stopping"/);
    expect(await health?.over).toMatch(/^HTTP\/1\.1 200 /);
    await stopped;
    await expect(fetch(here.url)).rejects.toThrow();
  });

  test('answers the requests in flight, and what it has taken is written', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const inFlight = Array.from({ length: 30 }, (_, index) => here.begin(`b${index}`, `d${index}`));
    const event = owner.send({ type: 'path.choose', path: 'bankCard' });
    await inFlight[0];
    const stopped = here.service.stop();
    const answers = await Promise.allSettled([event, ...inFlight]);
    const answered = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value as Answer<object>] : []));
    expect(answered.length).toBeGreaterThan(0);
    for (const { status } of answered) expect([200, 201]).toContain(status);
    await stopped;
    await here.restart();
    const begun = (await here.service.recoveries.list()).map(({ id }) => id);
    for (const { body } of answered) expect(begun).toContain((body as { recoveryId: string }).recoveryId);
  });

  test('does not keep waiting for those who prefer to', async () => {
    const here = await Running.start();
    await here.request('POST', '/sandbox/faults', {}, { port: 'loadAccount', fault: 'hangs' });
    const { recoveryId, token } = (await here.begin()).body;
    const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
    const waiting = owner.get({ Prefer: 'wait=20' });
    await owner.get(); // the one that waits came before
    const stopped = here.service.stop();
    expect((await waiting).body.state).toBe('assessing.loading');
    await stopped;
  });
});

describe('metrics', () => {
  const metric = (text: string, line: string) =>
    Number(
      text
        .split('\n')
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')[1] ?? 0,
    );

  test('move with what happened, and hold no id', async () => {
    const here = await Running.start();
    const look = async () => (await here.request('GET', '/metrics')).text;
    const before = await look();
    const owner = await here.owner('a2', 'd-marked');
    await untilCode(owner);
    await owner.send({ type: 'path.choose', path: 'voice' });
    await owner.send({ type: 'nonsense' });
    await here.advance('16m');
    const after = await look();
    const grown = (line: string) => metric(after, line) - metric(before, line);
    expect(grown('regain_steps_total{input="start"}')).toBe(1);
    expect(grown('regain_steps_total{input="event"}')).toBe(2);
    expect(grown('regain_steps_total{input="timer"}')).toBeGreaterThan(0);
    expect(grown('regain_refusals_total{code="notAccepted"}')).toBe(1);
    expect(grown('regain_refusals_total{code="invalidEvent"}')).toBe(1);
    const events = 'regain_http_request_duration_seconds_count{method="POST",route="/v1/recoveries/:recoveryId/events"';
    expect(grown(`${events},status="200"}`)).toBe(2);
    expect(grown(`${events},status="409"}`)).toBe(1);
    expect(grown('regain_timer_lateness_seconds_count')).toBeGreaterThan(0);
    expect(metric(after, 'regain_queue_depth{queue="timers"}')).toBeGreaterThan(0);
    expect(after).toMatch(/regain_recoveries\{status="active",state="[\w.]+"\} 1/);
    for (const id of [owner.recoveryId, 'a2', 'd-marked']) expect(after).not.toContain(id);
  });

  test('count a port that is asked again', async () => {
    const here = await Running.start();
    await here.request('POST', '/sandbox/faults', {}, { port: 'notify', fault: 'throws', times: 1 });
    await here.owner();
    await here.service.recoveries.idle();
    expect((await here.request('GET', '/metrics')).text).toContain('regain_request_retries_total{port="notify"} 1');
  });

  test('what nobody has is one route', async () => {
    const here = await Running.start();
    for (const path of ['/x1', '/x2', '/v1/x3']) await here.request('GET', path);
    const { text } = await here.request('GET', '/metrics');
    expect(metric(text, 'regain_http_request_duration_seconds_count{method="GET",route="none",status="404"}')).toBe(3);
    expect(text).not.toMatch(/x[123]/);
  });

  test('are for whoever has the token', async () => {
    const metricsToken = 'a token of 32 characters or more';
    const here = await Running.start({ metricsToken });
    const look = async (Authorization?: string) =>
      (await here.request('GET', '/metrics', Authorization === undefined ? {} : { Authorization })).status;
    expect(await look(`Bearer ${metricsToken}`)).toBe(200);
    for (const wrong of [undefined, '', 'Bearer ', `Bearer ${metricsToken}x`, `Basic ${metricsToken}`]) {
      expect(await look(wrong)).toBe(401);
    }
  });

  test('are for this machine without one, not for who comes through a proxy on it', async () => {
    for (const trustedProxies of [0, 1]) {
      const here = await Running.start({ trustedProxies });
      const look = async (headers: Record<string, string>) => (await here.request('GET', '/metrics', headers)).status;
      expect(await look({})).toBe(200);
      for (const address of ['10.0.0.1', '127.0.0.1, 10.0.0.1', '127.0.0.1']) {
        expect(await look({ 'X-Forwarded-For': address })).toBe(401);
      }
      expect(await look({ Forwarded: 'for=127.0.0.1' })).toBe(401);
    }
  });
});

/** What a page of somebody else's brings with it, whose name was made to point here, or a page of this machine. */
const PAGES: [page: string, headers: (url: URL) => Fields, isLetIn: boolean][] = [
  ['no page', () => ({}), true],
  ['a page of the service', ({ origin }) => ({ Origin: origin }), true],
  ['a page of this machine', () => ({ Origin: 'http://localhost:5173' }), true],
  ['a page whose name points here', () => ({ Host: 'evil.example' }), false],
  ['one that says so', () => ({ Host: 'evil.example', Origin: 'http://evil.example' }), false],
  ["somebody else's page", () => ({ Origin: 'https://evil.example' }), false],
  ['a page without an origin', () => ({ Origin: 'null' }), false],
];

/** As `fetch` cannot: with another Host. */
function statusOf(url: string, method: string, headers: Fields, body?: object): Promise<number | undefined> {
  const type: Fields = body ? { 'Content-Type': 'application/json' } : {};
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...type, ...headers } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject).end(body && JSON.stringify(body));
  });
}

describe('what is for this machine alone', () => {
  test.each(PAGES)('is asked for by %s', async (_, headersOf, isLetIn) => {
    const here = await Running.start();
    const headers = headersOf(new URL(here.url));
    const ask = (method: string, path: string, body?: object) => statusOf(here.url + path, method, headers, body);
    const staff = { id: '7', roles: ['agent'] };
    expect(await ask('GET', '/metrics')).toBe(isLetIn ? 200 : 401);
    expect(await ask('POST', '/sandbox/staff-tokens', staff)).toBe(isLetIn ? 200 : 404);
    expect(await ask('GET', '/sandbox/inbox/+8613800000000')).toBe(isLetIn ? 200 : 404);
    expect(await ask('POST', '/sandbox/clock', { advance: '1m' })).toBe(isLetIn ? 200 : 404);
  });

  test('whoever has the token for the metrics may come from anywhere, by any name', async () => {
    const metricsToken = 'a token of 32 characters or more';
    const { url } = await Running.start({ metricsToken });
    const Authorization = `Bearer ${metricsToken}`;
    for (const more of [{}, { Host: 'regain.internal' }, { 'X-Forwarded-For': '192.0.2.1' }]) {
      expect(await statusOf(`${url}/metrics`, 'GET', { Authorization, ...more })).toBe(200);
    }
  });
});

describe('every answer', () => {
  test.each<[method: string, path: string]>([
    ['GET', '/health'],
    ['GET', '/ready'],
    ['GET', '/metrics'],
    ['GET', '/openapi.json'],
    ['GET', '/docs'],
    ['GET', '/docs/start.js'],
    ['GET', '/none'],
    ['GET', '/v1/recoveries'],
    ['POST', '/v1/recoveries'],
    ['GET', '/v1/recoveries/x'],
    ['POST', '/v1/recoveries/x/events'],
    ['GET', '/v1/recoveries/x/audit'],
    ['GET', '/v1/recoveries/x/stream'],
  ])('has the headers of security: %s %s', async (method, path) => {
    const here = await Running.start();
    const { headers } = await here.request(method, path);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('X-Powered-By')).toBeNull();
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    if (path.startsWith('/v1/')) expect(headers.get('Cache-Control')).toBe('no-store');
  });
});
