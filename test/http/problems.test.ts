import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Running } from './service.ts';

const START = '/v1/recoveries';
const good = { accountId: 'a1', device: { deviceId: 'd1' } };
const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('a problem is told in a document of RFC 9457', () => {
  test.each<
    [about: string, headers: Record<string, string>, body: string, status: number, code: string, field?: string]
  >([
    ['malformed JSON', JSON_TYPE, '{"accountId":', 400, 'invalidEvent', 'body'],
    ['no body', JSON_TYPE, '', 400, 'invalidEvent', 'body'],
    ['a list', JSON_TYPE, '[]', 400, 'invalidEvent', 'body'],
    ['another media type', { 'Content-Type': 'text/plain' }, JSON.stringify(good), 415, 'notJson'],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'accountId=a1', 415, 'notJson'],
    ['an unknown field', JSON_TYPE, JSON.stringify({ ...good, policy: {} }), 400, 'invalidEvent', 'policy'],
    ['a missing field', JSON_TYPE, JSON.stringify({ accountId: 'a1' }), 400, 'invalidEvent', 'device'],
    [
      'a field deep down',
      JSON_TYPE,
      JSON.stringify({ ...good, device: { deviceId: 7 } }),
      400,
      'invalidEvent',
      'device.deviceId',
    ],
    [
      'a text too long',
      JSON_TYPE,
      JSON.stringify({ ...good, accountId: 'a'.repeat(129) }),
      400,
      'invalidEvent',
      'accountId',
    ],
    [
      'a device that is not flat',
      JSON_TYPE,
      JSON.stringify({ ...good, device: { deviceId: 'd1', deep: [[[1]]] } }),
      400,
      'invalidEvent',
      'device.deep',
    ],
    [
      'a device with a name that XState knows',
      JSON_TYPE,
      JSON.stringify({ ...good, device: { deviceId: 'd1', xstate$$type: 1 } }),
      400,
      'invalidEvent',
      'device',
    ],
    ['a body too large', JSON_TYPE, JSON.stringify({ ...good, more: 'x'.repeat(70_000) }), 413, 'tooLarge'],
    [
      'a bad key',
      { ...JSON_TYPE, 'Idempotency-Key': 'k 1' },
      JSON.stringify(good),
      400,
      'invalidEvent',
      'idempotency-key',
    ],
  ])('at a start: %s', async (_, headers, body, status, code, field) => {
    const here = await Running.start();
    const answer = await here.request('POST', START, headers, body);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: `urn:regain:problem:${code}`, status, code });
    expect(answer.status).toBe(status);
    expect(answer.problem.field).toBe(field);
    expect(answer.problem.detail).not.toBe('');
    expect(await here.service.recoveries.list()).toEqual([]);
  });

  test.each<[about: string, event: unknown, status: number, code: string, field?: string]>([
    ['an unknown type', { type: 'path.chose' }, 422, 'invalidEvent', 'type'],
    ['no type', {}, 422, 'invalidEvent', 'type'],
    ['a type that is no text', { type: { toString: 1 } }, 422, 'invalidEvent', 'type'],
    ['a type that every object has', { type: 'constructor' }, 422, 'invalidEvent', 'type'],
    ['a type that every object is', { type: '__proto__' }, 422, 'invalidEvent', 'type'],
    ['an unknown field', { type: 'path.choose', path: 'bankCard', why: 1 }, 422, 'invalidEvent', 'why'],
    ['a wrong field', { type: 'path.choose', path: 7 }, 422, 'invalidEvent', 'path'],
    ['an event that is not accepted now', { type: 'code.resend' }, 409, 'notAccepted'],
    ['a path that is not open', { type: 'path.choose', path: 'idCard' }, 409, 'notEligible', 'path'],
    ['someone else’s event', { type: 'review.approve' }, 403, 'notAuthorised'],
    ['malformed JSON', '{', 400, 'invalidEvent', 'body'],
    ['a text', '"path.leave"', 400, 'invalidEvent', 'body'],
    ['nothing', 'null', 400, 'invalidEvent', 'body'],
    ['a body too large', { type: 'path.choose', path: 'x'.repeat(70_000) }, 413, 'tooLarge'],
  ])('at an event: %s', async (_, event, status, code, field) => {
    const here = await Running.start();
    const owner = await here.owner();
    const before = await owner.get();
    const answer = await owner.send(event);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect({ status: answer.status, code: answer.problem.code, field: answer.problem.field }).toEqual({
      status,
      code,
      field,
    });
    expect(await owner.get().then(({ text }) => text)).toBe(before.text);
  });

  test('an event that is not accepted is answered with those that its sender may send', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const { allowed } = (await owner.get()).body;
    const { problem } = await owner.send({ type: 'code.resend' });
    expect(problem.allowed).toEqual(allowed.map(({ type }) => type));
  });

  test('another media type at an event', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    for (const type of ['text/plain', 'application/jsonp', 'application/xml']) {
      const answer = await owner.send('{"type":"path.leave"}', { 'Content-Type': type });
      expect(answer).toMatchObject({ status: 415, body: { code: 'notJson' } });
    }
    const { status } = await owner.send('{"type":"path.leave"}', { 'Content-Type': 'Application/JSON; charset=utf-8' });
    expect(status).toBe(409);
  });

  test.each([
    ['GET', '/', 404, 'notFound'],
    ['GET', '/v2/recoveries', 404, 'notFound'],
    ['PUT', '/v1/recoveries', 404, 'notFound'],
    ['DELETE', '/v1/recoveries/x', 404, 'notFound'],
    ['GET', '/docs/../../package.json', 404, 'notFound'],
    ['GET', '/docs/index.ts', 404, 'notFound'],
    ['GET', '/v1/recoveries/a%20b', 400, 'invalidEvent'],
    ['GET', '/v1/recoveries/%E0%A4%A', 400, 'invalidEvent'],
  ])('an unknown route: %s %s', async (method, path, status, code) => {
    const here = await Running.start();
    const answer = await here.request(method, path);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  });

  test('an unknown recovery, for those who may know', async () => {
    const here = await Running.start();
    const auditor = await here.staff('9', 'agent', 'auditor');
    for (const path of ['none', 'none/audit', 'none/audit?after=3', 'none/stream']) {
      const answer = await here.request('GET', `${START}/${path}`, auditor);
      expect(answer).toMatchObject({ status: 404, body: { code: 'unknownRecovery' } });
    }
    const sent = await here.request('POST', `${START}/none/events`, auditor, { type: 'callback.reached' });
    expect(sent).toMatchObject({ status: 404, body: { code: 'unknownRecovery' } });
  });

  test('a sandbox’s routes', async () => {
    const here = await Running.start();
    const malformed = await here.request('POST', '/sandbox/clock', {}, '{');
    expect(malformed).toMatchObject({ status: 400, body: { code: 'invalidEvent', field: 'body' } });
    const wrong = await here.request('POST', '/sandbox/clock', {}, { advance: 'soon' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'invalidEvent' } });
    const port = await here.request('POST', '/sandbox/faults', {}, { port: 'none', fault: 'hangs' });
    expect(port).toMatchObject({ status: 422, body: { code: 'invalidEvent', field: 'port' } });
  });
});

/** What comes back for bytes on a connection of its own. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

describe('what is no request', () => {
  test.each([
    [
      'too large a header',
      `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\nConnection: close\r\n\r\n`,
      431,
    ],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length and chunks',
      'POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a host that is none', 'GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['another method', 'TRACE /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
  ])('%s is refused, and the service goes on', async (_, bytes, status) => {
    const here = await Running.start();
    expect(await raw(here.url, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await here.request('GET', '/health')).status).toBe(200);
  });

  test('a body too large that does not say so is cut off', async () => {
    const here = await Running.start();
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const head = 'POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n';
    const answer = await raw(here.url, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    ['headers', 'POST /v1/recoveries HTTP/1.1\r\nHost: x\r\n'],
    [
      'a body',
      'POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{',
    ],
  ])('%s that do not come to an end are not waited for', async (_, bytes) => {
    const here = await Running.start({ requestTimeout: '1s' });
    expect(await raw(here.url, bytes)).toMatch(/^HTTP\/1\.1 408 /);
  });
});
