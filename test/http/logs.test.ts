import { describe, expect, test } from 'vitest';
import { ServiceConfig } from '../../src/http/config.ts';
import { loggerOf } from '../../src/http/service.ts';
import { newPassword, Running, untilPassword } from './service.ts';

/** A service whose log, as it is in production, is kept at its finest. */
async function logged() {
  const lines: string[] = [];
  const config = ServiceConfig.parse({ mode: 'sandbox', logLevel: 'trace' });
  const log = loggerOf(config, { write: (line) => void lines.push(line) });
  return { here: await Running.start({ logLevel: 'trace' }, log), lines };
}

describe('the log', () => {
  test('R6, R9: holds no secret of a whole recovery, also where it fails', async () => {
    const { here, lines } = await logged();
    const owner = await here.owner();
    await here.request('POST', '/sandbox/faults', {}, { port: 'checkCode', fault: 'throws', times: 1 });
    await untilPassword(here, owner).catch(() => {});
    const code = await here.code();
    await owner.does({ type: 'code.submit', code });
    await owner.send(newPassword('385927').type === '' ? {} : { ...newPassword('385927'), extra: '385927' });
    await owner.send({ type: 'password.submit 385927' });
    await owner.send('{"type":"password.submit","password":"385927"');
    await owner.send(newPassword('385927'), { 'Idempotency-Key': 'key-marked', 'If-Match': '"0"' });
    await owner.does(newPassword('385927'));
    const staff = await here.staff('7', 'agent');
    await here.request('GET', '/v1/recoveries', staff);
    await here.request('GET', `/v1/recoveries/x?token=query-marked`, { Authorization: 'Bearer forged-marked' });
    const cancel = (await here.notices()).at(-1)?.cancelToken ?? '';
    await here.service.stop();
    const log = lines.join('');
    expect(await here.request('GET', '/health').catch(() => 'gone')).toBe('gone');
    expect(log).toContain('"route":"/v1/recoveries/:recoveryId/events"');
    const secrets = [
      code,
      '385927',
      'key-marked',
      'query-marked',
      'forged-marked',
      cancel,
      staff.Authorization,
      owner.headers.Authorization,
    ];
    for (const secret of secrets) expect(log).not.toContain(secret?.replace('Bearer ', '').slice(-24));
    expect(code).toMatch(/^\d{6}$/);
  });

  test('R57: what is sent forges no line', async () => {
    const { here, lines } = await logged();
    const forged = '\n{"level":60,"msg":"forged"}\r\n\u2028\u001b[2J';
    await here.begin(`a1${forged}`, `d1${forged}`);
    const owner = await here.owner();
    await owner.send({ type: `path.choose${forged}`, path: forged });
    await owner.send({ type: 'path.choose', path: forged });
    await owner.get({ Prefer: 'wait=0;\tforged', 'Accept-Language': 'en"forged' });
    await here.request('GET', `/none${encodeURIComponent(forged)}`);
    await here.request('GET', `/v1/recoveries?state=${encodeURIComponent(forged)}`);
    await here.request('POST', '/sandbox/accounts', {}, { accountId: 'a3', [forged]: 1 });
    await here.service.stop();
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toMatchObject({ name: 'regain' });
    }
    expect(lines.join('')).not.toContain('forged');
  });

  test('tells of what failed, with its route', async () => {
    const { here, lines } = await logged();
    const owner = await here.owner();
    here.service.recoveries.get = async () => {
      throw new Error('a fault of the store');
    };
    const { status, text } = await owner.get();
    expect(status).toBe(500);
    expect(text).not.toContain('a fault of the store');
    const [failed] = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(failed).toMatchObject({ route: '/v1/recoveries/:recoveryId', err: { message: 'a fault of the store' } });
  });
});
