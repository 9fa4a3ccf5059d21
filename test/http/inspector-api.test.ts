import { describe, expect, test } from 'vitest';
import type { ServiceConfigInput } from '../../src/http/config.ts';
import { ServiceConfig } from '../../src/http/index.ts';
import type { InspectedList, InspectedRecovery } from '../../src/http/inspector-view.ts';
import { callOf, contextsOf, entryOf, summaryOf, timerOf } from '../../src/http/inspector-view.ts';
import { type Fields, newPassword, PHONE, Running, untilCode, untilPassword, whenOver } from './service.ts';

const API = '/inspector/api';
const one = (id: string, query = '') => `${API}/recoveries/${id}${query}`;

async function withAuditor(part: ServiceConfigInput = {}) {
  const here = await Running.start(part);
  const headers = await here.staff('9', 'auditor');
  const list = async (query = '') =>
    (await here.request<InspectedList>('GET', `${API}/recoveries${query}`, headers)).body;
  const get = async (id: string, query = '') =>
    (await here.request<InspectedRecovery>('GET', one(id, query), headers)).body;
  return { here, headers, list, get };
}

/** Everything that may be asked of the inspector. */
const paths = (id: string) => [`${API}/recoveries`, one(id), `${API}/trails`, `${API}/stream`];

async function statusOf(url: string, headers: Fields = {}, method = 'GET'): Promise<number> {
  const gone = new AbortController();
  const { status } = await fetch(url, { method, headers, signal: gone.signal, redirect: 'manual' });
  gone.abort();
  return status;
}

