import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { policyOf } from '../../machines/policy.ts';
import { population } from '../../src/adapters/population.ts';
import {
  DAY,
  go,
  HOUR,
  type Hosted,
  hosted,
  MINUTE,
  NEW_PASSWORD,
  newFile,
  PHONE,
  refusalOf,
  SECOND,
  tryAll,
  WAYS,
} from './helpers.ts';

/** Counts the calls of a port. */
function counting(name: 'sendCode' | 'requestConfirmation') {
  const keys = new Set<string>();
  const ports = (base: Hosted['ports']) => ({
    [name]: (input: never, call: never) => {
      keys.add((call as { key: string }).key);
      return (base[name] as (input: never, call: never) => Promise<unknown>)(input, call);
    },
  });
  return { keys, ports: ports as never };
}

const movesOf = (path: string) => WAYS[path]?.moves ?? [];

describe('flooding', () => {
  test('R14: of 100 requests for a code, in one run and in new recoveries, as many are sent as the policy says', async () => {
    const { keys, ports } = counting('sendCode');
    const at = await hosted({ ports });
    let id = await at.begin();
    for (let request = 0; request < 100; request++) {
      await tryAll(at, id, [...movesOf('bankCard').slice(0, 2), { send: () => ({ type: 'code.resend' }) }]);
      await at.clock.advance(MINUTE);
      if (request % 5 !== 4) continue;
      await tryAll(at, id, [{ send: () => ({ type: 'recovery.cancel' }) }]);
      id = await at.begin();
    }
    expect(keys.size).toBe(policyOf().code.sendsPerDay);
    expect(at.world.inbox(PHONE)).toHaveLength(policyOf().code.sendsPerDay);
  });

  test.each([
    ['each left at once', 'path.leave'],
    ['each in a recovery of its own', 'recovery.cancel'],
  ] as const)('R14: contacts are not asked again and again: 100 requests, %s', async (_, type) => {
    const { keys, ports } = counting('requestConfirmation');
    const at = await hosted({ ports });
    const most = policyOf().code.sendsPerDay;
    let refused = 0;
    for (let request = 0; request < 100; request++) {
      const id = await at.begin();
      if ((await tryAll(at, id, movesOf('securityContacts').slice(0, 2))) < 2) refused += 1;
      await tryAll(at, id, [{ send: () => ({ type }) }]);
    }
    expect([keys.size, refused, at.world.inbox('k1').length]).toEqual([most, 100 - most, most]);
    await at.clock.advance(DAY);
    expect(await tryAll(at, await at.begin(), movesOf('securityContacts').slice(0, 2))).toBe(2);
  });

  test('R17: 1,000 recoveries are started and abandoned; the old password works, nothing of the account has changed', async () => {
    const at = await hosted();
    await at.passwords.remember('a1', '730264');
    const facts = structuredClone(at.world.account('a1'));
    for (let flow = 0; flow < 1_000; flow++) {
      const id = await at.begin();
      if (flow % 10 === 0) await tryAll(at, id, movesOf('bankCard').slice(0, 1 + (flow % 3)));
      if (flow % 100 === 0) await at.clock.advance(8 * DAY);
      else await at.send(id, { type: 'recovery.cancel' });
    }
    expect(await at.host.list({ accountId: 'a1', limit: 2_000 })).toHaveLength(1_000);
    expect(await at.passwords.verify('a1', '730264')).toBe(true);
    expect(at.passwordsSet('a1')).toBe(0);
    expect(at.world.revoked).toEqual([]);
    expect(at.world.account('a1')).toEqual(facts);
  });
});

