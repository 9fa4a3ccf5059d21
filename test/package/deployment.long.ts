import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/http/config.ts';
import { Metrics } from '../../src/http/metrics.ts';

/** What DEPLOYMENT.md gives to be copied: it is what the programs that read it take. */

const page = readFileSync(join(import.meta.dirname, '../../DEPLOYMENT.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'regain-deployment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A block by the name in its first line, without that line. */
function block(name: string): string {
  const found = [...page.matchAll(/^```\w+\n# (\S+?)(?:,.*)?\n([\s\S]*?)^```$/gm)].find(([, file]) =>
    file?.endsWith(name),
  );
  if (!found?.[2]) throw new Error(`DEPLOYMENT.md has no block '${name}'`);
  return found[2];
}

beforeAll(() => {
  const missing = ['systemd-analyze', 'docker-compose'].some((name) => spawnSync('which', [name]).status !== 0);
  if (!missing) return;
  execFileSync('apt-get', ['update', '-qq']);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'systemd', 'docker-compose']);
});

const assignments = (lines: string, prefix = '') =>
  Object.fromEntries(
    lines
      .split('\n')
      .filter((line) => line.startsWith(`${prefix}REGAIN_`))
      .map((line) => line.slice(prefix.length).split(/=(.*)/s).slice(0, 2)),
  );
const secrets = assignments(block('secrets.env'));

test('systemd has nothing to say against the unit, nor the service against its settings', async () => {
  const unit = block('regain.service');
  const file = join(folder, 'regain.service');
  writeFileSync(file, unit);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const config = await loadConfig({ ...secrets, ...assignments(unit, 'Environment=') });
  expect(config).toMatchObject({ mode: 'production', store: '/var/lib/regain/regain.sqlite' });
});

test('Compose takes the file, and the service the settings of its workers', async () => {
  const compose = block('compose.yaml');
  writeFileSync(join(folder, 'compose.yaml'), compose);
  for (const name of ['secrets.env', 'Dockerfile']) writeFileSync(join(folder, name), block(name));
  writeFileSync(join(folder, 'database-password'), 'secret');
  const { status, stderr } = spawnSync('docker-compose', ['config', '--quiet'], { cwd: folder, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const { services } = parse(compose, { merge: true });
  for (const name of ['worker-1', 'worker-2']) {
    const config = await loadConfig({ ...secrets, ...services[name].environment });
    expect(config).toMatchObject({ mode: 'production', store: 'postgres://regain@database/regain' });
  }
});

test('there is a metric of each name, and a command', async () => {
  const metrics = new Metrics(async () => ({ recoveries: [], requests: 0, timers: 0, due: 0 }));
  const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  const told = [...page.matchAll(/`(regain_[a-z_]+)/g)].map(([, name]) => name);
  expect(told.length).toBeGreaterThan(3);
  expect(names).toEqual(expect.arrayContaining(told));
  const help = execFileSync('node', [join(import.meta.dirname, '../../dist/src/cli/main.js'), '--help'], {
    encoding: 'utf8',
  });
  for (const [, command] of page.matchAll(/`regain ([a-z]+)/g))
    expect(help).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
});
