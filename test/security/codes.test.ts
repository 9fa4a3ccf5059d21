import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { keyedHash } from '../../src/adapters/keyed-hash.ts';
import { type CodeRequest, createOneTimeCodes, randomToken } from '../../src/adapters/one-time-codes.ts';
import type { CodeSlot } from '../../src/code-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { DAY, go, hosted, MINUTE, NEW_PASSWORD, newFile, PHONE, refusalOf, WAYS } from './helpers.ts';

const KEY = 'a key of the tests, long enough';
const POLICY = { digits: 6, lifetime: 5 * MINUTE, maxWrong: 5 };
const REQUEST = { accountId: 'a1', purpose: 'bankCard', recoveryId: 'r1', path: 'bankCard', at: 0 };
const DIST = join(import.meta.dirname, '../../dist/src');

let keys = 0;
const request = (over: Partial<CodeRequest> = {}): CodeRequest => ({ ...REQUEST, callKey: `k${++keys}`, ...over });

/** The bytes of every file that SQLite keeps for a store. */
const bytesOf = (file: string) =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .map((name) => readFileSync(join(dirname(file), name), 'latin1'))
    .join('');

async function durable(file = newFile()) {
  const store = await openSqlite(file, { synchronous: 'NORMAL' });
  return { file, store, codes: createOneTimeCodes({ key: KEY, policy: POLICY, store: store.codes }) };
}

test('R2: of two million tokens none comes twice', () => {
  const heads = new BigUint64Array(2_000_000); // if no first half comes twice, no token does
  for (let i = 0; i < heads.length; i++) heads[i] = Buffer.from(randomToken(), 'base64url').readBigUInt64LE();
  heads.sort();
  let repeated = 0;
  for (let i = 1; i < heads.length; i++) if (heads[i] === heads[i - 1]) repeated += 1;
  expect(repeated).toBe(0);
});

describe('the code store in the database', () => {
  test('R4: of 50 submissions of the right code at once exactly one is taken', async () => {
    const { store, codes } = await durable();
    const code = (await codes.issue(request())) ?? '';
    const answers = await Promise.all(Array.from({ length: 50 }, () => codes.check({ ...request(), code })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    await store.close();
  });

  test('R3, R5, R8: what was issued before a restart is bound, voided and lapses as before', async () => {
    const first = await durable();
    const old = (await first.codes.issue(request())) ?? '';
    const code = (await first.codes.issue(request())) ?? '';
    await first.store.close();
    const { store, codes } = await durable(first.file);
    const check = async (text: string, over: Partial<CodeRequest> = {}) =>
      (await codes.check({ ...request(over), code: text })).ok;
    if (old !== code) expect(await check(old)).toBe(false);
    expect(await check(code, { recoveryId: 'r2' })).toBe(false);
    expect(await check(code, { at: POLICY.lifetime - 1 })).toBe(true);
    const late = (await codes.issue(request())) ?? '';
    expect(await check(late, { at: POLICY.lifetime })).toBe(false);
    await store.close();
  });

  test('R10: the process is killed between count and compare; the try stays counted', async () => {
    const { file, store, codes } = await durable();
    const code = (await codes.issue(request())) ?? '';
    const wrong = code === '000000' ? '000001' : '000000';
    await store.close();
    const child = `
      import { createOneTimeCodes } from '${DIST}/adapters/one-time-codes.js';
      import { openSqlite } from '${DIST}/store/sqlite.js';
      const store = await openSqlite(process.argv[1]);
      let updates = 0;
      const dying = {
        update: (slot, change) => ++updates === 2 ? process.kill(process.pid, 'SIGKILL') : store.codes.update(slot, change),
      };
      const codes = createOneTimeCodes({ key: '${KEY}', policy: ${JSON.stringify(POLICY)}, store: dying });
      await codes.check(JSON.parse(process.argv[2]));`;
    const triesLeft = () => {
      const database = new Database(file, { readonly: true });
      const { live } = JSON.parse(String(database.prepare('select data from codes').pluck().get())) as CodeSlot;
      database.close();
      return POLICY.maxWrong - (live?.tries.length ?? 0);
    };
    for (let tries = 1; tries <= POLICY.maxWrong; tries++) {
      const submission = JSON.stringify({ ...request(), code: wrong });
      const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', child, file, submission], {
        encoding: 'utf8',
      });
      expect(signal, stderr).toBe('SIGKILL');
      expect(triesLeft()).toBe(POLICY.maxWrong - tries);
    }
    const later = await durable(file);
    expect(await later.codes.check({ ...request(), code })).toEqual({ ok: false });
    await later.store.close();
  });

  test('R6, R9: in a whole recovery neither code, token nor password is in the file or in what is shown', async () => {
    const file = newFile();
    const at = await hosted({ file });
    const id = await at.begin();
    await go(at, id, WAYS.securityContacts?.moves.slice(0, 3) ?? []);
    await at.send(id, { type: 'path.leave' });
    await go(at, id, [...(WAYS.bankCard?.moves ?? []), NEW_PASSWORD]);
    expect(await at.state(id)).toBe('completed');
    const sent = [PHONE, 'k1', 'k2', 'k3'].flatMap((to) => at.world.inbox(to));
    const secrets = sent.flatMap(({ code, token }) => [code ?? token ?? '']);
    expect(secrets.every((secret) => secret.length >= 6)).toBe(true);
    expect(secrets).toHaveLength(4);
    const outputs = JSON.stringify([await at.host.get(id), await at.host.audit(id), await at.host.list()]);
    await at.down();
    const bytes = bytesOf(file);
    await at.up();
    expect(bytes).toContain('"hash"'); // the search does find what is kept
    for (const secret of [...secrets, '294817']) {
      // six digits may stand in any instant: as a value they would stand alone
      const alone = new RegExp(`\\b${secret}\\b`);
      expect(alone.test(bytes)).toBe(false);
      expect(alone.test(outputs)).toBe(false);
    }
  });
});

