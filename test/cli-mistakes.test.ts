import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../src/scenario/load.ts';
import { runScenario } from '../src/scenario/run.ts';
import { regainIn } from './regain.ts';

/** What people mistype, and what is not there: each is told in a line or two, with what would be right, and exits 2. */

const folder = mkdtempSync(join(tmpdir(), 'regain-mistakes-'));
const KEY = '1'.repeat(32);
const PRODUCTION = {
  REGAIN_KEYS_SEALING: KEY,
  REGAIN_KEYS_TOKENS: JSON.stringify([{ id: 'k1', key: KEY }]),
  REGAIN_PORTS_URL: 'http://127.0.0.1:1/',
  REGAIN_PORTS_SECRET: KEY,
  REGAIN_PORT: '0',
  REGAIN_STORE: 'production.sqlite',
};
const STAFF = { ...PRODUCTION, REGAIN_STAFF_ISSUER: 'idp' };
const SCENARIO = `title: a choice
now: '2026-03-02T10:00:00+08:00'
steps:
  - send: { type: path.choose, path: voice }
`;

beforeAll(async () => {
  for (const [name, text] of Object.entries({
    'text.txt': 'no database',
    'empty.json': '{}',
    'facts.yaml': 'cards: []\n',
    'good.yaml': SCENARIO,
    'policy.yaml': 'contacts: { quorum: 3 }\n',
    'no-path.yaml': SCENARIO.replace(', path: voice', ''),
    'no-type.yaml': SCENARIO.replace('type: path.choose, ', ''),
    'coverage.json': JSON.stringify({ format: 'regain-coverage' }),
    'no-checks.mjs': 'export const nothing = 1;\n',
  }))
    writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'folder'));
  await runScenario(parseScenario('good.yaml', SCENARIO), { file: join(folder, 'store.sqlite') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TRACE = /^\s+at .*[:(]\d+/m;
const LINES = 3; // an error, what may have been meant, and where help is

function expectTold(args: readonly string[], told: string, env: Record<string, string> = {}): void {
  const { status, stderr } = regainIn(folder, args, env);
  expect(stderr).toContain(told);
  expect(stderr).not.toMatch(TRACE);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(LINES);
  expect(status).toBe(2);
}

describe('a mistake is told, and exits 2', () => {
  test.each([
    ['backup text.txt copy', 'text.txt cannot be copied to copy: file is not a database'],
    ['backup folder copy', 'folder cannot be copied to copy: '],
    ['backup store.sqlite nowhere/copy', 'nowhere/copy cannot be written: nowhere: no such file or directory'],
    ['serve --sandbox --store folder', 'folder cannot be used'],
    ['coverage --json nowhere/x good.yaml', 'nowhere/x cannot be written: nowhere: no such file or directory'],
    ['coverage --html folder good.yaml', 'folder cannot be written: it is a folder, expected a file'],
    ['coverage --cobertura nowhere/x good.yaml', 'nowhere/x cannot be written'],
    ['coverage --threshold 101 good.yaml', "'101' is invalid. Expected a percentage from 0 to 100."],
    ['coverage', 'nothing to count'],
    ['coverage coverage.json', 'coverage.json: no coverage: version: '],
    [
      'audit verify store.sqlite --against empty.json',
      'empty.json is no checkpoint: madeAt: is missing: expected string',
    ],
    ['mutate --max-minutes foo', "'foo' is invalid. Expected a number of minutes above 0."],
    ['mutate --max-minutes 0', "'0' is invalid. Expected a number of minutes above 0."],
    ['mutate --processes 0', "'0' is invalid. Expected a whole number from 1."],
    ['mutate --threshold x', "'x' is invalid. Expected a percentage from 0 to 100."],
    ['mutate --threshold=', "'' is invalid. Expected a percentage from 0 to 100."],
    ['mutate --checks nofile.mjs', 'nofile.mjs: cannot be loaded: '],
    ['mutate --checks no-checks.mjs', 'no-checks.mjs: has no function as its default export'],
    ['mutate --machine voic', "unknown machine 'voic'; did you mean 'voice'?"],
    ['mutate --json nowhere/x', 'nowhere/x cannot be written'],
    [
      'paths --at yesterday facts.yaml',
      "'yesterday' is invalid. Expected a date and time with an offset: 2026-03-02T10",
    ],
    ['paths --at 2026-03-02T10:00:00 facts.yaml', 'Expected a date and time with an offset'],
    ['paths --risk foo facts.yaml', "'foo' is invalid. Allowed choices are low, medium, high."],
    ['policy --profile foo', 'Allowed choices are source, strict.'],
    ['policy --profile strict --check policy.yaml', 'cannot be used with option'],
    ['run --profile foo good.yaml', 'Allowed choices are source, strict.'],
    ['run --policy nofile.yaml good.yaml', 'nofile.yaml: cannot be read: no such file or directory\n'],
    ['run nofile.yaml', 'nofile.yaml: cannot be read: no such file or directory\n'],
    ['run --paths nofile.js good.yaml', 'nofile.js: cannot be loaded: '],
    ['run no-path.yaml', 'no-path.yaml:4: steps.0.send.path: is missing: expected one of bankCard, '],
    ['run no-type.yaml', 'no-type.yaml:4: steps.0.send.type: is missing: expected string'],
    ['serv', "unknown command 'serv'\n(Did you mean serve?)"],
  ])('%s', (line, told) => expectTold(line.split(' '), told));

  test.each<[string, Record<string, string>, string]>([
    ['no name of a host', { ...PRODUCTION, REGAIN_HOST: 'no.such.invalid' }, 'cannot listen on no.such.invalid:0'],
    ['an address of another machine', { ...PRODUCTION, REGAIN_HOST: '192.0.2.7' }, 'cannot listen on 192.0.2.7:0'],
    [
      'no file of keys',
      { ...STAFF, REGAIN_STAFF_KEYS: 'none.json' },
      'staff.keys: none.json is no JSON Web Key Set: no such',
    ],
    [
      'a file without keys',
      { ...STAFF, REGAIN_STAFF_KEYS: 'empty.json' },
      'staff.keys: empty.json is no JSON Web Key Set: keys: is missing: expected array',
    ],
    [
      'a field that is missing',
      { ...PRODUCTION, REGAIN_RESTATE_INGRESS: 'http://127.0.0.1:1' },
      'restate.admin: is missing: expected string',
    ],
    [
      'a database on no machine',
      { ...PRODUCTION, REGAIN_STORE: 'postgres://no.such.invalid/x' },
      'postgres://no.such.invalid/x cannot be used: getaddrinfo',
    ],
    ['no setting', { REGAIN_PROT: '1' }, "REGAIN_PROT is no setting; did you mean 'REGAIN_PORT'?"],
  ])('serve with %s', (_, env, told) => expectTold(['serve'], told, env));

  test('serve without a Restate that is there', async () => {
    const admin = `http://127.0.0.1:${await portOfNobody()}`;
    expectTold(['serve'], `restate.admin ${admin}: Restate cannot be reached there: connect ECONNREFUSED`, {
      ...PRODUCTION,
      REGAIN_RESTATE_ADMIN: admin,
      REGAIN_RESTATE_INGRESS: admin,
      REGAIN_RESTATE_LISTEN_PORT: '0',
    });
  });
});

/** A port on which nobody listens any more. */
async function portOfNobody(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('an error that nobody thought of keeps its trace', () => {
  writeFileSync(join(folder, 'broken.mjs'), 'export default () => { throw new TypeError("not thought of"); };\n');
  const args = ['mutate', '--machine', 'voice', '--scenarios', 'good.yaml', '--checks', 'broken.mjs'];
  const { status, stderr } = regainIn(folder, args);
  expect(stderr).toMatch(/not thought of/);
  expect(stderr).toMatch(TRACE);
  expect(status).toBe(2);
});

test('mutate says of a machine for which there was no time that it was not judged', () => {
  const { status, stdout } = regainIn(folder, [
    'mutate',
    '--machine',
    'voice',
    '--scenarios',
    'good.yaml',
    '--max-minutes',
    '0.0001',
  ]);
  expect(stdout).toMatch(/^voice +not judged: \d+ mutants\n$/);
  expect(status).toBe(1);
});

test('--version prints the version of the package', () => {
  expect(regainIn(folder, ['--version'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
