import { describe, expect, test } from 'vitest';
import { type Client, newPassword, Running, untilCode, untilPassword } from './service.ts';

const MARKED = {
  accountId: 'marked-account-31',
  phone: '+8613912345678',
  cards: [{}],
  contacts: [{}, {}, {}, {}],
  device: { deviceId: 'd1', loggedInDays: 90, remembered: true },
};

/** A service with an account whose data can be recognised, and its owner. */
async function marked() {
  const here = await Running.start();
  await here.request('POST', '/sandbox/accounts', {}, MARKED);
  return { here, owner: await here.owner(MARKED.accountId) };
}

async function askContacts(here: Running, owner: Client) {
  await owner.does({ type: 'path.choose', path: 'securityContacts' });
  await owner.does({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
  const contacts = [];
  for (const contactId of ['k1', 'k2', 'k3']) {
    const { bearer = '', token = '' } = (await here.inbox(contactId, MARKED.accountId)).at(-1) ?? {};
    contacts.push({ client: here.bearer(owner.recoveryId, bearer), contactId, token });
  }
  return contacts as [Contact, Contact, Contact];
}
interface Contact {
  client: Client;
  contactId: string;
  token: string;
}
const confirm = ({ contactId, token }: Contact) => ({ type: 'contact.confirm', contactId, method: 'smsLink', token });

/** Nothing of the account, and nothing of the case but what the sender is asked. */
function expectNothingTold(texts: string[], senders: string[]) {
  for (const text of texts) {
    for (const secret of [MARKED.accountId, MARKED.phone, '13912345678', '5678']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/choosing|verifying|settingPassword|securityContacts|bankCard|"d1"/);
    const { allowed = [] } = JSON.parse(text) as { allowed?: (string | { type: string })[] };
    for (const each of allowed) expect(senders).toContain(typeof each === 'string' ? each : each.type);
  }
}

describe('a contact’s token', () => {
  test('R58: opens what is asked of the contact, and shows nothing of account or case', async () => {
    const { here, owner } = await marked();
    const [first] = await askContacts(here, owner);
    const early = await first.client.send(confirm(first));
    expect(early).toMatchObject({ status: 409, body: { code: 'tooEarly' } });
    await here.advance('6m');
    const view = await first.client.get();
    expect(Object.keys(view.body).sort()).toEqual(['allowed', 'recoveryId', 'status', 'until', 'version']);
    expect(view.body.allowed.map(({ type }) => type)).toEqual(['contact.confirm', 'contact.deny']);
    const taken = await first.client.send(confirm(first));
    expect(taken.status).toBe(200);
    await owner.settled();
    const again = await first.client.send(confirm(first));
    expect(again.status).toBe(409);
    await here.advance('60m');
    const late = await first.client.send({ type: 'contact.deny', contactId: 'k1' });
    expect(late.status).toBe(409);
    const after = await first.client.get();
    expectNothingTold(
      [early, view, taken, again, late, after].map(({ text }) => text),
      ['contact.confirm', 'contact.deny'],
    );
  });

  test('R58: speaks for that contact alone, and for nothing else', async () => {
    const { here, owner } = await marked();
    const [first, second] = await askContacts(here, owner);
    await here.advance('6m');
    const other = await here.owner('a2', 'd2');
    const before = (await owner.get()).text;
    const { client } = first;
    const refused = [
      await client.send(confirm(second)),
      await client.send({ type: 'contact.deny', contactId: 'k2' }),
      await client.send({ type: 'recovery.cancel' }),
      await client.send({ type: 'path.leave' }),
      await client.send(newPassword()),
      await client.send({ type: 'review.approve' }),
      await client.at(other.recoveryId).get(),
      await client.at(other.recoveryId).send(confirm(first)),
      await here.request('GET', `${client.path}/stream`, client.headers),
      await here.request('GET', `${client.path}/audit`, client.headers),
      await here.request('GET', '/v1/recoveries', client.headers),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expectNothingTold(
      refused.map(({ text }) => text),
      ['contact.confirm', 'contact.deny'],
    );
    expect((await owner.get()).text).toBe(before);
    expect(
      (await owner.at(owner.recoveryId, client.headers).send({ type: 'contact.deny', contactId: 'k1' })).status,
    ).toBe(200);
    expect((await owner.settled()).body.told?.reason).toBe('deniedByContact'); // R28
  });

  test('ends after its span', async () => {
    const { here, owner } = await marked();
    const [first] = await askContacts(here, owner);
    await here.advance('24h');
    expect((await first.client.get()).status).toBe(401);
  });
});

describe('the token that goes with a notice', () => {
  const cancelOf = async (here: Running, owner: Client) =>
    here.bearer(owner.recoveryId, (await here.notices(MARKED.accountId)).at(-1)?.cancelToken ?? '');
  const cancel = { type: 'recovery.cancel' };

  test('R37: cancels, R58: and does and shows nothing else', async () => {
    const { here, owner } = await marked();
    const notice = await cancelOf(here, owner);
    const before = (await owner.get()).text;
    const view = await notice.get();
    expect(view.body.allowed.map(({ type }) => type)).toEqual(['recovery.cancel']);
    const refused = [
      await notice.send({ type: 'path.choose', path: 'bankCard' }),
      await notice.send({ type: 'contact.deny', contactId: 'k1' }),
      await notice.send({ type: 'callback.reached' }),
      await here.request('GET', `${notice.path}/stream`, notice.headers),
      await here.request('GET', `${notice.path}/audit`, notice.headers),
      await notice.at('7f9c24e8-3b12-4fef-91e0-5a2c0d1e8b77').send(cancel),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect((await owner.get()).text).toBe(before);
    const cancelled = await notice.send(cancel);
    expect(cancelled.status).toBe(200);
    expect((await owner.settled()).body.output?.outcome).toBe('cancelled');
    const again = await notice.send(cancel);
    expect(again.status).toBe(409);
    expectNothingTold(
      [view, ...refused, cancelled, again].map(({ text }) => text),
      ['recovery.cancel'],
    );
  });

  test.each([
    ['while a path is under way', untilCode],
    ['until the password is set', async (owner: Client, here: Running) => untilPassword(here, owner, MARKED)],
  ])('R37: cancels %s', async (_, until) => {
    const { here, owner } = await marked();
    await until(owner, here);
    expect((await (await cancelOf(here, owner)).send(cancel)).status).toBe(200);
    expect((await owner.settled()).body.output?.outcome).toBe('cancelled');
  });

  test('R37: not what is done', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await untilPassword(here, owner);
    await owner.does(newPassword());
    const token = (await here.notices()).at(-1)?.cancelToken ?? '';
    const answer = await here.bearer(owner.recoveryId, token).send(cancel);
    expect(answer).toMatchObject({ status: 409, body: { code: 'notAccepted' } });
    expect((await owner.get()).body.output?.outcome).toBe('reset');
  });
});