test('R4: of 50 owners who enter the right code at once one gets in, and the port is asked once', async () => {
  let asked = 0;
  const at = await hosted({
    ports: ({ checkCode }) => ({
      checkCode: (input, call) => {
        asked += 1;
        return checkCode(input, call);
      },
    }),
  });
  const id = await at.begin();
  await go(at, id, WAYS.bankCard?.moves.slice(0, 2) ?? []);
  const code = at.world.inbox(PHONE).at(-1)?.code ?? '';
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => at.host.send(id, { type: 'code.submit', code })),
  );
  await at.host.idle();
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(asked).toBe(1);
  expect(await at.state(id)).toBe('settingPassword.awaiting');
});

test('R3: a code is taken by the host 1 ms before its time is over, and refused at it', async () => {
  for (const [wait, taken] of [
    [POLICY.lifetime - 1, true],
    [POLICY.lifetime, false],
  ] as const) {
    const at = await hosted();
    const id = await at.begin();
    await go(at, id, WAYS.bankCard?.moves.slice(0, 2) ?? []);
    await at.clock.advance(wait);
    const sent = go(at, id, WAYS.bankCard?.moves.slice(2) ?? []);
    if (taken) await sent;
    else expect(await refusalOf(sent)).toMatchObject({ code: 'tooLate', reason: 'codeExpired' });
    expect(await at.state(id)).toBe(taken ? 'settingPassword.awaiting' : 'verifying.bankCard.awaitingCode');
  }
});

test('R7: where the first difference is makes no difference to the time that comparing takes', () => {
  const { of, matches } = keyedHash(KEY, 'timing');
  const right = of('a code');
  const other = (char: string | undefined) => (char === 'A' ? 'B' : 'A');
  const early = other(right[0]) + right.slice(1);
  const late = right.slice(0, -1) + other(right.at(-1));
  const times = { early: [] as number[], late: [] as number[] };
  for (let round = 0; round < 20_000; round++) {
    for (const [name, hash] of Object.entries({ early, late }) as ['early' | 'late', string][]) {
      const begin = process.hrtime.bigint();
      if (matches(hash, 'a code')) throw new Error('matched what is not equal');
      times[name].push(Number(process.hrtime.bigint() - begin));
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length / 2] ?? 0;
  const ratio = median(times.early) / median(times.late);
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.25);
  expect(matches(right, 'a code')).toBe(true);
});

test('R8, R37: a code of a recovery that was cancelled is worth nothing in the next one', async () => {
  const at = await hosted();
  const first = await at.begin();
  await go(at, first, WAYS.bankCard?.moves.slice(0, 2) ?? []);
  const code = at.world.inbox(PHONE).at(-1)?.code ?? '';
  await at.send(first, { type: 'recovery.cancel' });
  expect((await refusalOf(at.send(first, { type: 'code.submit', code }))).code).toBe('notAccepted');
  const second = await at.begin();
  await go(at, second, WAYS.bankCard?.moves.slice(0, 2) ?? []);
  if (at.world.inbox(PHONE).at(-1)?.code !== code) {
    await at.send(second, { type: 'code.submit', code });
    expect(await at.host.get(second)).toMatchObject({ state: 'verifying.bankCard.awaitingCode', told: 'wrongCode' });
  }
  await at.clock.advance(DAY);
  expect((await refusalOf(at.send(first, { type: 'code.submit', code }))).code).toBe('notAccepted');
});
