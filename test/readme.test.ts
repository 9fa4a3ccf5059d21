import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ports } from '../machines/ports.ts';
import { parseScenario } from '../src/scenario/load.ts';
import { runScenario } from '../src/scenario/run.ts';
import { startRestate } from './restate/server.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/src/cli/main.js');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language: language as string,
  text: text as string,
}));
const of = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);
const commands = of('sh')
  .flatMap((text) => text.trim().split('\n'))
  .map((line) => line.replace(/\s+#.*$/, ''));

// Inside the package, so that `regain` means this package, as it is built.
const folder = join(ROOT, 'dist/readme');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  return { status, output: stdout + stderr };
}

describe('every code block of the README', () => {
  test('is of a kind that is tested here', () => {
    expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual([
      'bash',
      'sh',
      'text',
      'ts',
      'tsx',
      'yaml',
    ]);
  });

  test('the two commands that set everything up are those that CI runs', () => {
    const ci = readFileSync(join(ROOT, '.ci/run'), 'utf8');
    const check = readFileSync(join(ROOT, '.ci/check'), 'utf8');
    const setUp = commands.filter((command) => command.startsWith('npm ci'));
    expect(setUp).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    for (const step of ['npm ci', 'npm start', 'npm run check']) expect(ci).toMatch(new RegExp(`^${step}`, 'm'));
    const long = ['browser', 'package', 'conformance', 'walks', 'fuzz', 'faults', 'model', 'explore', 'mutate'];
    for (const step of ['npm test', ...long.map((name) => `npm run ${name}`)])
      expect(check).toMatch(new RegExp(`^part ${step}`, 'm'));
  });

  test.each(commands.filter((command) => !command.startsWith('npm ci')))('%s', (command) => {
    // In a checkout `npx regain` builds the package anew first, under the feet of the tests beside this one.
    const { status, output } = run(command.replace('npx regain', `node ${MAIN}`));
    expect(status, output).toBe(0);
    expect(output.trim()).not.toBe('');
  });

  test('the recovery by curl comes to its end', async () => {
    const here = mkdtempSync(join(tmpdir(), 'regain-readme-'));
    const service = spawn(process.execPath, [MAIN, 'serve', '--sandbox'], {
      cwd: here,
      env: { ...process.env, REGAIN_PORT: '0' },
    });
    try {
      let log = '';
      for await (const part of service.stdout) {
        log += part;
        if (log.includes('"msg":"ready"')) break;
      }
      const url = /"url":"([^"]+)"/.exec(log)?.[1] ?? '';
      const [script = ''] = of('bash');
      const here8787 = script.replaceAll('http://127.0.0.1:8787', url).replaceAll('npx regain', `node ${MAIN}`);
      const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', here8787], {
        cwd: here,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(status, stdout + stderr).toBe(0);
      const states = [...script.matchAll(/# ([a-z]\w*(?:\.\w+)*)$/gm)].map(([, state]) => state);
      expect(states).toHaveLength(6);
      const lines = stdout.split('\n');
      expect(lines.filter((line) => states.includes(line))).toEqual(states);
      expect(lines, stdout).toContain('The code has expired. Please ask for a new one.');
      expect(stdout).toContain('every audit trail is as it was written');
    } finally {
      service.kill();
      rmSync(here, { recursive: true, force: true });
    }
  });

  test.each(of('ts').map((text, index) => [index + 1, text] as const))(
    'TypeScript block %i compiles and runs',
    async (index, text) => {
      mkdirSync(folder, { recursive: true });
      const isSuite = text.includes("from 'vitest'");
      const name = join(folder, `block${index}${isSuite ? '.test' : ''}`);
      writeFileSync(`${name}.mts`, text);
      writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};'); // as one begins
      const compiled = run(
        `npx --no-install tsc --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck --target es2023 --module nodenext --types node --ignoreConfig ${name}.mts`,
      );
      expect(compiled.status, compiled.output).toBe(0);
      const restate = text.includes("from 'regain/restate'") ? await startRestate() : undefined;
      const env = restate ? { RESTATE_INGRESS: restate.ingress, RESTATE_ADMIN: restate.admin, PORT: '0' } : {};
      const ran = run(isSuite ? `npx --no-install vitest run --root ${folder} ${name}.mjs` : `node ${name}.mjs`, env);
      await restate?.close();
      expect(ran.status, ran.output).toBe(0);
      expect(ran.output.trim()).not.toBe('');
    },
  );

  // They run in a browser: test/browser/embed/embed-readme.browser.ts
  test.each(of('tsx').map((text, index) => [index + 1, text] as const))('TSX block %i compiles', (index, text) => {
    mkdirSync(folder, { recursive: true });
    const name = join(folder, `page${index}.tsx`);
    writeFileSync(name, text);
    const compiled = run(
      `npx --no-install tsc --noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck --target es2023 --module esnext --moduleResolution bundler --jsx react-jsx --lib es2023,dom,dom.iterable --types react --ignoreConfig ${name}`,
    );
    expect(compiled.status, compiled.output).toBe(0);
  });

  test.each(of('yaml').map((text, index) => [index + 1, text] as const))(
    'scenario block %i holds',
    async (index, text) => {
      const result = await runScenario(parseScenario(`README block ${index}`, text));
      expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
    },
  );

  test('every port is in the table of ports, with what it does', () => {
    for (const [name, { does }] of Object.entries(ports)) expect(readme).toContain(`| \`${name}\` | ${does} |`);
  });

  test('the folders that it names are there', () => {
    for (const text of of('text')) {
      for (const [name] of text.matchAll(/(?:src|machines|test)\/[a-z/]*/g))
        expect(existsSync(join(ROOT, name)), name).toBe(true);
    }
  });
});
