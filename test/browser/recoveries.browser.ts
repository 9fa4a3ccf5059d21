import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MACHINES } from '../../visualizer/src/chart/machines.ts';
import { seriousFindings } from './axe.ts';
import { launchChromium } from './chromium.ts';
import { type Look, openPage } from './page.ts';
import { Outside, ServiceProcess, several } from './service.ts';

const LOOKS: Look[] = [
  { locale: 'en', colours: 'light' },
  { locale: 'zh-CN', colours: 'dark' },
];
const MERMAID = fileURLToPath(import.meta.resolve('mermaid/dist/mermaid.min.js'));

let browser: Browser;
let service: ServiceProcess;
let outside: Outside;
let recoveries: Awaited<ReturnType<typeof several>>;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchChromium(), ServiceProcess.start()]);
  outside = new Outside(service);
  recoveries = await several(outside);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

/** Opens the list as an auditor of the sandbox. */
async function signedIn(look: Look) {
  const opened = await openPage(browser, service.url, look);
  const { page } = opened;
  await page.goto(`${service.url}/inspector/#/recoveries`);
  await page.locator('button.first').click();
  await page.locator('.connection.live').waitFor();
  const go = (route: string) => page.goto(`${service.url}/inspector/#/${route}`);
  return { ...opened, go };
}

const laidOut = (page: Page) => page.locator('section.chart[aria-busy="false"] .react-flow__node').first().waitFor();
const activeIn = (page: Page, text: string) => page.locator('.state.active:not(.open)', { hasText: text }).waitFor();
/** What the history says, the first entry first. */
const entries = async (page: Page) => (await page.locator('.history .entry').allInnerTexts()).reverse();

