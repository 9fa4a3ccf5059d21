import { describe, expect, test } from 'vitest';
import { AccountFacts } from '../../machines/account.ts';
import { population, sandboxAccount } from '../../src/adapters/index.ts';
import { Institutions } from '../../src/adapters/institutions.ts';
import { Passwords } from '../../src/adapters/passwords.ts';
import { realWait } from '../../src/adapters/wait.ts';

const CHEAP = 2;

describe('institutions', () => {
  const institutions = new Institutions('a key of the tests, long enough');
  const token = institutions.token({ type: 'hospital', place: 'cell 7', expiresAt: 1_000 });
  const INVALID = { valid: false, type: '', place: '' };

  test('a token is good until it expires', () => {
    expect(institutions.verify(token, 999)).toEqual({ valid: true, type: 'hospital', place: 'cell 7' });
    expect(institutions.verify(token, 1_000)).toEqual(INVALID);
  });
  test.each([
    ['another payload', (text: string) => text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
    ['another signature', (text: string) => text.replace(/\../, (first) => (first === '.A' ? '.B' : '.A'))],
    ['no signature', (text: string) => text.split('.')[0] ?? ''],
    ['a third part', (text: string) => `${text}.x`],
    ['nothing', () => ''],
  ])('a forged token is worth nothing: %s', (_, forge) => {
    expect(institutions.verify(forge(token), 1)).toEqual(INVALID);
  });
  test('a token of another register is worth nothing', () => {
    expect(new Institutions('another key, long enough too').verify(token, 1)).toEqual(INVALID);
  });
});

describe('passwords', () => {
  test('R34: refuses what is on the list, what is used now, and what was used before', async () => {
    const passwords = new Passwords(CHEAP);
    await passwords.remember('a1', '730264');
    expect(await passwords.set('a1', '520520', 'k1')).toEqual({ ok: false, reason: 'blocklisted' });
    expect(await passwords.set('a1', '730264', 'k2')).toEqual({ ok: false, reason: 'reused' });
    expect(await passwords.set('a1', '294817', 'k3')).toEqual({ ok: true });
    expect(await passwords.set('a1', '294817', 'k4')).toEqual({ ok: false, reason: 'reused' });
    expect(await passwords.set('a2', '294817', 'k5')).toEqual({ ok: true });
    expect(await passwords.verify('a1', '294817')).toBe(true);
    expect(await passwords.verify('a1', '730264')).toBe(false);
    expect(passwords.timesSet('a1')).toBe(1);
  });
  test('the same call sets it once; two equal passwords at once are set once', async () => {
    const passwords = new Passwords(CHEAP);
    const same = await Promise.all(['k1', 'k1', 'k2'].map((key) => passwords.set('a1', '294817', key)));
    expect(same.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(passwords.timesSet('a1')).toBe(1);
  });
});

describe('accounts', () => {
  test('what is missing takes a default, in lists too', () => {
    const account = sandboxAccount({ phone: '+8613911112222', cards: [{}, { status: 'lost' }], contacts: [{}, {}] });
    expect(account.cards.map(({ cardId, reservedPhone }) => [cardId, reservedPhone])).toEqual([
      ['c1', '+8613911112222'],
      ['c2', '+8613911112222'],
    ]);
    expect(account.contacts.map(({ contactId, knownDays }) => [contactId, knownDays])).toEqual([
      ['k1', 400],
      ['k2', 400],
    ]);
    expect(sandboxAccount().contacts).toHaveLength(4);
  });
  test.each([
    [{ phnoe: '1' }, /'phnoe'.*'phone'/],
    [{ realName: { verifed: true } }, /'realName\.verifed'.*'verified'/],
    [{ cards: [{ bankTyp: 'stateOwned' }] }, /'cards\.0\.bankTyp'.*'bankType'/],
  ])('an unknown field is named, with the nearest known one: %o', (part, message) => {
    expect(() => sandboxAccount(part)).toThrow(message);
  });
  test('the population is valid, of many kinds, and the same every time', () => {
    const inhabitants = population();
    expect(inhabitants.length).toBeGreaterThanOrEqual(40);
    expect(population()).toEqual(inhabitants);
    for (const { facts } of inhabitants) expect(AccountFacts.parse(facts)).toEqual(facts);
    const unique = (values: string[]) => new Set(values).size;
    expect(unique(inhabitants.map(({ facts }) => facts.accountId))).toBe(inhabitants.length);
    expect(unique(inhabitants.map(({ about }) => about))).toBe(inhabitants.length);
    expect(unique(inhabitants.flatMap(({ facts }) => facts.cards.map(({ bankType }) => bankType)))).toBe(3);
  });
});

test('waiting is broken off by the signal, also for ever', async () => {
  const abort = new AbortController();
  const waiting = [realWait(60_000, abort.signal), realWait(Number.POSITIVE_INFINITY, abort.signal)];
  abort.abort(new Error('enough'));
  for (const each of await Promise.allSettled(waiting)) expect(each.status).toBe('rejected');
  await expect(realWait(0, abort.signal)).rejects.toThrow('enough');
  await expect(realWait(1, new AbortController().signal)).resolves.toBeUndefined();
});
