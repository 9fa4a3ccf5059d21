import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runTrafficLight, visit, whenOver, withBrowser } from './open.ts';

withBrowser();

const COMMAND = join(import.meta.dirname, '../../dist/src/cli/main.js');
/** What the browser itself says while nobody listens. */
const AWAY = /WebSocket connection to .* failed|ERR_CONNECTION/;

/** `regain relay` as it is shipped. */
async function relay(port = '0'): Promise<{ url: string; stop(): Promise<number> }> {
  const child = spawn(process.execPath, [COMMAND, 'relay', '--port', port], { stdio: ['ignore', 'pipe', 'inherit'] });
  const over = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await over;
    return code as number;
  };
  whenOver(stop);
  let said = '';
  while (!said.includes('/app')) said += String((await once(child.stdout, 'data'))[0]);
  return { url: /http:[^ ]+:\d+/.exec(said)?.[0] ?? '', stop };
}

const isActive = (page: Page, id: string) =>
  page.locator(`.react-flow__node[data-id="${id}"] > .state.active`).waitFor();
const subject = (page: Page, name: string) => page.locator('.subject', { hasText: name });

test('somebody else’s program is seen with no service, and one in a page outlasts the relay', async () => {
  const first = await relay();
  const page = await visit(`${first.url}/`, {}, AWAY);
  expect(page.url()).toBe(`${first.url}/inspector/`);
  runTrafficLight(`${first.url.replace('http', 'ws')}/inspector/app`, 'TIMER');
  await isActive(page, 'trafficLight.yellow');
  const definition = JSON.stringify({ id: 'lamp', initial: 'off', states: { off: {}, on: {} } });
  const common = { type: '@xstate.actor', createdAt: '1', sessionId: 'x:0' };
  const lamp = { ...common, name: 'lamp', definition, snapshot: { status: 'active', value: 'on' } };
  await page.evaluate((data) => new BroadcastChannel('xstate-inspect').postMessage(data), lamp);
  await subject(page, 'lamp').click();
  await isActive(page, 'lamp.on');

  expect(await first.stop()).toBe(0);
  await page.getByText('No connection; trying again').waitFor();
  await relay(new URL(first.url).port);
  await page.getByText('Connected', { exact: true }).waitFor();
  await subject(page, 'trafficLight').waitFor({ state: 'detached' }); // what the relay knew is gone with it
  await isActive(page, 'lamp.on');
});
