import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../chromium.ts';
import { type Behind, bundle, openTab, type Site, serve } from './browser.ts';
import { SandboxService } from './service.ts';

const behind: Behind = {};
let service: SandboxService;
let browser: Browser;
let site: Site;
let context: BrowserContext;
let problems: string[];

beforeAll(async () => {
  browser = await launchChromium();
  site = await serve(await bundle('mirror.ts'), (_, response) => void response.writeHead(404).end(), behind);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  service = new SandboxService();
  behind.service = await service.start();
  problems = [];
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await service.remove();
  expect(problems).toEqual([]);
});

interface Started {
  recoveryId: string;
  token: string;
}

const tab = async ({ recoveryId, token }: Started): Promise<Page> => {
  const page = await openTab(context, site.url, problems);
  await page.evaluate(`app.mirror('${recoveryId}', '${token}')`);
  return page;
};
async function started(): Promise<{ page: Page; begun: Started }> {
  const first = await openTab(context, site.url, problems);
  const begun = await first.evaluate<Started>('app.start()');
  await first.close();
  const page = await tab(begun);
  await state(page).toBe('choosing.offering');
  return { page, begun };
}

interface Look {
  state: string;
  optimistic: string;
  pending: string[];
  connection: string;
}
const look = (page: Page) => page.evaluate<Look>('look()');
const state = (page: Page) => expect.poll(async () => (await look(page)).state, { timeout: 20_000 });
const connection = (page: Page) => expect.poll(async () => (await look(page)).connection, { timeout: 20_000 });
const send = (page: Page, event: object) =>
  page.evaluate<{ taken: boolean; code?: string }>(`mirror.send(${JSON.stringify(event)})`);
const choose = { type: 'path.choose', path: 'bankCard' };

test('what is hoped for and what is true are told apart until the service has answered', async () => {
  const { page } = await started();
  let release = () => {};
  behind.hold = new Promise((resolve) => {
    release = resolve;
  });
  const sent = send(page, choose);
  await expect.poll(async () => (await look(page)).pending).toHaveLength(1);
  expect(await look(page)).toMatchObject({ state: 'choosing.offering', optimistic: 'path.choose is on its way' });
  behind.hold = undefined;
  release();
  expect(await sent).toMatchObject({ taken: true });
  await state(page).toBe('verifying.bankCard.selectingCard');
  const after = await look(page);
  expect(after.pending).toEqual([]);
  expect(after.optimistic).not.toContain('on its way');
});

test('what the service refuses is hoped for no more', async () => {
  const { page } = await started();
  const answer = await send(page, { type: 'code.submit', code: '000000' });
  expect(answer).toMatchObject({ taken: false, status: 409, code: 'notAccepted' });
  expect(await look(page)).toMatchObject({ state: 'choosing.offering', pending: [] });
  expect((await look(page)).optimistic).not.toContain('on its way');
  const seen = await page.evaluate<Look[]>('seen');
  expect(seen.some(({ optimistic }) => optimistic === 'code.submit is on its way')).toBe(true);
});

test('two tabs are told what one of them did, and what time did', async () => {
  const { page, begun } = await started();
  const second = await tab(begun);
  await connection(second).toBe('live');
  await send(page, { type: 'path.choose', path: 'securityContacts' });
  await state(second).toMatch(/^verifying.securityContacts/);
  await fetch(`${behind.service}/sandbox/clock`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ advance: '6m' }), // nobody was asked within five
  });
  for (const each of [page, second]) await state(each).toBe('choosing.offering');
  await send(second, { type: 'recovery.cancel' });
  for (const each of [page, second]) {
    await state(each).toBe('cancelled');
    await connection(each).toBe('over');
  }
});

test('a service that dies and comes back: an event is sent again under its key, and taken once', async () => {
  const { page } = await started();
  await connection(page).toBe('live');
  behind.service = undefined;
  await service.kill();
  await connection(page).toBe('lost');
  const sent = send(page, choose);
  await expect
    .poll(async () => await page.evaluate<number>('mirror.getSnapshot().pending[0].tries'))
    .toBeGreaterThan(1);
  const keys = (await page.evaluate<Look[]>('seen')).flatMap(({ pending }) => pending);
  expect(new Set(keys).size).toBe(1);
  behind.service = await service.start();
  expect(await sent).toMatchObject({ taken: true });
  await connection(page).toBe('live');
  await state(page).toBe('verifying.bankCard.selectingCard');
});

test('an event whose answer was lost is taken once', async () => {
  const { page } = await started();
  const losing = async (route: Route) => {
    await route.fetch(); // the service has it; the page never hears
    await route.abort('connectionreset');
  };
  await page.route('**/events', losing, { times: 1 });
  expect(await send(page, choose)).toMatchObject({ taken: true });
  await state(page).toBe('verifying.bankCard.selectingCard');
});

test('a token that is no good ends it, and says so', async () => {
  const { begun } = await started();
  const page = await openTab(context, site.url, problems);
  const failing = page.evaluate(
    `app.mirror('${begun.recoveryId}', 'nonsense').catch(({ name, status }) => ({ name, status }))`,
  );
  expect(await failing).toEqual({ name: 'ServiceError', status: 401 });
});
