import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Summary } from '../../src/http/schemas.ts';
import { type Client, type Fields, newPassword, PHONE, Running, untilPassword } from './service.ts';

type Summaries = z.infer<typeof Summary>[];
type Trail = { seq: number; at: string; kind: string; data: Record<string, unknown> }[];

/** A service with an appeal that waits for an agent. */
async function appealed() {
  const here = await Running.start();
  const account = {
    accountId: 'a1',
    cards: [],
    contacts: [],
    validTransactions: 0,
    realName: { verified: false },
    biometric: { enabled: false },
    voiceprint: { enrolled: false },
  };
  await here.request('POST', '/sandbox/accounts', {}, account);
  const owner = await here.owner();
  await owner.does({ type: 'path.choose', path: 'appeal' });
  await owner.does({ type: 'appeal.file', registrationMonth: '2015-03' });
  const as = async (id: string, ...roles: string[]) =>
    here.bearer(owner.recoveryId, '').at(owner.recoveryId, await here.staff(id, ...roles));
  return { here, owner, as };
}

const list = (here: Running, headers: Fields, query = '') =>
  here.request<Summaries>('GET', `/v1/recoveries${query}`, headers);
const audit = (here: Running, { path, headers }: Client, query = '') =>
  here.request<Trail>('GET', `${path}/audit${query}`, headers);

describe('staff', () => {
  test.each<[role: string, list: number, audit: number, stream: number, sees: boolean]>([
    ['agent', 200, 200, 200, true],
    ['auditor', 200, 200, 200, true],
    ['staff', 403, 403, 403, false],
  ])('R29: what the role %s may read', async (role, listed, read, streamed, sees) => {
    const { here, as } = await appealed();
    const bearer = await as('7', role);
    expect((await list(here, bearer.headers)).status).toBe(listed);
    expect((await audit(here, bearer)).status).toBe(read);
    const stream = await fetch(`${here.url}${bearer.path}/stream`, { headers: bearer.headers });
    expect(stream.status).toBe(streamed);
    await stream.body?.cancel();
    const view = await bearer.get();
    expect(view.status).toBe(200);
    expect('accountId' in view.body).toBe(sees);
  });

  test('R29: agents decide, each role sends its own events and no others', async () => {
    const { owner, as } = await appealed();
    const own: Record<string, string> = { agent: 'callback.reached', staff: 'institution.scan', auditor: '' };
    const events = [
      { type: 'callback.reached' },
      { type: 'institution.scan', institutionToken: 't' },
      { type: 'path.leave' },
      { type: 'recovery.cancel' },
      newPassword(),
      { type: 'contact.deny', contactId: 'k1' },
    ];
    const before = (await owner.get()).body.version;
    for (const [role, mine] of Object.entries(own)) {
      const bearer = await as('7', role);
      for (const event of events.filter(({ type }) => type !== mine)) {
        const answer = await bearer.send(event);
        expect([role, event.type, answer.status, answer.problem.code]).toEqual([
          role,
          event.type,
          403,
          'notAuthorised',
        ]);
      }
      const { body } = await bearer.get();
      expect(
        body.allowed.map(({ type }) => type).every((type) => type.startsWith('callback.') && role === 'agent'),
      ).toBe(true);
    }
    expect((await owner.get()).body.version).toBe(before);
    expect((await (await as('7', 'agent')).send({ type: 'callback.reached' })).status).toBe(200);
    await owner.settled();
    expect((await (await as('7', 'agent')).send({ type: 'review.approve' })).status).toBe(403); // whoever called does not approve
    expect((await (await as('8', 'agent')).send({ type: 'review.approve' })).status).toBe(200);
    expect((await owner.settled()).body.state).toBe('settingPassword.awaiting');
  });

  test('R29, R9: nobody of the staff sees a code or a password', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    const [{ code = '' } = {}] = await here.inbox(PHONE);
    await owner.send(newPassword('111111'));
    await owner.does(newPassword('385927'));
    const headers = await here.staff('7', 'agent', 'auditor', 'staff');
    const agent = owner.at(owner.recoveryId, headers);
    const shown = [await agent.get(), await audit(here, agent), await list(here, headers)]
      .map(({ text }) => text)
      .join();
    expect(shown).toContain('password.submit');
    for (const secret of [code, '111111', '385927']) expect(shown).not.toContain(secret);
  });

  test('a token of a provider whose clock goes half a minute before is good, one of an hour before is not', async () => {
    const { here } = await appealed();
    const headers = await here.staff('7', 'agent');
    const back = (ms: number) =>
      here.request('POST', '/sandbox/clock', {}, { set: new Date(Date.now() - ms).toISOString() });
    await back(30_000);
    expect((await list(here, headers)).status).toBe(200);
    await back(3_600_000);
    expect((await list(here, headers)).status).toBe(401);
  });

  test('a token is good for eight hours, and each is asked for its roles', async () => {
    const { here, as } = await appealed();
    const agent = await as('7', 'agent');
    await here.advance('7h');
    expect((await agent.get()).status).toBe(200);
    await here.advance('2h');
    expect((await agent.get()).status).toBe(401);
  });
});

