import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

/** A service that is told to stop ends by itself, with exit code 0, whatever else has gone. */

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');
const last: (() => void)[] = [];
afterEach(() => {
  for (const end of last.splice(0).reverse()) end();
});

function served(): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'regain-stop-'));
  last.push(() => rmSync(folder, { recursive: true, force: true }));
  const service = spawn(process.execPath, [MAIN, 'serve', '--sandbox'], {
    cwd: folder,
    env: { ...process.env, REGAIN_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  last.push(() => void service.kill('SIGKILL'));
  return service;
}

/** Where it listens, once its log says a word. */
async function heard(service: ChildProcess, word: string): Promise<string> {
  let log = '';
  const { stdout } = service;
  if (!stdout) return '';
  while (!log.includes(`"msg":"${word}"`)) log += (await once(stdout, 'data'))[0];
  return /"url":"([^"]+)"/.exec(log)?.[1] ?? '';
}

test('while it starts', async () => {
  const service = served();
  await heard(service, 'listening');
  service.kill('SIGTERM');
  expect(await once(service, 'exit')).toEqual([0, null]);
});

test('when nobody reads its log any more', async () => {
  const service = served();
  const url = await heard(service, 'ready');
  service.stdout?.destroy();
  expect((await fetch(`${url}/health`)).status).toBe(200);
  service.kill('SIGTERM');
  expect(await once(service, 'exit')).toEqual([0, null]);
});
