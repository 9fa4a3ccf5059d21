import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Answer, newPassword, PHONE, Running, untilCode, untilPassword } from './service.ts';

const key = (name: string) => ({ 'Idempotency-Key': `${name} of sixteen or more`.replaceAll(' ', '-') });
const choose = (path: string) => ({ type: 'path.choose', path });
const said = ({ status, text, headers }: Answer<unknown>) => ({ status, text, etag: headers.get('ETag') });

describe('R45: a start with an idempotency key', () => {
  test('is answered byte for byte the same, over a restart and the recovery’s end', async () => {
    const here = await Running.start();
    const first = await here.begin('a1', 'd1', key('s1'));
    await here.restart();
    expect(said(await here.begin('a1', 'd1', key('s1')))).toEqual(said(first));
    const { recoveryId, token } = first.body;
    const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
    await owner.does({ type: 'recovery.cancel' });
    await here.advance('1m');
    expect(said(await here.begin('a1', 'd1', key('s1')))).toEqual(said(first));
    expect((await here.begin('a1', 'd1', key('s2'))).body.recoveryId).not.toBe(first.body.recoveryId);
  });

  test('that joined a live recovery is answered the same when that one is over', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await here.advance('10s');
    const joined = await here.begin('a1', 'd1', key('s1'));
    expect(joined.body.recoveryId).toBe(owner.recoveryId);
    await here.advance('10s');
    expect(said(await here.begin('a1', 'd1', key('s1')))).toEqual(said(joined));
    await owner.does({ type: 'recovery.cancel' });
    await here.restart();
    expect(said(await here.begin('a1', 'd1', key('s1')))).toEqual(said(joined));
  });

  test('that was refused is refused the same, though it could be taken meanwhile', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const refused = await here.begin('a1', 'd2', key('s1'));
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await owner.does({ type: 'recovery.cancel' });
    await here.restart();
    expect(said(await here.begin('a1', 'd2', key('s1')))).toEqual(said(refused));
    expect((await here.begin('a1', 'd2', key('s2'))).status).toBe(201);
  });

  test('is refused with another content', async () => {
    const here = await Running.start();
    await here.begin('a1', 'd1', key('s1'));
    for (const [account, device] of [
      ['a2', 'd1'],
      ['a1', 'd2'],
    ] as const) {
      const answer = await here.begin(account, device, key('s1'));
      expect(answer).toMatchObject({ status: 409, body: { code: 'conflict', reason: 'idempotencyKeyReused' } });
    }
    expect(await here.service.recoveries.list()).toHaveLength(1);
  });

  test('is taken for one of the contents that come under it at once', async () => {
    const here = await Running.start();
    const accounts = ['a1', 'a2', 'a3', 'a4'];
    const answers = await Promise.all(accounts.map((account) => here.begin(account, 'd1', key('s1'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(await here.service.recoveries.list()).toHaveLength(1);
  });

  test('that joins is one when 50 come at once', async () => {
    const here = await Running.start({ limits: { startsByAccount: { most: 100 }, startsByDevice: { most: 100 } } });
    await here.owner();
    const answers = await Promise.all(Array.from({ length: 50 }, () => here.begin('a1', 'd1', key('s1'))));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });

  test('is one when 50 come at once', async () => {
    const here = await Running.start({ limits: { startsByAccount: { most: 100 }, startsByDevice: { most: 100 } } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => here.begin('a1', 'd1', key('s1'))));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await here.service.recoveries.list()).toHaveLength(1);
    await here.service.recoveries.idle();
    expect((await here.notices()).map(({ notice }) => notice)).toEqual(['started']);
  });
});

describe('R45: an event with an idempotency key', () => {
  test('is answered byte for byte the same, over a restart and all that follows', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const first = await owner.send(choose('bankCard'), key('k1'));
    expect(first.status).toBe(200);
    await owner.settled();
    await here.restart();
    const { version } = (await owner.get()).body;
    expect(said(await owner.send(choose('bankCard'), key('k1')))).toEqual(said(first));
    await owner.does({ type: 'recovery.cancel' });
    expect(said(await owner.send(choose('bankCard'), key('k1')))).toEqual(said(first));
    expect((await owner.get()).body.version).toBe(version + 1);
  });

  test('that was refused is refused the same, though it could be taken meanwhile', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    const refused = await owner.send({ type: 'path.leave' }, key('k1'));
    expect(refused).toMatchObject({ status: 409, body: { code: 'notAccepted' } });
    await owner.does(choose('bankCard'));
    await here.restart();
    expect(said(await owner.send({ type: 'path.leave' }, key('k1')))).toEqual(said(refused));
    expect((await owner.send({ type: 'path.leave' }, key('k2'))).status).toBe(200);
  });

  test('is refused with another content, and so is its key at a secret that differs', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    await owner.send(newPassword('111111'), key('k1')); // one digit repeated: not taken as a password
    const { version } = (await owner.settled()).body;
    for (const event of [newPassword('294817'), { type: 'recovery.cancel' }]) {
      const answer = await owner.send(event, key('k1'));
      expect(answer).toMatchObject({ status: 409, body: { reason: 'idempotencyKeyReused' } });
    }
    expect((await owner.get()).body.version).toBe(version);
  });

  test('has one effect when 50 come at once', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilCode(owner);
    await here.advance('61s');
    const answers = await Promise.all(Array.from({ length: 50 }, () => owner.send({ type: 'code.resend' }, key('k1'))));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    await owner.settled();
    expect(await here.inbox(PHONE)).toHaveLength(2);
  });

  test('R4: of 50 that come at once without a key one has the effect', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilCode(owner);
    const code = await here.code();
    const answers = await Promise.all(Array.from({ length: 50 }, () => owner.send({ type: 'code.submit', code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await owner.settled()).body.state).toBe('settingPassword.awaiting');
  });

  test('is another request from another sender', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await owner.send(choose('bankCard'), key('k1'));
    const agent = owner.at(owner.recoveryId, await here.staff('7', 'agent'));
    expect((await agent.send({ type: 'callback.reached' }, key('k1'))).problem.code).toBe('notAccepted');
  });

  test('that met another version can be sent again for the right one', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    expect((await owner.send(choose('bankCard'), { ...key('k1'), 'If-Match': '"1"' })).status).toBe(412);
    const ETag = (await owner.get()).headers.get('ETag') ?? '';
    const taken = await owner.send(choose('bankCard'), { ...key('k1'), 'If-Match': ETag });
    expect(taken.status).toBe(200);
    await owner.settled();
    // The repeat of a lost answer: its version has passed by what it did itself.
    expect(said(await owner.send(choose('bankCard'), { ...key('k1'), 'If-Match': ETag }))).toEqual(said(taken));
  });

  test('R9: leaves no secret in the store with its answer', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    await owner.send(newPassword('385927'), key('k1'));
    expect((await owner.settled()).body.output?.outcome).toBe('reset');
    const token = owner.headers.Authorization?.slice(-30) ?? '';
    const cancel = (await here.notices()).at(-1)?.cancelToken?.slice(-30) ?? '';
    const bytes = ['', '-wal'].map((end) => readFileSync(here.file + end, 'latin1')).join();
    expect(bytes).toContain('password.submit');
    for (const secret of ['"385927"', token, cancel]) expect(bytes).not.toContain(secret);
  });
});
