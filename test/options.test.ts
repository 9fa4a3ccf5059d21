import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Misused, optionsIn } from './options.ts';

const ROOT = join(import.meta.dirname, '..');
const SCRIPT = { name: 'play', does: 'Plays.', wholes: { times: 20 }, parts: ['one', 'two', 'twelve'] };

function toldOf(args: string[]): string {
  try {
    return `took ${JSON.stringify(optionsIn(args, SCRIPT))}`;
  } catch (error) {
    if (!(error instanceof Misused)) throw error;
    return error.message;
  }
}

describe('the options of a long script', () => {
  test('are whole numbers, and parts that there are', () => {
    expect(optionsIn([], SCRIPT)).toEqual({ times: 20, chosen: ['one', 'two', 'twelve'] });
    expect(optionsIn(['two', 'one', '--times', '3'], SCRIPT)).toEqual({ times: 3, chosen: ['one', 'two'] });
    expect(optionsIn(['--only', 'tw'], { ...SCRIPT, only: true }).chosen).toEqual(['two', 'twelve']);
    const { quick, out } = optionsIn(['--quick'], { ...SCRIPT, flags: ['quick'], texts: ['out'] });
    expect({ quick, out }).toEqual({ quick: true, out: undefined });
  });

  test.each(['x', '1k', '0', '-1', '1.5', '', '1e999', '99999999999999999999'])('are not --times=%s', (text) => {
    expect(toldOf([`--times=${text}`])).toBe(`--times takes a whole number from 1, such as 20, not '${text}'`);
  });

  test.each([
    [['typo'], "there is no part 'typo'; there are 'one', 'two', 'twelve'"],
    [['--typo'], "Unknown option '--typo'; usage: npm run play -- [--times 20] [PART …] (one, two, twelve)"],
    [
      ['--times'],
      "Option '--times <value>' argument missing; usage: npm run play -- [--times 20] [PART …] (one, two, twelve)",
    ],
  ])('are not %j, which is said in one line', (args, told) => {
    expect(toldOf(args)).toBe(told);
  });

  test('a script that has no parts takes none', () => {
    expect(() => optionsIn(['1000'], { name: 'play', does: '' })).toThrow("'1000' is too much");
  });
});

describe('a long script', () => {
  test.each([
    ['faults/main.ts', ['--kills', 'x'], '--kills takes a whole number from 1'],
    [
      'faults/cluster-main.ts',
      ['--only', 'typo'],
      "there is no part 'typo'; there are 'nothing', 'a worker is killed'",
    ],
    ['faults/restate-main.ts', ['--times', 'x'], '--times takes a whole number from 1'],
    ['http/fuzz/main.ts', ['--requests', '1k'], '--requests takes a whole number from 1'],
    ['conformance/main.ts', ['--every', '0'], '--every takes a whole number from 1'],
    ['conformance/main.ts', ['toString'], "there is no part 'toString'; there are 'sqlite', 'postgres', 'restate'"],
    ['explore/main.ts', ['palm'], "there is no part 'palm'; there are 'bankCard'"],
    ['bench/main.ts', ['--quik'], "Unknown option '--quik'; usage: npm run bench"],
    ['package/main.ts', ['--node', 'x'], '--node takes a whole number from 1'],
    ['browser/screenshots.ts', ['typo'], "there is no part 'typo'"],
  ])('%s %j says what is wrong before it begins', (file, args, told) => {
    const main = join(import.meta.dirname, file);
    const ran = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { cwd: ROOT, encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
    expect(ran.stderr).toContain(told);
  });

  test('--help says what it does and what it takes', () => {
    const main = join(import.meta.dirname, 'explore/main.ts');
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', main, '--help'], { encoding: 'utf8' });
    expect(stdout).toMatch(
      /^Explores each path [\s\S]*\nusage: npm run explore -- \[--minutes 18\] \[PART …\] \(bankCard, /,
    );
    expect(status).toBe(0);
  });
});
