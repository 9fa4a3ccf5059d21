import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AccountFacts } from '../../machines/account.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { portServer } from './port-server.ts';
import { type Answer, headersOf, masked, Running, temporaryFolder } from './service.ts';

const KNOWN = 'acc-known';
/** Accounts that a stranger must not be able to tell apart. */
const ACCOUNTS: AccountFacts[] = [
  { accountId: KNOWN },
  { accountId: 'acc-0lost', cards: [{ status: 'lost' }] },
  { accountId: 'acc-froze', cards: [{ status: 'frozen' }] },
  { accountId: 'acc-restr', emergency: { restricted: true } },
  { accountId: 'acc-0bare', cards: [], contacts: [], validTransactions: 0, realName: { verified: false } },
  { accountId: 'acc-risky', recentAbnormalLogin: true },
].map((part) => sandboxAccount(part));
const OTHERS = [...ACCOUNTS.map(({ accountId }) => accountId).slice(1), 'acc-unknn'];

async function strangers(policy?: string) {
  const { calls, ports } = await portServer({ accounts: ACCOUNTS });
  const file = join(temporaryFolder(), 'policy.yaml');
  if (policy !== undefined) writeFileSync(file, policy);
  const here = await Running.start({
    mode: 'production',
    keys: { sealing: 'x'.repeat(32), tokens: [{ id: 'k1', key: 'y'.repeat(32) }] },
    ports,
    ...(policy === undefined ? {} : { policy: file }),
  });
  const shown = (answer: Answer<unknown>, accountId: string) => ({
    status: answer.status,
    headers: headersOf(answer),
    text: masked(answer.text).replaceAll(`"${accountId}"`, '"(account)"'),
  });
  return { here, calls, shown };
}

describe('whoever knows an account’s id alone', () => {
  test('R15: is answered the same at a start, whatever the account is, and as many calls follow', async () => {
    const { here, calls, shown } = await strangers();
    const begin = async (accountId: string) => {
      const started = await here.begin(accountId);
      const { recoveryId, token } = started.body;
      const owner = here.bearer(recoveryId, token).at(recoveryId, { 'Regain-Device': 'd1' });
      await owner.settled();
      await here.service.recoveries.idle();
      const made = calls.filter((call) => call.recoveryId === recoveryId).map(({ port }) => port);
      return { answer: shown(started, accountId), made: made.sort() };
    };
    const known = await begin(KNOWN);
    expect(known.answer.status).toBe(201);
    expect(known.made).toEqual(['assessRisk', 'loadAccount', 'notify']);
    for (const accountId of OTHERS) expect([accountId, await begin(accountId)]).toEqual([accountId, known]);
  });

  test('R15: is answered before any port is', async () => {
    const here = await Running.start();
    await here.request('POST', '/sandbox/faults', {}, { port: 'loadAccount', fault: 'hangs' });
    await here.request('POST', '/sandbox/faults', {}, { port: 'notify', fault: 'hangs' });
    const { status, body } = await here.begin();
    expect(status).toBe(201);
    const owner = here.bearer(body.recoveryId, body.token).at(body.recoveryId, { 'Regain-Device': 'd1' });
    expect((await owner.get()).body.state).toBe('assessing.loading');
  });

  test('R15, R16: under the strict profile sees the same of each account until something is proved', async () => {
    const { here, shown } = await strangers('profile: strict\n');
    const look = async (accountId: string) => {
      const owner = await here.owner(accountId);
      const seen = [await owner.get(), await owner.send({ type: 'path.choose', path: 'none' })];
      return seen.map((answer) => shown(answer, accountId));
    };
    const known = await look(KNOWN);
    expect(known[0]?.status).toBe(200);
    expect(JSON.parse(known[0]?.text ?? '')).toMatchObject({ state: 'choosing.offering', ineligible: [] });
    for (const accountId of OTHERS) expect([accountId, await look(accountId)]).toEqual([accountId, known]);
  });

  test('R15: malformed starts are told apart by their form alone', async () => {
    const { here, shown } = await strangers();
    const wrong = async (accountId: string) =>
      shown(await here.request('POST', '/v1/recoveries', {}, { accountId, device: {} }), accountId);
    expect(await wrong('acc-unknn')).toEqual(await wrong(KNOWN));
  });
});