describe('the list and the trail', () => {
  test('are filtered and cut as asked', async () => {
    const here = await Running.start();
    for (const [account, device] of [
      ['a1', 'd1'],
      ['a2', 'd2'],
      ['a3', 'd3'],
    ] as const)
      await here.owner(account, device);
    const ended = await here.owner('a4', 'd4');
    await ended.does({ type: 'recovery.cancel' });
    const headers = await here.staff('9', 'auditor');
    const accounts = async (query: string) => (await list(here, headers, query)).body.map(({ accountId }) => accountId);
    expect(await accounts('')).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(await accounts('?status=active&limit=2')).toEqual(['a1', 'a2']);
    expect(await accounts('?accountId=a3')).toEqual(['a3']);
    expect(await accounts('?state=choosing')).toEqual(['a1', 'a2', 'a3']);
    expect(await accounts('?state=verifying.bankCard')).toEqual([]);
    for (const query of ['?limit=0', '?limit=501', '?limit=x', '?status=gone', '?limit=1e9']) {
      expect((await list(here, headers, query)).status).toBe(400);
    }
    const refused = async (query: string) => (await list(here, headers, query)).problem;
    expect(await refused('?state=verifying.apeal')).toMatchObject({
      status: 400,
      field: 'state',
      detail: "query state: unknown state 'verifying.apeal'; did you mean 'verifying.appeal'?",
    });
    for (const state of ['%25', 'c', 'choosing.']) expect((await refused(`?state=${state}`)).field).toBe('state');
    expect(await refused('?path=appeal')).toMatchObject({ status: 400, code: 'invalidEvent', field: 'path' });
    expect(await refused('?status=active&x=1')).toMatchObject({ status: 400, field: 'x' });
    const trail = await here.request('GET', `${ended.path}/audit?befor=3`, headers);
    expect(trail.problem).toMatchObject({ status: 400, field: 'befor' });
    expect(
      (await list(here, headers)).body.every(({ createdAt }) => new Date(createdAt).toISOString() === createdAt),
    ).toBe(true);
  });

  test('R52: every decision and refusal is in the trail, with who and when', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await owner.does({ type: 'path.choose', path: 'bankCard' });
    await owner.send({ type: 'path.choose', path: 'voice' });
    const auditor = owner.at(owner.recoveryId, await here.staff('9', 'auditor'));
    const { body } = await audit(here, auditor);
    expect(body.map(({ seq }) => seq)).toEqual(body.map((_, index) => index + 1));
    const [chosen] = body.filter(({ kind }) => kind === 'event');
    const [refused] = body.filter(({ kind }) => kind === 'refused');
    expect(chosen?.data).toMatchObject({
      event: { type: 'path.choose', path: 'bankCard' },
      by: { role: 'owner' },
    });
    expect(JSON.stringify(body)).not.toContain('"d1"'); // whoever reads the trail could come as that device
    expect(refused?.data).toMatchObject({ code: 'notAccepted' });
    const last = body.at(-1)?.seq ?? 0;
    expect((await audit(here, auditor, `?after=${last - 1}`)).body).toEqual(body.slice(-1));
    expect((await audit(here, auditor, `?after=${last}`)).body).toEqual([]);
    expect((await audit(here, auditor, '?after=-1')).status).toBe(400);
  });
});
