import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createActor } from 'xstate';
import { loadScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { below } from '../../src/testing/coverage/report.ts';
import {
  CoverageRecorder,
  coberturaOf,
  coverageHtml,
  coverageReport,
  coverageTable,
  mergeCoverage,
  parseCoverage,
  subtractCoverage,
  uncoveredLines,
} from '../../src/testing/index.ts';
import { door } from './suite/machine.ts';

const ROOT = join(import.meta.dirname, '../..');

function walked(...events: { type: string; key?: string }[]) {
  const coverage = new CoverageRecorder();
  const actor = createActor(coverage.watch(door), { inspect: coverage.inspect }).start();
  for (const event of events) actor.send(event);
  return coverage.data;
}

const opened = walked({ type: 'OPEN', key: 'right' });
const tried = walked({ type: 'OPEN', key: 'wrong' });

describe('coverage', () => {
  test('of several runs is their sum', () => {
    const { door: hits } = mergeCoverage(opened, tried, opened).machines;
    expect(hits?.states).toEqual({ door: 3, 'door.shut': 3, 'door.open': 2 });
    expect(hits?.guards).toEqual({ 'door.shut OPEN 0 true': 2, 'door.shut OPEN 0 false': 1 });
    expect(opened.machines.door?.states).toEqual({ door: 1, 'door.shut': 1, 'door.open': 1 });
  });

  test('of which another is taken away is what that one never met', () => {
    const { door: hits } = subtractCoverage(opened, tried).machines;
    expect(hits?.states).toEqual({ 'door.open': 1 });
    expect(hits?.events).toEqual({});
    expect(hits?.guards).toEqual({ 'door.shut OPEN 0 true': 1 });
    expect(subtractCoverage(opened, mergeCoverage()).machines).toEqual(opened.machines);
  });

  test('is written as JSON and read again', () => {
    expect(parseCoverage(JSON.stringify(opened))).toEqual(opened);
    const recorder = new CoverageRecorder();
    recorder.add(opened);
    recorder.add(tried);
    expect(recorder.data).toEqual(mergeCoverage(opened, tried));
  });

  test.each([
    ['{', /not JSON/],
    ['[]', /expected object/],
    [JSON.stringify({ ...opened, version: 2 }), /version/],
    [
      JSON.stringify({ ...opened, machines: { door: { ...opened.machines.door, states: { a: -1 } } } }),
      /machines.door.states.a/,
    ],
    [JSON.stringify({ ...opened, machines: { door: { states: {} } } }), /machines.door.configurations/],
  ])('that cannot be read is refused: %.40s', (json, message) => {
    expect(() => parseCoverage(json)).toThrow(
      expect.objectContaining({ code: 'unreadable', message: expect.stringMatching(message) }),
    );
  });
});

describe('a report', () => {
  const reports = coverageReport(door, opened);

  test('counts what was met, of how much', () => {
    const [report] = reports;
    const counts = Object.entries(report?.tallies ?? {}).map(([kind, { covered, total }]) => [kind, covered, total]);
    expect(counts).toEqual([
      ['states', 3, 4],
      ['configurations', 2, 3],
      ['events', 1, 3],
      ['transitions', 1, 3],
      ['guards', 1, 2],
      ['delays', 0, 0],
      ['pairs', 0, 3],
    ]);
    expect(report?.tallies.states.percent).toBe(75);
    expect(report?.tallies.transitions.percent).toBe(33.3);
    expect(report?.tallies.delays.percent).toBe(100);
    expect(report?.unknown).toEqual([]);
  });

  test('as text has a line for each machine, and what is missing by state', () => {
    expect(coverageTable(reports).split('\n')).toEqual([
      'machine  states   configurations  events     transitions  guards   delays  pairs',
      'door     3/4 75%  2/3 66.6%       1/3 33.3%  1/3 33.3%    1/2 50%  none    0/3 0%',
    ]);
    expect([...uncoveredLines(reports)].join('\n').split('\n')).toEqual([
      '',
      'door: door.shut',
      '  guard         OPEN [code in place] → #door.open: never false',
      '',
      'door: door.open',
      '  event         SHUT',
      '  event         BREAK <&"',
      '  transition    SHUT → #door.shut',
      '  transition    BREAK <&" → #door.broken',
      '',
      'door: door.broken',
      '  state         never entered',
    ]);
    expect([...uncoveredLines(reports, true)].join('\n')).toContain(
      '  pair          SHUT → #door.shut, then door.shut: OPEN',
    );
  });

  test('tells what is below a percentage', () => {
    expect(below(reports, 50)).toEqual([
      { machine: 'door', kind: 'events' },
      { machine: 'door', kind: 'transitions' },
    ]);
    expect(below(reports, 0)).toEqual([]);
  });

  test('tells counts that are not of this chart', () => {
    const other = { ...opened, machines: { door: { ...opened.machines.door, states: { 'door.ajar': 1 } } } };
    const strange = coverageReport(door, other as typeof opened);
    expect(strange[0]?.unknown).toEqual(['door.ajar']);
    expect([...uncoveredLines(strange)][0]).toContain(
      "1 counts are of another version of its chart, such as 'door.ajar'",
    );
  });

  test('as Cobertura has a line for each state and transition, and guards as branches', () => {
    const xml = coberturaOf(reports, 1);
    const [, lines = ''] = /<\/methods>\s*<lines>(.*?)<\/lines>/s.exec(xml) ?? [];
    expect(lines.trim().split(/\s*\n\s*/)).toEqual([
      '<line number="1" hits="1" branch="false"/>', // door
      '<line number="2" hits="1" branch="false"/>', // door.shut
      '<line number="3" hits="1" branch="true" condition-coverage="50% (1/2)"/>',
      '<line number="4" hits="1" branch="false"/>', // door.open
      '<line number="5" hits="0" branch="false"/>',
      '<line number="6" hits="0" branch="false"/>',
      '<line number="7" hits="0" branch="false"/>', // door.broken
    ]);
    expect(xml).toContain('lines-covered="4" lines-valid="7" branches-covered="1" branches-valid="2"');
    expect(xml).toContain('line-rate="0.5714" branch-rate="0.5000"');
    expect(xml).toContain('<method name="door.open" signature="" line-rate="0.3333"');
  });

  test('as a page escapes names, marks what was missed and loads nothing', () => {
    const html = coverageHtml(reports);
    expect(html).toContain('<code class="missed" title="came 0 times">BREAK &lt;&amp;&quot;</code>');
    expect(html).toContain('<code class="met" title="came 1 times">OPEN</code>');
    expect(html.match(/class="state missed"/g)).toHaveLength(1);
    expect(html).not.toMatch(/(?:src|href)="(?!#)/);
    expect(html).not.toContain('url(');
  });
});

describe('regain coverage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regain-coverage-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const demo = (name: string) => join(ROOT, `test/scenarios/demo/${name}.yaml`);
  const regain = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'dist/src/cli/main.js'), 'coverage', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
  let first: ReturnType<typeof regain>;
  beforeAll(() => {
    const files = ['--json', 'a.json', '--html', 'a.html', '--cobertura', 'a.xml'];
    first = regain(demo('1-bank-card'), demo('6-biometric'), ...files);
  });

  test('prints a line for each of the nine machines, and what is missing', () => {
    expect(first.stderr).toBe('');
    expect(first.status).toBe(0);
    const lines = first.stdout.split('\n').slice(1, 10);
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'recovery',
      'bankCard',
      'idCard',
      'transactionHistory',
      'securityContacts',
      'appeal',
      'biometric',
      'voice',
      'emergencyCode',
    ]);
    expect(lines[1]).toMatch(/^bankCard +7\/12 58\.3% /);
    expect(lines[7]).toMatch(/^voice +0\/20 0% /);
    expect(first.stdout).toContain('bankCard: bankCard.selectingCard\n');
  });

  test('writes files in every form, and reads its own again', () => {
    expect(readFileSync(join(folder, 'a.html'), 'utf8')).toContain('<title>Coverage of recovery</title>');
    expect(readFileSync(join(folder, 'a.xml'), 'utf8').match(/<class /g)).toHaveLength(9);
    const again = regain('a.json');
    expect(again.stdout).toBe(first.stdout);
    expect(parseCoverage(readFileSync(join(folder, 'a.json'), 'utf8')).machines.biometric?.states.biometric).toBe(1);
  });

  test('asks a store which transitions nobody ever took', async () => {
    const file = join(folder, 'store.sqlite');
    await runScenario(await loadScenario(demo('6-biometric')), { file });
    const { status, stdout } = regain('--store', file);
    expect(status).toBe(0);
    expect(stdout).toContain("the audit trails of 1 recoveries of version '1'");
    expect(stdout).not.toContain('explained by no transition');
    const [told = '', never = '', untold = ''] = stdout.split(/Nobody ever took|It cannot be told/);
    expect(told).toMatch(/^voice +0 +0 +58 +58$/m);
    expect(told).toMatch(/^biometric +4 +2 +12 +18$/m);
    expect(never).toContain('  voice.inMenu.calling: call.connected');
    expect(never).not.toContain('recovery.assessing.rating: done assessRisk → #recovery.choosing');
    // The end of a child leaves no state of its own behind.
    expect(untold).toContain('It does not tell which of several transitions');
  });

  test('exits 1 below a threshold, 2 when something is unusable', () => {
    const low = regain('a.json', '--threshold', '60', '--no-list');
    expect(low.status).toBe(1);
    expect(low.stderr).toContain('bankCard: states are below 60 %');
    expect(low.stdout.trim().split('\n')).toHaveLength(10);
    writeFileSync(join(folder, 'bad.json'), '{"format":"regain-coverage","version":9}');
    expect(regain('bad.json')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('no coverage: version'),
    });
    expect(regain('none.yaml').status).toBe(2);
    expect(regain('a.json', '--threshold', 'much').status).toBe(2);
    expect(regain().status).toBe(2);
    expect(regain('--store', 'none.sqlite').status).toBe(2);
  });
});

test('a suite of a user has the coverage of its files together, and a threshold', () => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', 'test/testing/suite'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(stdout).toMatch(/Tests +2 passed/);
  expect(stdout).toContain('door     3/4 75%  2/3 66.6%       1/3 33.3%  1/3 33.3%    2/2 100%  none    0/3 0%');
  expect(stderr).toContain('door: states are below 80 %');
  expect(stderr).not.toContain('guards are below');
  expect(status).toBe(1);
});
