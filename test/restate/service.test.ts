import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, ServiceConfig, startService } from '../../src/http/index.ts';
import { openRestate } from '../../src/restate/index.ts';
import { RestateKeeping } from '../../src/restate/keeping.ts';
import { Relay } from './relay.ts';
import { type RestateServer, startRestate } from './server.ts';
import { until } from './stage.ts';

let server: RestateServer;
let service: Service;
/** The address of the service stays: Restate goes on with what was under way where it began. */
let way: Relay;
let port: number;
const begin = () => {
  const restate = { ingress: server.ingress, admin: server.admin, listen: { port }, advertised: way.url };
  const limits = { startsByAccount: { most: 2, span: '1h' } };
  return startService(ServiceConfig.parse({ mode: 'sandbox', port: 0, restate, limits, logLevel: 'silent' }));
};
beforeAll(async () => {
  server = await startRestate();
  way = await Relay.to();
  port = await way.portBehind();
  service = await begin();
});
afterAll(async () => {
  await service?.stop();
  way?.close();
  await server?.close();
});

const start = async (accountId: string, key: string) => {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `key-of-this-test-${key}` };
  const body = JSON.stringify({ accountId, device: { deviceId: 'd1' } });
  const response = await fetch(`${service.url}/v1/recoveries`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as { recoveryId: string; token: string } };
};

test('the service in front of Restate keeps limits, answers and its keys over a restart', async () => {
  const first = await start('a1', '1');
  expect(first.status).toBe(201);
  await service.stop();
  service = await begin();
  expect((await start('a1', '1')).body.recoveryId).toBe(first.body.recoveryId);
  const headers = { Authorization: `Bearer ${first.body.token}`, 'Regain-Device': 'd1' };
  const shown = await fetch(`${service.url}/v1/recoveries/${first.body.recoveryId}`, { headers });
  expect(shown.status).toBe(200);
  await start('a1', '2');
  expect((await start('a1', '3')).status).toBe(429);
  expect((await fetch(`${service.url}/metrics`)).status).toBe(200);
});

test('while restate-server is away requests are answered 503, and taken when it is back', {
  timeout: 90_000,
}, async () => {
  await server.kill();
  expect((await start('a2', '4')).status).toBe(503);
  expect((await fetch(`${service.url}/ready`)).status).toBe(503);
  await server.start();
  await until('a start is taken', async () => (await start('a2', '4')).status === 201);
});

test('a limit that is reached gives back what was counted before it; a secret changes once for each who changes it', async () => {
  const keeping = new RestateKeeping(await openRestate({ ...server, listen: { port: 0 }, register: false }), 'regain');
  const limit = (key: string, most: number) => ({ key, most, span: 60_000 });
  expect(await keeping.take([limit('wide', 2), limit('narrow', 1)], 1_000)).toBe(1_000);
  expect(await keeping.take([limit('wide', 2), limit('narrow', 1)], 2_000)).toBe(61_000);
  expect(await keeping.take([limit('wide', 2)], 3_000)).toBe(3_000);
  expect(await keeping.take([limit('wide', 2)], 4_000)).toBe(61_000);
  const tried = (key: string) => keeping.codes.update('slot', ({ calls }) => calls.push({ key, at: 0, ok: true }));
  expect((await Promise.all(['1', '2', '3'].map(tried))).sort()).toEqual([1, 2, 3]);
  await keeping.close();
});
