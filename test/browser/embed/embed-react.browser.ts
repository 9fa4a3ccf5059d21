import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PortName } from '../../../machines/ports.ts';
import { createSandbox } from '../../../src/adapters/index.ts';
import type { PortCall } from '../../../src/adapters/ports.ts';
import { launchChromium } from '../chromium.ts';
import { bundle, openTab, serve } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

test('React, with @xstate/react and without: what is shown is what is written, in both tabs', async () => {
  const site = await serve(await bundle('react.tsx'), (_, response) => void response.writeHead(404).end());
  const context = await browser.newContext();
  const problems: string[] = [];
  try {
    const page = await openTab(context, site.url, problems);
    await page.getByText('open  host').waitFor();
    const other = await openTab(context, site.url, problems);
    await other.getByText('open  follower').waitFor();
    await other.getByRole('button').click();
    for (const [tab, role] of [
      [page, 'host'],
      [other, 'follower'],
    ] as const) {
      await tab.getByText(`paid r1 ${role}`).waitFor();
      expect(await tab.locator('#selected').textContent()).toBe('paid');
      expect(await tab.getByRole('button').isDisabled()).toBe(true);
      expect(await tab.evaluate<number>('app.renders()')).toBeLessThan(30); // a snapshot stays the same until it changes
    }
    await page.close();
    await other.getByText('paid r1 host').waitFor();
  } finally {
    await context.close();
    await site.close();
  }
  expect(problems).toEqual([]);
});

test('a recovery whose engine is the tab, its ports over fetch, and the page closed while the bank answers', async () => {
  const sandbox = createSandbox({});
  const calls: { port: string; key: string }[] = [];
  let isDeaf = false;
  const site = await serve(await bundle('recovery.ts'), async ({ url = '', headers }, response, body) => {
    const port = url.replace('/ports/', '') as PortName;
    const { input, call } = JSON.parse(body) as { input: never; call: PortCall };
    calls.push({ port, key: String(headers['idempotency-key']) });
    expect(call.key).toBe(headers['idempotency-key']);
    const made = { ...call, at: Date.parse(String(headers['regain-at'])), signal: new AbortController().signal };
    const answer = await sandbox.ports[port]?.(input, made);
    if (!isDeaf) response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  const context = await browser.newContext();
  const problems: string[] = [];
  const visit = async () => {
    const page = await openTab(context, site.url, problems);
    await page.evaluate('app.open()');
    const send = (event: object) => page.evaluate(`recovery.send(${JSON.stringify(event)})`);
    const state = () => expect.poll(() => page.evaluate<string>('look().state'), { timeout: 20_000 });
    return { page, send, state };
  };
  try {
    const first = await visit();
    await first.state().toBe('choosing.offering');
    await first.send({ type: 'path.choose', path: 'bankCard' });
    await first.state().toBe('verifying.bankCard.selectingCard');
    isDeaf = true;
    await first.send({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'upload-17' });
    await expect.poll(() => calls.at(-1)?.port).toBe('verifyBankCard');
    await first.page.close(); // the bank has been asked, and its answer was not heard
    isDeaf = false;
    const second = await visit();
    await second.state().toBe('verifying.bankCard.awaitingCode');
    const asked = calls.filter(({ port }) => port === 'verifyBankCard');
    expect(asked.map(({ key }) => key)).toEqual(Array(2).fill('r1/bankCard/verifyBankCard/1'));
    const code = sandbox.world.inbox('+8613800000000').at(-1)?.code;
    expect(await second.send({ type: 'code.submit', code })).toMatchObject({ taken: true });
    await second.state().toBe('settingPassword.awaiting');
    await second.send({ type: 'password.submit', password: '294817', confirmation: '294817' });
    await second.state().toBe('completed');
    expect(sandbox.passwordsSet('a1')).toBe(1);
  } finally {
    await context.close();
    await site.close();
  }
  expect(problems).toEqual([]);
});
