import { describe, expect, test } from 'vitest';
import { type Client, newPassword, Running, untilPassword } from './service.ts';
import { keysOf, signedWith, tampered, unsigned } from './tokens.ts';

/** What a bearer is answered on all that concerns one recovery. */
async function everything(here: Running, bearer: Client) {
  const { path, headers } = bearer;
  const answers = [
    await bearer.get(),
    await bearer.send({ type: 'recovery.cancel' }),
    await bearer.send({ type: 'nonsense' }),
    await here.request('GET', `${path}/stream`, headers),
    await here.request('GET', `${path}/audit`, headers),
  ];
  return answers.map(({ status, text }) => ({ status, text }));
}

describe('the owner’s token', () => {
  test('R58: says nothing of another recovery, not even whether there is one', async () => {
    const here = await Running.start();
    const owner = await here.owner('a1');
    const other = await here.owner('a2', 'd2');
    const before = await other.get();
    const theirs = await everything(here, owner.at(other.recoveryId));
    expect(theirs.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect(await everything(here, owner.at('7f9c24e8-3b12-4fef-91e0-5a2c0d1e8b77'))).toEqual(theirs);
    expect((await other.get()).text).toBe(before.text);
    expect((await here.request('GET', '/v1/recoveries', owner.headers)).status).toBe(403);
  });

  test('is good on the device that began the recovery, and on no other', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    for (const headers of [{ 'Regain-Device': 'd2' }, { 'Regain-Device': '' }, { 'Regain-Device': 'd1, d2' }]) {
      expect(await owner.get(headers)).toMatchObject({ status: 403, body: { code: 'notAuthorised' } });
      expect((await owner.send({ type: 'recovery.cancel' }, headers)).status).toBe(403);
    }
    const { 'Regain-Device': _, ...bare } = owner.headers;
    expect((await here.request('GET', owner.path, bare)).status).toBe(403);
    expect((await owner.get()).body.status).toBe('active');
  });

  test('ends after its span, whatever the recovery does', async () => {
    const here = await Running.start({ tokens: { owner: '20m' } });
    const owner = await here.owner();
    await here.advance('19m');
    expect((await owner.get()).status).toBe(200);
    await here.advance('2m');
    expect(await owner.get()).toMatchObject({ status: 401, body: { code: 'notAuthorised' } });
  });

  test('R30: outlasts the seven days of a recovery with all that an appeal or an observation may add to them', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await here.advance('45d');
    expect((await owner.get()).status).toBe(200);
  });

  test('is refused when it was not made here: all with the same words', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const token = owner.headers.Authorization?.slice('Bearer '.length) ?? '';
    const { token: key, staff } = keysOf(here);
    const forged = [
      '',
      'x',
      'a.b.c',
      `${token}x`,
      token.slice(0, -4),
      await signedWith(token, 'another key of at least 32 characters', 'sandbox'),
      await signedWith(token, key, 'other'),
      await signedWith(token, key, '__proto__'),
      await signedWith(token, key, 'sandbox', 'HS512'),
      await signedWith(token, staff.x ?? '', 'sandbox'), // the public key taken for a secret
      await signedWith(token, JSON.stringify(staff), 'sandbox'),
      unsigned(token, 'sandbox'),
      tampered(token, { device: 'd2' }),
      tampered(token, { exp: 9_999_999_999 }),
      await signedWith(tampered(token, { aud: 'other' }), key, 'sandbox'),
      await signedWith(tampered(token, { iss: 'other' }), key, 'sandbox'),
      await signedWith(tampered(token, { exp: undefined as never }), key, 'sandbox'),
    ];
    expect(
      await signedWith(token, key, 'sandbox').then((good) => owner.get({ Authorization: `Bearer ${good}` })),
    ).toMatchObject({ status: 200 });
    const answers = new Set<string>();
    for (const each of forged) {
      const answer = await owner.get({ Authorization: `Bearer ${each}` });
      expect([each, answer.status]).toEqual([each, 401]);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="regain"');
      answers.add(answer.text);
    }
    for (const Authorization of ['', token, `Basic ${token}`, `Bearer ${token} ${token}`]) {
      const answer = await owner.get({ Authorization });
      expect(answer.status).toBe(401);
      answers.add(answer.text);
    }
    expect(answers.size).toBe(1);
  });

  test('R31: proof permits one new password, once; R32: and nobody is signed in by it', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    expect((await owner.get()).body.allowed.map(({ type }) => type)).toEqual(['password.submit', 'recovery.cancel']);
    expect((await owner.send({ type: 'path.choose', path: 'voice' })).problem.code).toBe('notAccepted');
    const sent = await owner.send(newPassword());
    const done = await owner.settled();
    expect(done.body.output).toEqual({
      outcome: 'reset',
      path: 'bankCard',
      attempts: [{ path: 'bankCard', outcome: 'verified' }],
    });
    for (const { text, headers } of [sent, done]) {
      expect(text).not.toMatch(/token|session|eyJ/i);
      expect(headers.get('Set-Cookie')).toBeNull();
    }
    expect(await owner.send(newPassword('385926'))).toMatchObject({ status: 409, body: { code: 'notAccepted' } });
  });

  test('R31: the way to a new password closes after its time', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    await here.advance('16m');
    expect((await owner.send(newPassword())).status).toBe(409);
    expect((await owner.settled()).body.output?.outcome).toBe('expired');
  });

  test('R48: of 20 starts at once one recovery comes, and another device is refused', async () => {
    const here = await Running.start({ limits: { startsByAccount: { most: 100 } } });
    const starts = await Promise.all(Array.from({ length: 20 }, () => here.begin()));
    expect(new Set(starts.map(({ body }) => body.recoveryId)).size).toBe(1);
    expect(await here.begin('a1', 'd2')).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });
});
