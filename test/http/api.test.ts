import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Recovery } from '../../src/http/schemas.ts';
import { type Client, newPassword, Running, untilCode } from './service.ts';

/** The event, checked against the JSON Schema that the recovery itself gives for it. */
function fitting(recovery: Recovery, event: { type: string; [field: string]: unknown }) {
  const allowed = recovery.allowed.find(({ type }) => type === event.type);
  if (!allowed) throw new Error(`'${event.type}' is not among ${recovery.allowed.map(({ type }) => type)}`);
  const schema = z.fromJSONSchema(allowed.schema as Parameters<typeof z.fromJSONSchema>[0]);
  expect(schema.safeParse(event)).toMatchObject({ success: true });
  expect(schema.safeParse({ ...event, type: 'other' }).success).toBe(false);
  expect(schema.safeParse({ ...event, unknown: 1 }).success).toBe(false);
  return event;
}

/** Sends what the recovery says it takes. */
const obey = async (owner: Client, event: { type: string; [field: string]: unknown }) =>
  owner.does(fitting((await owner.get()).body, event));

describe('a recovery over HTTP', () => {
  test('R31: its token goes out once: whoever names account and device again gets the id and no token', async () => {
    const here = await Running.start();
    const first = (await here.begin()).body;
    const again = await here.begin();
    expect(again.body).toEqual({ recoveryId: first.recoveryId });
    expect((await here.begin('a1', 'd2')).status).toBe(409);
  });

  test('goes from start to a new password; each event fits the schema that is offered with it', async () => {
    const here = await Running.start();
    const started = await here.begin();
    expect(started.status).toBe(201);
    expect(started.headers.get('Location')).toBe(`/v1/recoveries/${started.body.recoveryId}`);
    const { recoveryId, token } = started.body;
    const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
    await owner.settled();
    const choosing = (await owner.get()).body;
    expect(choosing).toMatchObject({ accountId: 'a1', status: 'active', state: 'choosing.offering' });
    expect(choosing.eligible.map(({ path }) => path)).toContain('bankCard');
    expect(choosing.ineligible.map(({ path, reason }) => ({ path, reason }))).toContainEqual({
      path: 'idCard',
      reason: 'cardPathAvailable',
    });
    await obey(owner, { type: 'path.choose', path: 'bankCard' });
    await obey(owner, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
    await obey(owner, { type: 'code.submit', code: await here.code() });
    const done = await obey(owner, newPassword());
    expect(done).toMatchObject({ status: 'done', output: { outcome: 'reset', path: 'bankCard' }, allowed: [] });
    expect((await here.notices()).map(({ notice }) => notice)).toContain('reset');
  });

  test('tells deadlines as instants in UTC, the earliest first, and what falls due happens', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const { deadlines, createdAt } = (await owner.get()).body;
    expect(deadlines.length).toBeGreaterThan(1);
    const instants = deadlines.map(({ at }) => new Date(at).toISOString());
    expect(deadlines.map(({ at }) => at)).toEqual(instants);
    expect([...instants].sort()).toEqual(instants);
    expect(Date.parse(deadlines[0]?.at ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(30 * 60_000);
    await here.advance('31m');
    expect((await owner.get()).body).toMatchObject({ status: 'done', output: { outcome: 'expired' } });
  });

  test('names version, language and reader in its ETag, and gives nothing more to whoever has it', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const first = await owner.get();
    const etag = first.headers.get('ETag') ?? '';
    expect(etag).toBe(`"${first.body.version}-zh-CN-owner"`);
    for (const seen of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
      const again = await owner.get({ 'If-None-Match': seen });
      expect([again.status, again.text, again.headers.get('ETag')]).toEqual([304, '', etag]);
    }
    for (const other of [
      '"0"',
      `"${first.body.version}"`,
      etag.replace('zh-CN', 'en'),
      etag.replace('owner', 'staff.agent'),
    ]) {
      expect((await owner.get({ 'If-None-Match': other })).status).toBe(200);
    }
    await owner.does({ type: 'path.choose', path: 'bankCard' });
    const later = await owner.get({ 'If-None-Match': etag });
    expect(later.status).toBe(200);
    expect(later.headers.get('ETag')).not.toBe(etag);
  });

  test('is shown anew to whoever changes the language, and to each reader', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const english = await owner.get({ 'Accept-Language': 'en' });
    const seen = { 'If-None-Match': english.headers.get('ETag') ?? '' };
    expect((await owner.get({ ...seen, 'Accept-Language': 'en-GB, zh;q=0.5' })).status).toBe(304);
    const chinese = await owner.get({ ...seen, 'Accept-Language': 'zh-CN' });
    expect(chinese.status).toBe(200);
    expect(chinese.headers.get('Content-Language')).toBe('zh-CN');
    expect(chinese.body.text).not.toBe(english.body.text);
    const etags = new Set([english.headers.get('ETag'), chinese.headers.get('ETag')]);
    for (const roles of [['agent'], ['auditor'], ['auditor', 'agent']]) {
      const headers = { ...(await here.staff('7', ...roles)), 'Accept-Language': 'en', ...seen };
      const answer = await here.request('GET', owner.path, headers);
      expect(answer.status).toBe(200);
      etags.add(answer.headers.get('ETag'));
    }
    expect(etags.size).toBe(5);
  });

  test('takes an event for the version of If-Match, and for no other', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const choose = { type: 'path.choose', path: 'bankCard' };
    const etag = (await owner.get()).headers.get('ETag') ?? '';
    const outdated = await owner.send(choose, { 'If-Match': '"1"' });
    expect(outdated).toMatchObject({ status: 412, body: { code: 'conflict', reason: 'versionChanged' } });
    for (const malformed of ['7', '"x"', '"1', 'W/"1"', '""', '"1-"', '"-en"', '"1-en owner"']) {
      expect((await owner.send(choose, { 'If-Match': malformed })).status).toBe(400);
    }
    expect((await owner.get()).headers.get('ETag')).toBe(etag);
    expect((await owner.send(choose, { 'If-Match': etag })).status).toBe(200);
    await owner.settled();
    const { version } = (await owner.get()).body;
    expect((await owner.send({ type: 'path.leave' }, { 'If-Match': `"${version}"` })).status).toBe(200);
    await owner.settled();
    expect((await owner.send(choose, { 'If-Match': '*' })).status).toBe(200);
  });

  test('waits as long as preferred for what is under way', async () => {
    const here = await Running.start();
    await here.request('POST', '/sandbox/faults', {}, { port: 'loadAccount', fault: 'hangs', times: 1 });
    const { recoveryId, token } = (await here.begin()).body;
    const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
    expect((await owner.get()).body.state).toBe('assessing.loading');
    expect((await owner.get({ Prefer: 'respond-async, wait=1' })).body.state).toBe('assessing.loading');
    const waiting = owner.get({ Prefer: 'wait=20' });
    await here.advance('31s'); // the call times out and is made again
    expect((await waiting).body.state).toBe('choosing.offering');
  });

  test.each([
    ['en', 'en'],
    ['en-GB, zh;q=0.5', 'en'],
    ['zh-CN', 'zh-CN'],
    ['', 'zh-CN'],
  ])('answers in the language asked for: %s', async (asked, language) => {
    const here = await Running.start();
    const owner = await here.owner();
    const headers = { 'Accept-Language': asked };
    const { headers: shown } = await owner.get(headers);
    expect(shown.get('Content-Language')).toBe(language);
    expect(shown.get('Vary')).toContain('Accept-Language');
    expect((await owner.send({ type: 'path.leave' }, headers)).headers.get('Content-Language')).toBe(language);
  });

  test('R43: what a client says of time changes nothing', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const before = (await owner.get()).body;
    const stamped = await owner.send({ type: 'path.choose', path: 'bankCard', at: Date.now() + 1e10 });
    expect(stamped).toMatchObject({ status: 422, body: { code: 'invalidEvent', field: 'at' } });
    expect((await owner.get()).body).toEqual(before);
    const date = new Date(Date.now() + 365 * 86_400_000).toUTCString();
    await owner.send({ type: 'path.choose', path: 'bankCard' }, { Date: date, 'If-Unmodified-Since': date });
    await owner.settled();
    await untilCodeAgain(owner);
    const { body } = await owner.get({ Date: date });
    expect(Date.parse(body.updatedAt)).toBeLessThan(Date.parse(date) - 86_400_000);
    const code = await here.code();
    expect((await owner.send({ type: 'code.submit', code }, { Date: date })).status).toBe(200); // five minutes have not passed
  });

  test('R43: an agent’s name is that of the token, not one in the event', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const agent = here.bearer(owner.recoveryId, '').at(owner.recoveryId, await here.staff('7', 'agent'));
    const forged = await agent.send({ type: 'callback.reached', agentId: '8' });
    expect(forged).toMatchObject({ status: 422, body: { field: 'agentId' } });
  });
});

const untilCodeAgain = (owner: Client) => owner.does({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });

test('an event that is taken twice is two events, without a key', async () => {
  const here = await Running.start();
  const owner = await here.owner();
  await untilCode(owner);
  await here.advance('61s');
  expect((await owner.send({ type: 'code.resend' })).status).toBe(200);
  await owner.settled();
  expect((await owner.send({ type: 'code.resend' })).body).toMatchObject({ code: 'tooEarly' });
  expect(await here.inbox('+8613800000000')).toHaveLength(2);
});
