import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createMemoryCodeStore } from '../../src/adapters/code-store.ts';
import { type CodeRequest, createOneTimeCodes, randomCode, randomToken } from '../../src/adapters/one-time-codes.ts';
import type { CodeStore } from '../../src/code-store.ts';

const KEY = 'a key of the tests, long enough';
const LIFETIME = 300_000;
const POLICY = { digits: 6, lifetime: LIFETIME, maxWrong: 5 };
const REQUEST = { accountId: 'a1', purpose: 'bankCard', recoveryId: 'r1', path: 'bankCard', at: 0 };

let keys = 0;
const request = (over: Partial<CodeRequest> = {}): CodeRequest => ({ ...REQUEST, callKey: `k${++keys}`, ...over });
const serviceOver = (store: CodeStore = createMemoryCodeStore()) =>
  createOneTimeCodes({ key: KEY, policy: POLICY, store });

async function issued(store?: CodeStore) {
  const codes = serviceOver(store);
  const code = (await codes.issue(request())) ?? '';
  const check = async (text: string, over: Partial<CodeRequest> = {}) =>
    (await codes.check({ ...request(over), code: text })).ok;
  return { codes, code, check, wrong: code === '000000' ? '000001' : '000000' };
}

describe('codes', () => {
  test('R1: six digits, evenly spread, never from Math.random', async () => {
    const forbidden = vi.spyOn(Math, 'random');
    const bins = new Array<number>(1_000).fill(0);
    const draws = 100_000;
    for (let i = 0; i < draws; i++) {
      const code = randomCode(6);
      expect(code.length === 6).toBe(true);
      const bin = Number(code.slice(0, 3));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const expected = draws / bins.length;
    const chiSquare = bins.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    expect((await issued()).code).toMatch(/^\d{6}$/);
    expect(chiSquare).toBeLessThan(1_300); // 999 degrees of freedom: less than one in 10^9 is above
    expect(chiSquare).toBeGreaterThan(740);
    expect(forbidden).not.toHaveBeenCalled();
    forbidden.mockRestore();
  });

  test('R1: the source is asked for the whole range, so nothing is folded', () => {
    const asked: number[] = [];
    expect(randomCode(6, (max) => asked.push(max) - 1)).toBe('000000');
    expect(asked).toEqual([1_000_000]);
    expect(() => createOneTimeCodes({ key: KEY, policy: { ...POLICY, digits: 4 } })).toThrow(/policy\.code\.digits/);
    expect(() => createOneTimeCodes({ key: 'short', policy: POLICY })).toThrow(RangeError);
  });

  test('R3: taken 1 ms before the deadline, refused at it, and a clock set back revives nothing (R44)', async () => {
    const first = await issued();
    expect(await first.check(first.code, { at: LIFETIME - 1 })).toBe(true);
    const second = await issued();
    expect(await second.check(second.code, { at: LIFETIME })).toBe(false);
    expect(await second.check(second.code, { at: 1 })).toBe(false);
  });

  test('R4: of 50 submissions of the right code at once exactly one is taken', async () => {
    const { code, check } = await issued();
    const answers = await Promise.all(Array.from({ length: 50 }, () => check(code)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await check(code)).toBe(false);
  });

  test('R5: a new code voids the earlier one, which is refused and counted', async () => {
    const store = createMemoryCodeStore();
    const { codes, code: old, check } = await issued(store);
    let code = (await codes.issue(request())) ?? '';
    if (code === old) code = (await codes.issue(request())) ?? '';
    expect(await check(old)).toBe(false);
    expect(Object.values(store.toJSON())[0]?.live?.tries).toHaveLength(1);
    expect(await check(code)).toBe(true);
  });

  test('R6: the store never holds the clear code or token', async () => {
    const store = createMemoryCodeStore();
    const { codes, code, check, wrong } = await issued(store);
    const token = (await codes.issueToken({ ...request({ purpose: 'link' }), lifetime: LIFETIME })) ?? '';
    await check(wrong);
    const kept = JSON.stringify(store);
    expect(kept).toContain('hash');
    for (const secret of [code, token, wrong]) expect(kept).not.toContain(secret);
  });

  test('R7: digests are compared by the platform’s constant-time function and by nothing else', () => {
    const source = (file: string) => readFileSync(join(import.meta.dirname, '../../src/adapters', file), 'utf8');
    expect(source('keyed-hash.ts')).toMatch(/given\.length === right\.length && timingSafeEqual\(given, right\)/);
    expect(source('passwords.ts')).toContain('timingSafeEqual(');
    for (const file of ['one-time-codes.ts', 'institutions.ts', 'passwords.ts']) {
      expect(source(file)).not.toMatch(/(hash|signed|signature|secret|code|token)\s*[!=]==/i);
    }
  });

  test.each([{ accountId: 'a2' }, { recoveryId: 'r2' }, { path: 'voice' }, { purpose: 'other' }])(
    'R8: refused elsewhere: %o',
    async (elsewhere) => {
      const { code, check } = await issued();
      expect(await check(code, elsewhere)).toBe(false);
      expect(await check(code)).toBe(true);
    },
  );

  test('R10: a try is counted before it is compared, even if the process dies in between', async () => {
    const store = createMemoryCodeStore();
    const { code, wrong } = await issued(store);
    let updates = 0;
    const dying: CodeStore = {
      update: (slot, change) =>
        ++updates === 2 ? Promise.reject(new Error('the process died')) : store.update(slot, change),
    };
    const submission = { ...request(), code: wrong };
    await expect(serviceOver(dying).check(submission)).rejects.toThrow('died');
    const tries = () => Object.values(store.toJSON())[0]?.live?.tries.length;
    expect(tries()).toBe(1);
    expect(await serviceOver(store).check(submission)).toEqual({ ok: false });
    expect(tries()).toBe(1);
    expect(await serviceOver(store).check({ ...request(), code })).toEqual({ ok: true });
  });

  test.each([
    [4, true],
    [5, false],
  ])('R11: after %i wrong tries the right code is taken: %s', async (tries, taken) => {
    const { code, check, wrong } = await issued();
    for (let i = 0; i < tries; i++) expect(await check(wrong)).toBe(false);
    expect(await check(code)).toBe(taken);
  });

  test('a call that comes again has no second effect and the same answer', async () => {
    const { codes, code, check, wrong } = await issued();
    const again = request();
    const second = await codes.issue(again);
    expect(await codes.issue(again)).toBeNull();
    expect(await check(wrong, { callKey: 'wrong' })).toBe(false);
    expect(await check(second ?? '', { callKey: 'wrong' })).toBe(false);
    expect(await check(second ?? '', { callKey: 'right' })).toBe(true);
    expect(await check(second ?? '', { callKey: 'right' })).toBe(true);
    expect(await check(code, { callKey: 'another' })).toBe(false);
  });
});

describe('tokens', () => {
  test('R2: 128 bits, and none of 200 000 comes twice', async () => {
    expect(Buffer.from(randomToken(), 'base64url')).toHaveLength(16);
    const drawn = new Set(Array.from({ length: 200_000 }, randomToken));
    expect(drawn.size).toBe(200_000);
  });

  test('R2, R4: good once, however many wrong ones were tried before', async () => {
    const codes = serviceOver();
    const token = (await codes.issueToken({ ...request(), lifetime: LIFETIME })) ?? '';
    const check = async (text: string, over = {}) => (await codes.checkToken({ ...request(over), token: text })).ok;
    for (let i = 0; i < 20; i++) expect(await check(randomToken())).toBe(false);
    expect(await check(token, { recoveryId: 'r2' })).toBe(false);
    const answers = await Promise.all(Array.from({ length: 50 }, () => check(token, { at: LIFETIME - 1 })));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});
