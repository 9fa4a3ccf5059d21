import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../postgres/server.ts';
import { newPassword, Running, temporaryFolder, untilPassword } from './service.ts';

/** The service over PostgreSQL: unchanged, whichever of several takes a request. */

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());

test('two services on one database are one to whoever asks: a token, a stream and a key hold at both', async () => {
  const store = await server.database();
  const one = await Running.start({ store });
  const other = await Running.start({ store });
  const owner = await one.owner();
  const there = other.bearer(owner.recoveryId, owner.headers.Authorization?.replace('Bearer ', ''));
  const headers = { ...there.headers, 'Regain-Device': 'd1' };
  const stream = await fetch(`${other.url}${owner.path}/stream`, { headers });
  const told = stream.text();
  const choose = { type: 'path.choose', path: 'bankCard' };
  const key = { 'Idempotency-Key': 'k1', 'Regain-Device': 'd1' };
  const first = await owner.send(choose, key);
  expect(first.status).toBe(200);
  expect((await there.send(choose, key)).text).toBe(first.text);
  await owner.settled();
  await owner.send({ type: 'path.leave' });
  await untilPassword(one, owner);
  await owner.does(newPassword());
  expect((await told).match(/"state":"completed"/g)).toHaveLength(1);
});

test('a server that is gone is told as unavailable; the same request is taken when it is back', async () => {
  const own = await Server.start();
  try {
    const store = await own.database();
    const here = await Running.start({ store, postgres: { patience: 300, connectTimeout: 300 } });
    const owner = await here.owner();
    await own.signal('SIGQUIT');
    const choose = () => owner.send({ type: 'path.choose', path: 'bankCard' }, { 'Idempotency-Key': 'k1' });
    expect(await choose()).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    while ((await here.request('GET', '/ready')).status !== 503) await setTimeout(50);
    expect((await here.request('GET', '/health')).status).toBe(200);
    await own.up();
    while ((await here.request('GET', '/ready')).status !== 200) await setTimeout(50);
    expect((await choose()).status).toBe(200);
    await here.service.stop();
  } finally {
    await own.stop();
  }
});

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');
const run = promisify(execFile);
const regain = (...args: string[]) =>
  run(process.execPath, [MAIN, ...args], { cwd: temporaryFolder() }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

test('commands that read a store read a database; what they cannot do they say, without the password', {
  timeout: 120_000,
}, async () => {
  const store = await server.database();
  const here = await Running.start({ store });
  const owner = await here.owner();
  expect((await regain('audit', 'verify', store)).stdout).toContain('every audit trail is as it was written');
  expect((await regain('inspect', owner.recoveryId, '--store', store)).stdout).toContain('choosing.offering');
  await server.run(`update audit set data = '{}' where seq = 1`, new URL(store).pathname.slice(1));
  expect(await regain('audit', 'verify', store)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('entry 1: changed'),
  });
  expect(await regain('backup', store, 'copy')).toMatchObject({ code: 2, stderr: expect.stringContaining('pg_dump') });
  const secret = store.replace('regain@', 'regain:hunter2@').replace(/\/d\w+$/, '/nowhere');
  const nowhere = await regain('serve', '--sandbox', '--store', secret);
  expect(nowhere).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`cannot be used: database "nowhere" does not exist`),
  });
  expect(nowhere.stderr).not.toContain('hunter2');
});
