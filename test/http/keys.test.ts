import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { portServer } from './port-server.ts';
import { type Fields, newPassword, Running, temporaryFolder } from './service.ts';

const OLD = { id: 'k1', key: 'the old key, of 32 characters or more' };
const NEW = { id: 'k2', key: 'the new key, of 32 characters or more' };
const SEALING = 'a sealing key of 32 characters or more';
const HOUR = 3_600;

/** An identity provider with one key. */
async function provider(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  const token = async (
    claims: Fields | object = {},
    { kid: named = kid, alg = 'ES256', key = privateKey as Parameters<SignJWT['sign']>[0] } = {},
  ) => {
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      sub: '7',
      roles: ['agent', 'mailroom'],
      iss: 'idp',
      aud: 'regain',
      iat: now,
      exp: now + HOUR,
      ...claims,
    };
    return { Authorization: `Bearer ${await new SignJWT(all).setProtectedHeader({ alg, kid: named }).sign(key)}` };
  };
  return { jwk, token };
}

async function production(tokens = [OLD]) {
  const { sandbox, calls, ports } = await portServer();
  const keys = join(temporaryFolder(), 'keys.json');
  const write = (...jwks: object[]) => writeFileSync(keys, JSON.stringify({ keys: jwks }));
  write(await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).publicKey)); // nobody's
  const here = await Running.start({
    mode: 'production',
    keys: { sealing: SEALING, tokens },
    ports,
    staff: { keys, issuer: 'idp' },
  });
  return { here, sandbox, calls, write };
}

test('in production a recovery goes through ports over HTTP, and there is no sandbox', async () => {
  const { here, sandbox, calls } = await production();
  const owner = await here.owner();
  await owner.does({ type: 'path.choose', path: 'bankCard' });
  await owner.does({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  await owner.does({ type: 'code.submit', code: sandbox.world.inbox('+8613800000000').at(-1)?.code ?? '' });
  const done = await owner.does(newPassword());
  expect(done.output?.outcome).toBe('reset');
  expect(sandbox.passwordsSet('a1')).toBe(1);
  expect(new Set(calls.map(({ port }) => port))).toContain('verifyBankCard');
  for (const path of ['/sandbox/clock', '/sandbox/notices/a1', '/sandbox/inbox/k1']) {
    expect((await here.request('GET', path)).status).toBe(404);
  }
  expect((await here.request('POST', '/sandbox/staff-tokens', {}, { id: '7', roles: ['agent'] })).status).toBe(404);
});

describe('keys of the service', () => {
  test('are rotated: tokens of an old one are good while it is listed', async () => {
    const { here } = await production([OLD]);
    const owner = await here.owner();
    await here.restart({ keys: { sealing: SEALING, tokens: [NEW, OLD] } });
    expect((await owner.get()).status).toBe(200);
    const later = await here.owner('a2', 'd2');
    await here.restart({ keys: { sealing: SEALING, tokens: [NEW] } });
    expect((await owner.get()).status).toBe(401);
    expect((await later.get()).status).toBe(200);
  });
});

describe('keys of the identity provider', () => {
  test('are taken up from the file when it changes, without a restart', async () => {
    const { here, write } = await production();
    const [first, second] = [await provider('p1'), await provider('p2')];
    const list = async (headers: Fields) => (await here.request('GET', '/v1/recoveries', headers)).status;
    const tokens = [await first.token(), await second.token()] as const;
    expect([await list(tokens[0]), await list(tokens[1])]).toEqual([401, 401]); // there is no file yet
    write(first.jwk);
    expect([await list(tokens[0]), await list(tokens[1])]).toEqual([200, 401]);
    write(first.jwk, second.jwk);
    expect([await list(tokens[0]), await list(tokens[1])]).toEqual([200, 200]);
    write(second.jwk);
    expect([await list(tokens[0]), await list(tokens[1])]).toEqual([401, 200]);
  });

  test('R29: a token has to be young, whole, for this service and from this issuer', async () => {
    const { here, write } = await production();
    const good = await provider('p1');
    const stranger = await provider('p1');
    write(good.jwk);
    const list = async (headers: Fields) => (await here.request('GET', '/v1/recoveries', headers)).status;
    const now = Math.floor(Date.now() / 1_000);
    expect(await list(await good.token({ iat: now - 11 * HOUR }))).toBe(200);
    const secret = new TextEncoder().encode(JSON.stringify(good.jwk));
    const bad: Fields[] = [
      await good.token({ iat: now - 13 * HOUR }),
      await good.token({ iat: now + 2 * HOUR, exp: now + 3 * HOUR }),
      await good.token({ exp: now - 1 }),
      await good.token({ exp: undefined }),
      await good.token({ iat: undefined }),
      await good.token({ sub: undefined }),
      await good.token({ sub: '' }),
      await good.token({ aud: 'other' }),
      await good.token({ iss: 'other' }),
      await good.token({ roles: 'agent' }),
      await good.token({}, { kid: 'p2' }),
      await stranger.token(),
      await good.token({}, { alg: 'HS256', key: secret }),
      await good.token(
        { aud: 'owner', iss: 'regain' },
        { alg: 'HS256', key: new TextEncoder().encode(SEALING), kid: OLD.id },
      ),
    ];
    expect(await Promise.all(bad.map(list))).toEqual(bad.map(() => 401));
    expect(await list(await good.token({ roles: ['mailroom'] }))).toBe(403);
    expect(await list(await good.token({ roles: [] }))).toBe(403);
  });
});