describe('R56: the inspector', () => {
  test('is off in production, and in a sandbox where that is said', async () => {
    const key = 'k'.repeat(32);
    const { startService }: typeof import('../../src/http/index.ts') = await import('../../src/http/index.ts');
    const production = ServiceConfig.parse({
      port: 0,
      store: ':memory:',
      keys: { sealing: key, tokens: [{ id: '1', key }] },
      ports: { url: 'http://127.0.0.1:9', secret: key },
      logLevel: 'silent',
    });
    const off = await startService(production);
    whenOver(() => off.stop());
    const on = await startService({ ...production, inspector: { on: true, token: key } });
    whenOver(() => on.stop());
    const sandbox = await Running.start({ inspector: { on: false } });
    for (const path of [API, '/inspector', '/inspector/', ...paths('x')]) {
      expect(await statusOf(off.url + path), path).toBe(404);
      expect(await statusOf(sandbox.url + path), path).toBe(404);
      expect(await statusOf(on.url + path), path).not.toBe(404);
    }
    expect(await (await fetch(on.url + API)).json()).toEqual({ sandbox: false });
  });

  test('is there for whoever is on this machine, and comes through no proxy', async () => {
    const { here, headers } = await withAuditor();
    const { recoveryId } = await here.owner();
    for (const path of [API, '/inspector', ...paths(recoveryId)]) {
      expect(await statusOf(here.url + path, headers), path).toBe(path === '/inspector' ? 302 : 200);
      for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Real-IP']) {
        expect(await statusOf(here.url + path, { ...headers, [name]: '192.0.2.1' }), path).toBe(404);
      }
      for (const origin of ['https://example.com', 'null']) {
        expect(await statusOf(here.url + path, { ...headers, Origin: origin }), path).toBe(404);
      }
    }
  });

  test('shows agents and auditors what it shows, and nobody else', async () => {
    const here = await Running.start();
    const owner = await here.owner();
    await owner.does({ type: 'path.choose', path: 'securityContacts' });
    await owner.does({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
    const bearer = (token?: string) => ({ Authorization: `Bearer ${token}` });
    const expected: [Fields, number][] = [
      [{}, 401],
      [bearer('x'), 401],
      [owner.headers, 403],
      [bearer((await here.inbox('k1')).at(-1)?.bearer), 403],
      [bearer((await here.notices()).at(-1)?.cancelToken), 403],
      [await here.staff('3', 'staff'), 403],
      [await here.staff('7', 'agent'), 200],
      [await here.staff('9', 'auditor'), 200],
    ];
    for (const [headers, status] of expected) {
      for (const path of paths(owner.recoveryId)) expect(await statusOf(here.url + path, headers), path).toBe(status);
    }
  });

  test('only reads', async () => {
    const { here, headers } = await withAuditor();
    const { recoveryId } = await here.owner();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of [API, '/inspector/', ...paths(recoveryId)]) {
        expect(await statusOf(here.url + path, headers, method), `${method} ${path}`).toBe(404);
      }
    }
  });

  test('passes on what is listed, of the form that is listed', () => {
    const entry = entryOf({
      seq: 1,
      at: 2,
      kind: 'event',
      data: {
        from: 'choosing.offering',
        to: 'verifying.voice.idle',
        event: { type: 'path.choose', path: 'voice', password: '294817', cardId: 'c1' },
        by: { role: 'contact', id: 'k1', deviceId: 'd1' },
        error: 'the bank said: no such card 6222…',
        reason: 'Please send the picture of your passport again, Mr. Li',
        timers: [{ id: 'x' }],
        code: { toString: 'x' },
      },
    });
    expect(entry).toEqual({
      seq: 1,
      at: 2,
      kind: 'event',
      data: {
        from: 'choosing.offering',
        to: 'verifying.voice.idle',
        event: { type: 'path.choose', path: 'voice' },
        by: { role: 'contact' },
      },
    });
    const agent = entryOf({ seq: 1, at: 2, kind: 'event', data: { by: { role: 'agent', id: '7', phone: '1' } } });
    expect(agent.data.by).toEqual({ role: 'agent', id: '7' });
    const context = { account: { phone: PHONE }, told: 'The picture shows another person', failures: 1, device: {} };
    const child = { context: { ...context, grades: { q1: true }, sends: 'many', wrongCodes: 2 } };
    expect(contextsOf({ context, output: {}, children: { bankCard: { snapshot: child, src: 'x' } } })).toEqual({
      '': { failures: 1 },
      bankCard: { failures: 1, wrongCodes: 2 },
    });
    expect(
      contextsOf({ context: null, children: { ninth: { snapshot: { context: { failures: 2, pin: 3 } } } } }),
    ).toEqual({ '': {}, ninth: { failures: 2 } });
    const timer = { id: '#a', source: '', target: '', event: { type: 'deadline.recovery', code: '1' }, dueAt: 3 };
    expect(timerOf(timer)).toEqual({ id: '#a', source: '', name: 'recovery', at: 3 });
    const call = { recoveryId: 'r', key: 'k', path: '', port: 'p', attempt: 1, input: '{"x":1}', at: 1 } as const;
    const shown = callOf({ ...call, kind: 'awaited', tries: 2, notBefore: 5 });
    expect(shown).toEqual({ key: 'k', path: '', port: 'p', kind: 'awaited', tries: 2, at: 1, notBefore: 5 });
    const record = { id: 'r', accountId: 'a', deviceId: 'd', live: true, status: 'active', state: 's' } as const;
    const rest = { version: 1, machineVersion: 'm', policyVersion: 'p', createdAt: 1, updatedAt: 2 };
    expect(Object.keys(summaryOf({ ...record, ...rest }, 4)).sort()).toEqual(
      'accountId createdAt machineVersion nextDue recoveryId state status updatedAt version'.split(' '),
    );
  });

  test('tells nothing that a recovery was given: no code, password, answer, reference, device, phone, contact', async () => {
    const { here, get, list } = await withAuditor();
    const texts: string[] = [];
    const look = async (id: string) => void texts.push(JSON.stringify([await get(id), await list()]));
    const card = await here.owner('a1', 'device-one');
    await untilCode(card);
    const code = await here.code();
    await look(card.recoveryId);
    await card.does({ type: 'code.submit', code });
    await here.request('POST', '/sandbox/faults', {}, { port: 'setPassword', fault: 'hangs', times: 1 });
    await card.send(newPassword('294817'));
    await look(card.recoveryId);
    const asked = await here.owner('a2', 'device-two');
    await asked.does({ type: 'path.choose', path: 'securityContacts' });
    await asked.does({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
    await look(asked.recoveryId);
    const quiz = await here.owner('a3');
    const { details } = await quiz.does({ type: 'path.choose', path: 'transactionHistory' });
    const [first] = ((details ?? {}) as { questions?: { id: string }[] }).questions ?? [];
    await quiz.does({ type: 'quiz.answer', questionId: first?.id, answer: 'a secret guess' }).catch(() => {});
    await look(quiz.recoveryId);
    expect(texts).toHaveLength(4);
    for (const text of texts) {
      expect(text).not.toMatch(
        /"(account|device|deviceId|input|password|grades|questions|contactIds|cardId|event":"\{)"/,
      );
      for (const secret of [code, '294817', 'device-', '13800000000', '"c1"', '"h1"', '"k1"', 'secret guess']) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

describe('the inspector’s list', () => {
  test('is searched by state, path, id and account; the newest first, page by page', async () => {
    const { here, list } = await withAuditor();
    const owners = [];
    for (const account of ['a1', 'a2', 'a3', 'a4', 'a5']) {
      owners.push(await here.owner(account, 'd1'));
      await here.advance('1s');
    }
    const ids = owners.map(({ recoveryId }) => recoveryId);
    await owners[1]?.does({ type: 'path.choose', path: 'voice' });
    await owners[2]?.does({ type: 'recovery.cancel' });
    const found = async (query: string) => (await list(query)).recoveries.map(({ accountId }) => accountId);
    expect(await found('')).toEqual(['a5', 'a4', 'a3', 'a2', 'a1']);
    expect(await found('?path=voice')).toEqual(['a2']);
    expect(await found('?search=CHOOSING')).toEqual(['a5', 'a4', 'a1']);
    expect(await found('?search=%25')).toEqual([]);
    expect(await found('?search=a4')).toEqual(['a4']);
    expect(await found(`?search=${ids[0]}`)).toEqual(['a1']);
    expect(await found('?status=done')).toEqual(['a3']);
    const pages: string[][] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await list(`?limit=2${after === undefined ? '' : `&after=${after}`}`);
      pages.push(page.recoveries.map(({ accountId }) => accountId));
      after = page.after;
      more = after !== undefined;
    }
    expect(pages).toEqual([['a5', 'a4'], ['a3', 'a2'], ['a1']]);
    expect((await list('?limit=1')).recoveries[0]?.nextDue).toBeGreaterThan((await list()).now);
  });

  test('finds what is overdue: left by a host that cannot go on with it', async () => {
    const { here, headers } = await withAuditor();
    const { recoveryId } = await here.owner();
    const get = async () => (await here.request<InspectedList>('GET', `${API}/recoveries?overdue=true`, headers)).body;
    expect((await get()).recoveries).toEqual([]);
    await here.service.stop();
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(here.file);
    db.prepare('update recoveries set machine_version = ?').run('of-yore');
    db.prepare('update timers set due_at = 1').run();
    db.close();
    await here.restart();
    expect((await get()).recoveries).toMatchObject([{ recoveryId, nextDue: 1, machineVersion: 'of-yore' }]);
  });

  test('of the API goes on behind the last one', async () => {
    const { here, headers } = await withAuditor();
    for (const account of ['a1', 'a2', 'a3']) await here.begin(account);
    const all = (await here.request<{ recoveryId: string }[]>('GET', '/v1/recoveries', headers)).body;
    const first = (await here.request<{ recoveryId: string }[]>('GET', '/v1/recoveries?limit=1', headers)).body;
    const after = `/v1/recoveries?after=${first[0]?.recoveryId}`;
    expect([...first, ...(await here.request<object[]>('GET', after, headers)).body]).toEqual(all);
  });
});

describe('a recovery in the inspector', () => {
  test('has its history, its timers, its contexts and its calls with tries', async () => {
    const { here, get } = await withAuditor();
    await here.request('POST', '/sandbox/faults', {}, { port: 'setPassword', fault: 'hangs' });
    const owner = await here.owner();
    await untilPassword(here, owner);
    await owner.send(newPassword());
    const seen = await get(owner.recoveryId);
    expect(seen).toMatchObject({
      state: 'settingPassword.setting',
      status: 'active',
      context: { '': { path: 'bankCard' } },
    });
    expect(seen.calls.filter(({ kind }) => kind === 'awaited')).toMatchObject([{ port: 'setPassword', tries: 0 }]);
    expect(seen.timers.map(({ name }) => name)).toContain('recovery');
    expect(seen.history.map(({ seq }) => seq)).toEqual(seen.history.map((_, index) => index + 1));
    const later = await get(owner.recoveryId, `?after=${seen.history.length - 1}`);
    expect(later.history.slice(0, 1)).toEqual(seen.history.slice(-1)); // a notice may have been answered meanwhile
    expect(later.history.length).toBeLessThan(seen.history.length);
  });

  test('is announced when it changes; the stream ends with the service', async () => {
    const { here, headers } = await withAuditor();
    const response = await fetch(`${here.url}${API}/stream`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (part: string) => {
      while (!text.includes(part)) {
        const { done, value = '' } = (await reader?.read()) ?? { done: true };
        if (done) throw new Error(`it ended without ${part}`);
        text += value;
      }
    };
    await until('"recoveryIds":[]');
    const { recoveryId } = await here.owner();
    await until(recoveryId);
    await here.service.stop();
    await expect(until('never')).rejects.toThrow('it ended');
  });

  test.each(['?limit=0', '?limit=x', '?status=gone', '?after=%00', '?overdue=no'])('refuses %s', async (query) => {
    const { here, headers } = await withAuditor();
    expect(await here.request('GET', `${API}/recoveries${query}`, headers)).toMatchObject({ status: 400 });
  });
});
