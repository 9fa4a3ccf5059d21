import { describe, expect, test } from 'vitest';
import type { ServiceConfigInput } from '../../src/http/config.ts';
import { type Answer, type Client, PHONE, Running, untilCode } from './service.ts';

const two = { most: 2, span: '1h' } as const;
const from = (address: string) => ({ 'X-Forwarded-For': address });

function expectLimited({ status, headers, problem }: Answer<unknown>) {
  expect({ status, code: problem?.code }).toEqual({ status: 429, code: 'limitReached' });
  const seconds = Number(headers.get('Retry-After'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(3_600);
}

describe('R14: starts are limited', () => {
  test.each<
    [by: string, limits: ServiceConfigInput['limits'], next: (index: number) => [account: string, device: string]]
  >([
    ['account', { startsByAccount: two }, () => ['a1', 'd1']],
    ['device', { startsByDevice: two }, (index) => [`a${index}`, 'd1']],
    ['address', { startsByAddress: two }, (index) => [`a${index}`, `d${index}`]],
  ])('by %s, over restarts, until the span has passed', async (_, limits, next) => {
    const here = await Running.start({ limits });
    expect((await here.begin(...next(1))).status).toBe(201);
    expect((await here.begin(...next(2))).status).toBe(201);
    expectLimited(await here.begin(...next(3)));
    await here.restart();
    expectLimited(await here.begin(...next(4)));
    await here.advance('59m');
    expectLimited(await here.begin(...next(5)));
    await here.advance('61m');
    expect((await here.begin(...next(6))).status).toBe(201);
  });

  test('apart for each account and device', async () => {
    const here = await Running.start({ limits: { startsByAccount: two, startsByDevice: two } });
    for (const _ of [1, 2]) await here.begin('a1', 'd1');
    expectLimited(await here.begin('a1', 'd2'));
    expectLimited(await here.begin('a2', 'd1'));
    expect((await here.begin('a2', 'd2')).status).toBe(201);
  });

  test('and what is refused for its form is not counted', async () => {
    const here = await Running.start({ limits: { startsByAddress: two } });
    for (let index = 0; index < 5; index++) await here.request('POST', '/v1/recoveries', {}, {});
    expect((await here.begin()).status).toBe(201);
  });
});

describe('R14: an address', () => {
  test('is the connection’s, whatever a client says', async () => {
    const here = await Running.start({ limits: { startsByAddress: two } });
    for (let index = 1; index < 3; index++) await here.begin(`a${index}`, 'd1', from(`10.0.0.${index}`));
    expectLimited(
      await here.begin('a3', 'd1', { ...from('10.0.0.3'), Forwarded: 'for=10.0.0.3', 'X-Real-IP': '10.0.0.3' }),
    );
  });

  test('is what the nearest trusted proxy saw, not what was written before it', async () => {
    const here = await Running.start({ limits: { startsByAddress: two }, trustedProxies: 1 });
    for (let index = 1; index < 3; index++) await here.begin(`a${index}`, 'd1', from(`10.0.0.${index}, 10.9.9.9`));
    expectLimited(await here.begin('a3', 'd1', from('10.0.0.3, 10.9.9.9')));
    expect((await here.begin('a4', 'd1', from('10.9.9.9, 10.0.0.4'))).status).toBe(201);
  });
});

describe('R14: events are limited', () => {
  const nothing = { type: 'path.leave' };
  const four = { most: 4, span: '1m' } as const;

  test('by recovery and sender, over restarts, until the span has passed', async () => {
    const here = await Running.start({ limits: { eventsByRecovery: four } });
    const [owner, other] = [await here.owner(), await here.owner('a2', 'd2')];
    for (let index = 0; index < 4; index++) expect((await owner.send(nothing)).status).toBe(409);
    expectLimited(await owner.send(nothing));
    expect((await other.send(nothing)).status).toBe(409);
    const agent = owner.at(owner.recoveryId, await here.staff('7', 'agent'));
    expect((await agent.send({ type: 'callback.reached' })).status).toBe(409);
    await here.restart();
    expectLimited(await owner.send(nothing));
    await here.advance('61s');
    expect((await owner.send(nothing)).status).toBe(409);
  });

  test('by address, over all recoveries', async () => {
    const here = await Running.start({ limits: { eventsByAddress: four } });
    const owners = [await here.owner(), await here.owner('a2', 'd2')];
    for (let index = 0; index < 4; index++) await owners[index % 2]?.send(nothing);
    for (const owner of owners) expectLimited(await owner.send(nothing));
  });

  test('and what is refused changes nothing', async () => {
    const here = await Running.start({ limits: { eventsByRecovery: { most: 1 } } });
    const owner = await here.owner();
    await owner.send(nothing);
    const before = (await owner.get()).text;
    expectLimited(await owner.send({ type: 'path.choose', path: 'bankCard' }));
    expect((await owner.get()).text).toBe(before);
  });
});

test('R14: 100 requests for a code send as many as the policy allows', async () => {
  const here = await Running.start({ limits: { eventsByRecovery: { most: 1_000 } } });
  const owner = await here.owner();
  await untilCode(owner);
  const ask = async (client: Client) => (await client.send({ type: 'code.resend' })).status;
  const atOnce = await Promise.all(Array.from({ length: 50 }, () => ask(owner)));
  expect(atOnce.filter((status) => status === 200)).toEqual([]); // 60 seconds have not passed
  let taken = 0;
  for (let minute = 0; minute < 4; minute++) {
    await here.advance('61s');
    const answers = await Promise.all(Array.from({ length: 15 }, () => ask(owner)));
    taken += answers.filter((status) => status === 200).length;
    await owner.settled();
  }
  expect(taken).toBe(2);
  expect(await here.inbox(PHONE)).toHaveLength(3);
});