describe('waits and locks', () => {
  test('R13: the earliest instant at which a path opens follows the schedule over recoveries, from 30 s to 1 h', async () => {
    const at = await hosted({
      policy: {
        profile: 'strict',
        recovery: { choosingTimeout: '2h' },
        contacts: { attemptsPerDay: 100 },
      },
    });
    const waits = [0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600].map((seconds) => seconds * SECOND);
    for (const wait of waits) {
      const id = await at.begin();
      if (wait > 0) {
        await at.clock.advance(wait - 1);
        expect((await refusalOf(go(at, id, movesOf('securityContacts').slice(0, 1)))).code).toBe('tooEarly');
        await at.clock.advance(1);
      }
      await go(at, id, [
        ...movesOf('securityContacts').slice(0, 2),
        { send: () => ({ type: 'contact.deny', contactId: 'k1' }), by: { role: 'contact', id: 'k1' } },
      ]);
      expect(await at.host.get(id)).toMatchObject({ state: 'choosing.offering', told: 'deniedByContact' });
      await at.send(id, { type: 'recovery.cancel' });
    }
  });

  test('R18: after a lock its recovery refuses everything, however long one waits', async () => {
    const at = await hosted({ account: { wrongCodes: 9 }, file: newFile() });
    const id = await at.begin();
    await go(at, id, movesOf('bankCard').slice(0, 2));
    const code = at.world.inbox(PHONE).at(-1)?.code ?? '';
    await at.send(id, { type: 'code.submit', code: code === '000000' ? '000001' : '000000' });
    expect(await at.state(id)).toBe('locked');
    const locked = await at.host.get(id);
    for (const wait of [0, MINUTE, HOUR, DAY, 5 * DAY]) {
      await at.clock.advance(wait);
      await at.restart();
      expect(await tryAll(at, id, [...movesOf('bankCard'), ...movesOf('voice'), NEW_PASSWORD])).toBe(0);
      expect((await refusalOf(at.send(id, { type: 'code.submit', code }))).code).toBe('notAccepted');
      expect(await at.host.get(id)).toEqual(locked);
    }
    expect(at.passwordsSet('a1')).toBe(0);
  });

  test('R11: new recoveries between the tries give no more than ten wrong codes in 24 hours', async () => {
    const at = await hosted();
    let wrong = 0;
    for (let flow = 0; flow < 30; flow++) {
      const id = await at.begin();
      if ((await tryAll(at, id, movesOf('bankCard').slice(0, 2))) === 2) {
        const code = at.world.inbox(PHONE).at(-1)?.code ?? '';
        wrong += await tryAll(at, id, [
          { send: () => ({ type: 'code.submit', code: code === '000000' ? '000001' : '000000' }) },
        ]);
      }
      await tryAll(at, id, [{ send: () => ({ type: 'recovery.cancel' }) }]);
      await at.clock.advance(MINUTE);
    }
    expect(wrong).toBe(policyOf().guessing.wrongCodesPerDay);
    expect(await tryAll(at, await at.begin(), movesOf('bankCard'))).toBe(0);
  });
});

describe('what is told before a proof', () => {
  const everyone = population().map(({ facts }) => facts);
  const masked = (shown: object, accountId: string) =>
    JSON.stringify(shown)
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replaceAll(`"${accountId}"`, 'ACCOUNT');

  test('R15: the start is answered alike for known, unknown, watched and ineligible accounts', async () => {
    const at = await hosted({ sandbox: { accounts: everyone } });
    const replies = new Set<string>();
    for (const accountId of [...everyone.map((facts) => facts.accountId), 'nobody']) {
      const before = at.world.calls.length;
      const reply = await at.host.start({ accountId, device: { deviceId: 'd1' } });
      replies.add(masked({ ...reply, calls: at.world.calls.length - before }, accountId));
      await at.host.idle();
    }
    expect([...replies]).toHaveLength(1);
  });

  test('R16: under the strict profile the first replies hold no path, address, name, or hash of an address', async () => {
    const at = await hosted({ sandbox: { accounts: everyone }, policy: { profile: 'strict' } });
    const by = { role: 'owner', deviceId: 'd1' } as const;
    const shapes = new Set<string>();
    for (const facts of everyone) {
      const { recoveryId } = await at.host.start({ accountId: facts.accountId, device: { deviceId: 'd1' } });
      await at.host.idle();
      const first = await at.host.get(recoveryId, by);
      const refused = await refusalOf(at.host.send(recoveryId, { type: 'code.resend' }, by));
      shapes.add(masked({ ...first, refused: { ...refused, message: refused.message } }, facts.accountId));
      const told = JSON.stringify([first, refused, refused.message]);
      const secrets = [
        facts.phone,
        ...facts.cards.map(({ cardId }) => cardId),
        ...facts.contacts.map((k) => k.contactId),
      ];
      for (const secret of secrets) {
        expect(told).not.toContain(JSON.stringify(secret));
        for (const hash of ['md5', 'sha1', 'sha256']) {
          for (const encoding of ['hex', 'base64', 'base64url'] as const) {
            expect(told).not.toContain(createHash(hash).update(secret).digest(encoding));
          }
        }
      }
    }
    expect([...shapes]).toHaveLength(1); // whoever it is: the same reply but for the ids
  });
});
