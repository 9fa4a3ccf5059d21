import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/http/config.ts';
import { temporaryFolder } from './service.ts';

function file(text: string): string {
  const path = join(temporaryFolder(), 'regain.yaml');
  writeFileSync(path, text);
  return path;
}

const KEY = 'k'.repeat(32);
const sandbox = { REGAIN_MODE: 'sandbox' };
const messageOf = async (loading: Promise<unknown>): Promise<string> => {
  const error: unknown = await loading.catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${error}`);
  return error.message;
};

describe('a configuration', () => {
  test('is the environment over the file over the defaults', async () => {
    const path = file('mode: sandbox\nport: 9000\nlimits: { startsByAccount: { most: 3 } }\ntokens: { owner: 2d }\n');
    const env = {
      REGAIN_PORT: '9001',
      REGAIN_TOKENS_CONTACT: '1h',
      REGAIN_LIMITS_STARTS_BY_ACCOUNT_SPAN: '30m',
      PATH: '/bin',
    };
    const config = await loadConfig(env, path);
    expect(config).toMatchObject({ mode: 'sandbox', port: 9001, host: '127.0.0.1', synchronous: 'FULL' });
    expect(config.limits.startsByAccount).toEqual({ most: 3, span: 30 * 60_000 });
    expect(config.tokens).toEqual({ owner: 2 * 86_400_000, contact: 3_600_000, cancel: 30 * 86_400_000 });
  });

  test('may be named by the environment, and the command line is over all', async () => {
    const path = file('port: 9000\n');
    const config = await loadConfig({ REGAIN_CONFIG: path, REGAIN_PORT: '9001' }, undefined, {
      mode: 'sandbox',
      port: 9002,
    });
    expect(config).toMatchObject({ mode: 'sandbox', port: 9002 });
  });

  test('for production is not started as a sandbox, nor is a sandbox where others reach it', async () => {
    const asSandbox = loadConfig({ REGAIN_MODE: 'production' }, undefined, { mode: 'sandbox' });
    await expect(asSandbox).rejects.toThrow('is for production');
    await expect(loadConfig({ REGAIN_MODE: 'sandbox', REGAIN_HOST: '0.0.0.0' })).rejects.toThrow('host: a sandbox');
    const keys = JSON.stringify([1, 2].map(() => ({ id: '1', key: KEY })));
    await expect(loadConfig({ REGAIN_MODE: 'sandbox', REGAIN_KEYS_TOKENS: keys })).rejects.toThrow('an id of its own');
  });

  test('takes lists as JSON, and texts that look like numbers as texts', async () => {
    const keys = [{ id: '1', key: KEY }];
    const config = await loadConfig({
      REGAIN_KEYS_TOKENS: JSON.stringify(keys),
      REGAIN_KEYS_SEALING: '1'.repeat(32),
      REGAIN_PORTS_URL: 'http://127.0.0.1:1/ports',
      REGAIN_PORTS_SECRET: KEY,
    });
    expect(config.mode).toBe('production');
    expect(config.keys).toEqual({ sealing: '1'.repeat(32), tokens: keys });
    expect(config.ports).toEqual({ url: 'http://127.0.0.1:1/ports', secret: KEY });
  });

  test('is refused in production without keys and ports, each named', async () => {
    const message = await messageOf(loadConfig({}));
    for (const field of ['keys.sealing', 'keys.tokens', 'ports'])
      expect(message).toContain(`  ${field}: needed in production`);
    const half = await messageOf(loadConfig({ REGAIN_KEYS_SEALING: KEY }));
    expect(half).not.toContain('keys.sealing');
  });

  test.each([
    ['REGAIN_PROT', '1', "REGAIN_PROT is no setting; did you mean 'REGAIN_PORT'?"],
    ['REGAIN_PORT', '70000', '  port: '],
    ['REGAIN_PORT', 'http', '  port: '],
    ['REGAIN_MODE', 'test', '  mode: '],
    ['REGAIN_TOKENS_OWNER', 'soon', '  tokens.owner: expected a duration'],
    ['REGAIN_LIMITS_EVENTS_BY_ADDRESS_MOST', '0', '  limits.eventsByAddress.most: '],
    ['REGAIN_KEYS_SEALING', 'short', '  keys.sealing: '],
    ['REGAIN_KEYS_TOKENS', '[]', '  keys.tokens: '],
    ['REGAIN_KEYS_TOKENS', '[{"id":"k1","key":"short"}]', '  keys.tokens.0.key: '],
    ['REGAIN_METRICS_TOKEN', 'short', '  metricsToken: '],
    ['REGAIN_TRUSTED_PROXIES', '-1', '  trustedProxies: '],
    ['REGAIN_CHECK_STORE', 'yes', '  checkStore: '],
    ['REGAIN_BODY_LIMIT', '1e99', '  bodyLimit: '],
  ])('is refused with %s=%s, which is named', async (name, value, message) => {
    expect(await messageOf(loadConfig({ ...sandbox, [name]: value }))).toContain(message);
  });

  test('is refused with a file that has unknown fields, is none, or is not there', async () => {
    expect(await messageOf(loadConfig(sandbox, file('prot: 1\n')))).toMatch(
      /in .*regain\.yaml cannot be used:[\s\S]*prot/,
    );
    expect(await messageOf(loadConfig(sandbox, file('limits: { startsByAcount: { most: 1 } }\n')))).toContain(
      'startsByAcount',
    );
    expect(await messageOf(loadConfig(sandbox, file('port: [\n')))).toContain('cannot be read');
    expect(await messageOf(loadConfig(sandbox, file('- port\n')))).toContain('no settings');
    expect(await messageOf(loadConfig(sandbox, file('tokens: 7\n')))).toContain('tokens');
    expect(await messageOf(loadConfig(sandbox, '/nowhere/regain.yaml'))).toContain(
      '/nowhere/regain.yaml cannot be read',
    );
  });

  test('R9: says nothing of a secret that it refuses', async () => {
    const message = await messageOf(
      loadConfig({ ...sandbox, REGAIN_KEYS_SEALING: 'marked-secret', REGAIN_METRICS_TOKEN: 'marked-token' }),
    );
    expect(message).not.toContain('marked');
  });

  test('a setting laid over what the file has no place for is told', async () => {
    expect(await messageOf(loadConfig({ ...sandbox, REGAIN_TOKENS_OWNER: '1h' }, file('tokens: 7\n')))).toContain(
      'tokens',
    );
  });
});
