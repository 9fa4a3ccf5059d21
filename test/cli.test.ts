import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { policyOf } from '../machines/policy.ts';
import { parseScenario } from '../src/scenario/load.ts';
import { runScenario } from '../src/scenario/run.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { regainIn } from './regain.ts';

const folder = mkdtempSync(join(tmpdir(), 'regain-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const regain = (...args: string[]) => regainIn(folder, args);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const GOOD = `title: a good one
now: '2026-03-02T10:00:00+08:00'
account: { cards: [] }
policy: { contacts: { quorum: 2 } }
ports:
  checkCode: [{ ok: true }]
steps:
  - expect: { state: choosing, ineligible: { bankCard: noCard } }
  - send: { type: path.choose, path: securityContacts }
  - expect: { state: verifying.securityContacts.initiating }
`;

describe('regain run', () => {
  test('exits 0 when all hold, and prints a timeline of a single file', () => {
    const { status, stdout } = regain('run', file('good.yaml', GOOD));
    expect(stdout).toMatch(/10:00:00 {5}path\.choose securityContacts +→ choosing\.rechecking/);
    expect(stdout).toContain('1 scenarios: 1 hold, 0 do not');
    expect(status).toBe(0);
  });

  test('prints one line a scenario and a summary for several files', () => {
    const { status, stdout } = regain('run', file('a.yaml', GOOD), file('b.yaml', GOOD));
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(status).toBe(0);
  });

  test('exits 1 when one does not hold, and says what was found', () => {
    const { status, stdout } = regain('run', file('wrong.yaml', GOOD.replace('noCard', 'phoneMismatch')));
    expect(stdout).toContain('expected {"bankCard":"phoneMismatch"}, found {"bankCard":"noCard"}');
    expect(status).toBe(1);
  });

  test('--json prints one document a scenario', () => {
    const { status, stdout } = regain('run', '--json', file('good.yaml', GOOD), file('good2.yaml', GOOD));
    const documents = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents).toHaveLength(2);
    expect(Object.keys(documents[0])).toEqual(['title', 'ok', 'outcome', 'path', 'state', 'expectations', 'trace']);
    expect(documents[0].expectations[0]).toMatchObject({ ok: true, step: 1, expected: { state: 'choosing' } });
    expect(documents[0].trace[0]).toEqual({
      at: '2026-03-02T10:00:00+08:00',
      input: 'start',
      state: 'assessing.loading',
    });
    expect(status).toBe(0);
  });

  test.each([
    ['an event name', 'path.choose', 'path.chose', 9, "did you mean 'path.choose'?"],
    ['a port', 'checkCode', 'chekCode', 6, "did you mean 'checkCode'?"],
    ['a policy key', 'quorum: 2', 'quorom: 2', 4, 'quorom'],
    ['a policy figure', 'quorum: 2', 'quorum: 9', 4, 'must be at most contacts.maxPreset (5)'],
    ['a date', '2026-03-02T', '2026-02-30T', 2, 'expected a real date'],
    ['a path', 'path: securityContacts', 'path: securityContact', 9, "did you mean 'securityContacts'?"],
    ['an account field', 'cards: []', 'card: []', 3, "did you mean 'cards'?"],
    ['a state', 'securityContacts.initiating', 'securityContacts.initating', 10, 'securityContacts.initiating'],
    ['a step', '- send:', '- sent:', 9, 'sent'],
    ['an answer', '{ ok: true }', '{ ok: perhaps }', 6, 'ports.checkCode.0.ok'],
    ['YAML', 'steps:', 'steps: [', 7, ''],
  ])('exits 2 for a typo in %s, with the line and what would be right', (_, right, wrong, line, hint) => {
    const { status, stderr } = regain('run', file('typo.yaml', GOOD.replace(right, wrong)));
    expect(stderr).toContain('typo.yaml:');
    expect(stderr).toContain(hint);
    if (right !== 'steps:') expect(stderr).toContain(`typo.yaml:${line}:`);
    expect(status).toBe(2);
  });

  test('exits 2 for a file that is not there, and still runs the others', () => {
    const { status, stdout, stderr } = regain('run', 'missing.yaml', file('good.yaml', GOOD));
    expect(stderr).toContain('missing.yaml: cannot be read: no such file or directory');
    expect(stdout).toContain('1 hold');
    expect(status).toBe(2);
  });

  test('--policy is laid under what a scenario says itself', () => {
    const late = GOOD.replace('policy: { contacts: { quorum: 2 } }\n', '').concat(
      '  - wait: 6m\n  - expect: { state: choosing }\n',
    );
    const policy = file('slow.yaml', 'contacts: { askUntil: 10m }\n');
    expect(regain('run', file('late.yaml', late)).status).toBe(0);
    expect(regain('run', '--policy', policy, file('late.yaml', late)).status).toBe(1);
    expect(
      regain('run', '--policy', file('bad.yaml', 'contacts: { askUntil: soon }\n'), file('late.yaml', late)).status,
    ).toBe(2);
  });

  test('exits 2 for an unknown option', () => {
    expect(regain('run', '--jsno', 'x.yaml').status).toBe(2);
  });
});

describe('regain relay', () => {
  test.each(['some', '70000', '-1'])('takes no port %s', (port) => {
    const { status, stderr } = regain('relay', `--port=${port}`);
    expect(stderr).toContain(`argument '${port}' is invalid. Expected a number from 0 to 65535.`);
    expect(status).toBe(2);
  });
});

describe('regain policy', () => {
  test('prints defaults that are a valid policy file, with the section of each figure', () => {
    const { status, stdout } = regain('policy');
    expect(policyOf(parse(stdout))).toEqual(policyOf());
    expect(stdout).toContain('opensAt: 45m # spec 3.4, seed');
    expect(stdout).toContain('limitFen: 50000 # spec 3.8, seed: in one payment');
    expect(status).toBe(0);
  });

  test('every figure names its section', () => {
    const { stdout } = regain('policy', '--profile', 'strict');
    const figures = stdout.split('\n').filter((line) => /^\s*\w+: \S/.test(line) && !/^\s{6,}/.test(line));
    expect(figures.length).toBeGreaterThan(50);
    const bare = figures.filter((line) => !line.includes('# spec'));
    // Figures of one kind of bank, and the counts of questions, stand under the note of their group.
    expect(
      bare.filter((line) => !/^ {4}(within|attemptsPerDay|quickPay|credit|debit|amount|merchant|time)/.test(line)),
    ).toEqual([]);
  });

  test('--check says what is wrong and where', () => {
    const bad = regain('policy', '--check', file('policy.yaml', 'voice:\n  opensAt: "25:00"\n'));
    expect(bad.stderr).toContain('policy.yaml:2: voice.opensAt: expected a time of day such as 08:00');
    expect(bad.status).toBe(2);
    const good = regain('policy', '--check', file('policy.yaml', 'contacts: { quorum: 3 }\n'));
    expect(good.status).toBe(0);
  });
});

describe('regain audit verify', () => {
  test('exits 0 when every trail is as it was written, 1 when not, 2 without a file', async () => {
    const store = join(folder, 'store.sqlite');
    await runScenario(parseScenario('good.yaml', GOOD), { file: store });
    expect(regain('audit', 'verify', 'store.sqlite')).toMatchObject({ status: 0 });
    const raw = new Database(store);
    raw.exec('delete from audit where seq = 3');
    raw.close();
    const { status, stdout } = regain('audit', 'verify', 'store.sqlite');
    expect(stdout).toContain('entry 3: missing');
    expect(status).toBe(1);
    expect(regain('audit', 'verify', 'none.sqlite').status).toBe(2);
  });
});

describe('regain audit checkpoint', () => {
  test('R53: a checkpoint shows a trail that was taken out since; a file that is none exits 2', async () => {
    const store = join(folder, 'kept.sqlite');
    await runScenario(parseScenario('good.yaml', GOOD), { file: store });
    const { status, stdout } = regain('audit', 'checkpoint', 'kept.sqlite');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).heads).toMatchObject([{ recoveryId: 'r1', seq: expect.any(Number) }]);
    file('checkpoint.json', stdout);
    expect(regain('audit', 'verify', 'kept.sqlite', '--against', 'checkpoint.json').status).toBe(0);
    const raw = new Database(store);
    raw.pragma('foreign_keys = OFF');
    raw.exec('delete from audit; delete from timers; delete from requests; delete from recoveries');
    raw.close();
    expect(regain('audit', 'verify', 'kept.sqlite').status).toBe(0);
    const found = regain('audit', 'verify', 'kept.sqlite', '--against', 'checkpoint.json');
    expect(found.stdout).toContain('removed (the trail is gone since the checkpoint)');
    expect(found.status).toBe(1);
    for (const [text, hint] of [
      ['{', 'is no checkpoint'],
      [stdout.replace('"hash": "', '"hash": "x'), 'heads.0.hash: expected a SHA-256'],
    ] as const) {
      const wrong = regain('audit', 'verify', 'kept.sqlite', '--against', file('wrong.json', text));
      expect(wrong.stderr).toContain(hint);
      expect(wrong.status).toBe(2);
    }
    expect(regain('audit', 'verify', 'kept.sqlite', '--against', 'nowhere.json').status).toBe(2);
  });

  test('is not made of trails that are not as they were written', async () => {
    const store = join(folder, 'tampered.sqlite');
    await runScenario(parseScenario('good.yaml', GOOD), { file: store });
    const raw = new Database(store);
    raw.exec('update audit set at = at + 1 where seq = 2');
    raw.close();
    const { status, stdout, stderr } = regain('audit', 'checkpoint', 'tampered.sqlite');
    expect(stdout).toBe('');
    expect(stderr).toContain('entry 2: changed');
    expect(status).toBe(1);
  });
});

describe('regain inspect and backup', () => {
  const SECRET = '506172';
  async function heldStore(name: string) {
    const path = join(folder, name);
    const scenario = parseScenario(
      'held.yaml',
      `title: a password that is being set
now: '2026-03-02T10:00:00+08:00'
profile: source
ports: { setPassword: [{ hangs: true }], checkCode: [{ ok: true }] }
steps:
  - send: { type: path.choose, path: bankCard }
  - send: { type: bankCard.submit, cardId: c1, holderRef: holder-reference }
  - send: { type: code.submit, code: '918273' }
  - send: { type: password.submit, password: '${SECRET}', confirmation: '${SECRET}' }
`,
    );
    await runScenario(scenario, { file: path });
    return path;
  }

  test('show and copy a store that a host has open; no secret is shown', async () => {
    const path = await heldStore('held.sqlite');
    const store = await openSqlite(path);
    const shown = regain('inspect', 'r1', '--store', path);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(
      /settingPassword\.setting.*timers: \d+.*calls in the outbox: 1.*\/setPassword\/1.*audit trail/s,
    );
    const json = JSON.parse(regain('inspect', 'r1', '--store', path, '--json').stdout);
    expect(json).toMatchObject({ recovery: { id: 'r1' }, requests: [{ port: 'setPassword', kind: 'awaited' }] });
    expect(JSON.stringify(json)).not.toMatch(/sealed|506172/);

    expect(regain('backup', path, 'copy.sqlite')).toMatchObject({ status: 0 });
    await store.close();
    expect(regain('audit', 'verify', 'copy.sqlite').status).toBe(0);
    const copied = JSON.parse(regain('inspect', 'r1', '--store', 'copy.sqlite', '--json').stdout);
    expect(copied).toEqual(json);
    const again = await openSqlite(join(folder, 'copy.sqlite')); // what is copied can be gone on with
    expect((await again.load('r1'))?.recovery.state).toBe('settingPassword.setting');
    await again.close();
  });

  test('say what is wrong with what they are given', async () => {
    const path = await heldStore('other.sqlite');
    expect(regain('inspect', 'r9', '--store', path)).toMatchObject({
      status: 1,
      stderr: `${path} has no recovery 'r9'\n`,
    });
    expect(regain('inspect', 'r1', '--store', 'nowhere.sqlite').status).toBe(2);
    expect(regain('inspect', 'r1', '--store', file('text.sqlite', 'no database')).status).toBe(2);
    expect(regain('backup', 'nowhere.sqlite', 'x.sqlite')).toMatchObject({ status: 2 });
    expect(regain('backup', path, path).stderr).toContain('is there already');
    const damaged = readFileSync(path).fill(0xa5, 8_192);
    writeFileSync(join(folder, 'damaged.sqlite'), damaged);
    expect(regain('backup', 'damaged.sqlite', 'y.sqlite')).toMatchObject({ status: 1 });
    expect(existsSync(join(folder, 'y.sqlite'))).toBe(false);
  });
});

describe('regain paths', () => {
  test('tells which paths an account may use and why not the others', () => {
    const facts = file('facts.yaml', 'cards: []\nvalidTransactions: 19\n');
    const { status, stdout } = regain('paths', facts, '--json', '--at', '2026-03-02T10:00:00+08:00');
    const reasons = Object.fromEntries(
      JSON.parse(stdout).map(({ path, reason }: { path: string; reason: string | null }) => [path, reason]),
    );
    expect(reasons).toMatchObject({
      bankCard: 'noCard',
      idCard: null,
      transactionHistory: 'tooFewTransactions',
      appeal: 'notLastResort',
    });
    expect(status).toBe(0);
  });

  test('exits 2 for an unknown field', () => {
    const { status, stderr } = regain('paths', file('facts.yaml', 'phone: "1"\nvoicprint: {}\n'));
    expect(stderr).toContain("did you mean 'voiceprint'?");
    expect(status).toBe(2);
  });
});