describe.each(LOOKS.map((look) => [`${look.locale}, ${look.colours}`, look] as const))('in %s', (_, look) => {
  test('R56: the list is searched; the page asks nobody else, complains of nothing, keeps nobody out', async () => {
    const { page, foreign, complaints, close } = await signedIn(look);
    const rows = page.locator('tbody tr');
    await rows.nth(5).waitFor();
    expect(await rows.count()).toBe(6);
    expect(await seriousFindings(page)).toEqual([]);
    await page.locator('input[type="search"]').fill('awaitingCode');
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.textContent()).toContain('verifying.bankCard.awaitingCode');
    await page.locator('input[type="search"]').fill('');
    await page.locator('select').first().selectOption('appeal');
    await expect.poll(() => rows.count()).toBe(1);
    await page.locator('select').first().selectOption('');
    await page.locator('select').nth(1).selectOption('done');
    await expect.poll(() => rows.count()).toBe(1);
    await page.locator('select').nth(1).selectOption('');
    await page.locator('input[type="checkbox"]').check();
    await expect.poll(() => rows.count()).toBe(0);
    const [heading] = await page.locator('.empty').allInnerTexts();
    expect(heading).toMatch(look.locale === 'en' ? /[a-z]/ : /[\u4e00-\u9fff]/);
    await close();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('one opened shows its chart, its timers, its requests with tries and its history', async () => {
    const { page, foreign, complaints, go, close } = await signedIn(look);
    await go(`recoveries/${recoveries.card.recoveryId}`);
    await laidOut(page);
    await activeIn(page, 'awaitingCode');
    const timer = page.locator('[role="timer"]').first();
    const before = await timer.textContent();
    await expect.poll(() => timer.textContent(), { timeout: 5_000 }).not.toBe(before);
    expect(await seriousFindings(page)).toEqual([]);
    const known = await entries(page);
    expect(known.length).toBeGreaterThan(5);
    await page.locator('.history .entry', { hasText: 'bankCard.submit' }).click();
    await activeIn(page, 'verifyingCard');
    await page.locator('.history-head button').last().click();
    await activeIn(page, 'awaitingCode');
    expect((await entries(page)).slice(0, known.length)).toEqual(known); // its timer may have fallen due meanwhile
    await go(`recoveries/${recoveries.password.recoveryId}`);
    await laidOut(page);
    await page.locator('.rows', { hasText: 'notify' }).waitFor();
    await go('recoveries/nobody');
    await page.locator('.empty').waitFor();
    expect(foreign).toEqual([]);
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await close();
  });
});

test('a recovery is walked to its end while the page is open, with a kill and a restart in between', async () => {
  const { page, foreign, complaints, go, close } = await signedIn({ locale: 'en', colours: 'light' });
  const owner = await outside.owner('a8');
  await go(`recoveries/${owner.recoveryId}`);
  await laidOut(page);
  await activeIn(page, 'offering');
  await owner.does({ type: 'path.choose', path: 'bankCard' });
  await activeIn(page, 'selectingCard');
  await owner.does({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  await activeIn(page, 'awaitingCode');
  const known = await entries(page);
  expect(complaints).toEqual([]);

  await service.kill();
  await page.locator('.connection.away').waitFor();
  await service.start();
  await page.locator('.connection.live').waitFor();
  const lost = complaints.splice(0); // the browser itself says that the service could not be reached
  for (const text of lost)
    expect(text).toMatch(/ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED|EMPTY_RESPONSE)/);

  await outside.advance('61s'); // the sandbox's phones have forgotten the code: a new one can be asked for now
  await owner.does({ type: 'code.resend' });
  await owner.does({ type: 'code.submit', code: await outside.code('a8') });
  await activeIn(page, 'awaiting');
  await owner.does({ type: 'password.submit', password: '294817', confirmation: '294817' });
  await activeIn(page, 'completed');
  const texts = await entries(page);
  expect(texts.length).toBeGreaterThan(known.length);
  expect(texts.slice(0, known.length)).toEqual(known);
  expect(texts.join()).not.toContain('294817');
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('without a good token nothing is shown, and a bad one is said to be bad', async () => {
  const { page, close } = await openPage(browser, service.url, { locale: 'en', colours: 'light' });
  await page.goto(`${service.url}/inspector/#/recoveries`);
  await page.locator('.sign-in').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.locator('input[type="password"]').fill('no token at all');
  await page.locator('button[type="submit"]').click();
  await page.locator('[role="alert"]').waitFor();
  const { token } = await outside.request<{ token: string }>('POST', '/sandbox/staff-tokens', {
    id: '3',
    roles: ['staff'],
  });
  await page.locator('input[type="password"]').fill(token);
  await page.locator('button[type="submit"]').click();
  await page.locator('[role="alert"]', { hasText: 'another role' }).waitFor();
  expect(await page.locator('tbody').count()).toBe(0);
  expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain(token);
  await close();
});

test('charts are coloured by coverage and by figures, and saved as SVG, PNG and Mermaid', async () => {
  const { page, foreign, complaints, go, close } = await signedIn({ locale: 'en', colours: 'light' });
  await go('recoveries/charts/bankCard');
  await laidOut(page);
  const source = page.locator('.recoveries-filter select').nth(1);
  await source.selectOption('coverage');
  const none = { configurations: {}, events: {}, guards: {}, delays: {}, pairs: {} };
  const hits = { ...none, states: { 'bankCard.awaitingCode': 3 }, transitions: {} };
  const coverage = { format: 'regain-coverage', version: 1, machines: { bankCard: hits } };
  const file = (text: string) => ({ name: 'c.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await page.locator('input[type="file"]').setInputFiles(file('{}'));
  await page.locator('[role="alert"]').waitFor();
  await page.locator('input[type="file"]').setInputFiles(file(JSON.stringify(coverage)));
  await page.locator('.state.marked-good', { hasText: 'awaitingCode' }).waitFor();
  expect(await page.locator('.state.marked-bad').count()).toBeGreaterThan(0);
  await source.selectOption('service');
  await page.locator('.figures tbody tr', { hasText: 'awaitingCode' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  const saved = async (name: string) => {
    await page.locator('.export summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.export-menu button', { hasText: name }).click(),
    ]);
    return readFile(await download.path());
  };
  expect((await saved('SVG')).toString()).toMatch(/^<svg [\s\S]*>awaitingCode<[\s\S]*<\/svg>\n$/);
  expect((await saved('PNG')).subarray(1, 4).toString()).toBe('PNG');
  expect((await saved('Mermaid')).toString()).toMatch(/^stateDiagram-v2\n/);
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('every chart as Mermaid is read and drawn by Mermaid itself', async () => {
  const { page, go, close } = await signedIn({ locale: 'en', colours: 'light' });
  const texts: string[] = [];
  for (const { id } of MACHINES) {
    await go(`recoveries/charts/${id}`);
    await page.locator(`section.chart[aria-label$="${id}"][aria-busy="false"] .react-flow__node`).first().waitFor();
    await page.locator('.export summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.export-menu button', { hasText: 'Mermaid' }).click(),
    ]);
    texts.push(await readFile(await download.path(), 'utf8'));
  }
  await page.goto('about:blank');
  await page.addScriptTag({ path: MERMAID });
  for (const [index, text] of texts.entries()) {
    const draw = `mermaid.render('chart${index}', ${JSON.stringify(text)}).then(({ svg }) => svg.length)`;
    expect(await page.evaluate(draw), MACHINES[index]?.id).toBeGreaterThan(1_000);
  }
  await close();
}, 120_000);
