import { afterAll, beforeAll, expect, test } from 'vitest';
import { onRestate, openRestate } from '../../src/restate/index.ts';
import { type RestateServer, startRestate } from '../restate/server.ts';
import { newPassword, Running, untilPassword } from './service.ts';

/** The service in front of Restate: unchanged to whoever asks. */

let server: RestateServer;
beforeAll(async () => {
  server = await startRestate();
});
afterAll(() => server?.close());

const key = (name: string) => ({ 'Idempotency-Key': `${name} of sixteen or more`.replaceAll(' ', '-') });

test('a recovery by bank card: codes, keys, limits, the stream, metrics and the clock of the sandbox', async () => {
  const limits = { eventsByRecovery: { most: 12, span: '1h' } };
  const here = await Running.start({ limits }, undefined, onRestate(await openRestate(server)));
  const started = await here.begin('a1', 'd1', key('s1'));
  expect(started.status).toBe(201);
  expect((await here.begin('a1', 'd1', key('s1'))).text).toBe(started.text);
  expect((await here.begin('a1', 'd2')).status).toBe(409);
  const { recoveryId, token } = started.body;
  const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
  await owner.settled();
  const stream = await fetch(`${here.url}${owner.path}/stream`, { headers: owner.headers });
  const told = stream.text();
  await untilPassword(here, owner);
  const choose = { type: 'path.choose', path: 'bankCard' };
  const refused = await owner.send(choose, key('e1'));
  expect(refused.status).toBe(409);
  expect((await owner.send(choose, key('e1'))).text).toBe(refused.text);
  await here.advance('1m');
  expect((await owner.does(newPassword())).state).toContain('completed');
  expect((await told).match(/"state":"completed"/g)).toHaveLength(1);
  expect((await here.request('GET', '/ready')).status).toBe(200);
  expect((await here.request('GET', '/metrics')).text).toMatch(
    /regain_recoveries\{status="done",state="completed"\} 1/,
  );
  const answers = [];
  for (let posts = 0; posts < 12; posts++) answers.push((await owner.send(choose)).status);
  expect(answers.at(-1)).toBe(429);
});

test('a server that is gone is told as unavailable; the same request is taken when it is back', async () => {
  const own = await startRestate();
  const here = await Running.start({}, undefined, onRestate(await openRestate(own)));
  try {
    const owner = await here.owner();
    await own.kill();
    const choose = () => owner.send({ type: 'path.choose', path: 'bankCard' }, key('k1'));
    expect((await choose()).status).toBe(503);
    await own.start();
    expect((await choose()).status).toBe(200);
    await here.service.stop();
  } finally {
    await own.close();
  }
});
