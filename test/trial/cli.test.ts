import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { regainIn } from '../regain.ts';

/** Commands with the ninth path, as they are built; and without it. */

const ROOT = join(import.meta.dirname, '../..');
const MODULE = join(ROOT, 'dist/machines/trial/palm-and-voice.js');
const SUCCESS = join(ROOT, 'test/scenarios-of-trial/success.yaml');
const folder = mkdtempSync(join(tmpdir(), 'regain-trial-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const regain = (...args: string[]) => regainIn(folder, args);

test('run', () => {
  expect(regain('run', '--restarts', '--paths', MODULE, SUCCESS)).toMatchObject({ status: 0 });
  const without = regain('run', SUCCESS);
  expect(without.status).toBe(2);
  expect(without.stderr).toContain("unknown path 'palmAndVoice'");
});

test('coverage', () => {
  const { status, stdout } = regain('coverage', '--no-list', '--paths', MODULE, SUCCESS);
  expect(stdout).toMatch(/^palmAndVoice +\d+\/14/m);
  expect(status).toBe(0);
});

test('paths', () => {
  writeFileSync(join(folder, 'facts.yaml'), 'others: { palmVeinEnrolled: true }\n');
  const rows = (...more: string[]) => JSON.parse(regain('paths', '--json', ...more, 'facts.yaml').stdout);
  expect(rows('--paths', MODULE)).toContainEqual({
    path: 'palmAndVoice',
    title: { 'zh-CN': '掌静脉与声纹', en: 'Palm vein and voice' },
    reason: null,
  });
  expect(rows()).toHaveLength(8);
});

test('mutate', { timeout: 200_000 }, () => {
  const of = ['--machine', 'palmAndVoice', '--scenarios', SUCCESS];
  const { stdout } = regain('mutate', '--paths', MODULE, ...of, '--max-minutes', '3', '--threshold', '1');
  expect(stdout).toMatch(/^palmAndVoice +\d+ mutants.*, [1-9]\d* killed/m);
  expect(regain('mutate', ...of)).toMatchObject({ status: 2, stderr: expect.stringContaining('unknown machine') });
});

test.each(['run', 'coverage', 'paths', 'mutate', 'serve'])('%s: a module that cannot be used is told', (command) => {
  const args = { run: [SUCCESS], coverage: [SUCCESS], paths: ['facts.yaml'] }[command] ?? [];
  const { status, stderr } = regain(
    command,
    ...args,
    ...(command === 'serve' ? ['--sandbox'] : []),
    '--paths',
    'none.js',
  );
  expect(stderr).toContain('none.js: cannot be loaded');
  expect(status).toBe(2);
});
