import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/index.ts';
import { coverageOf } from '../../src/testing/index.ts';
import { seriousFindings } from './axe.ts';
import { Lamp } from './lamp.ts';
import { drawn, open, runTrafficLight, withBrowser } from './open.ts';

withBrowser();

const node = (page: Page, id: string) => page.locator(`.react-flow__node[data-id="${id}"]`);
const isActive = (page: Page, id: string) => node(page, id).locator('> .state.active').waitFor();

/** States of the parent and its eight paths. */
const STATES = coverageOf(recoveryMachine).flatMap(({ parts }) => parts.states).length;

describe('a chart', () => {
  test.each([
    ['en', 'light', 'Statechart recovery', 'Unfold all'],
    ['zh-CN', 'dark', '状态图 recovery', '全部展开'],
  ] as const)('is drawn in %s, %s, and axe finds nothing serious', async (locale, colorScheme, label, unfold) => {
    const { page } = await open({ locale, colorScheme });
    await drawn(page, 'recovery');
    await page.getByRole('region', { name: label }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe(locale);
    expect(await page.locator('.react-flow__node').count()).toBe(33);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: unfold }).click();
    await drawn(page, 'bankCard/bankCard.awaitingCode');
    await expect.poll(() => page.locator('.react-flow__node').count()).toBe(STATES); // when all of it is in sight
  });

  test('says of a state what is in its definition, and of a delay how long it is', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    await page.getByRole('button', { name: 'Bank card' }).click();
    await drawn(page, 'bankCard.awaitingCode');
    await node(page, 'bankCard.awaitingCode').click();
    const details = page.getByRole('complementary', { name: 'Details of the selection' });
    await details.getByText('The owner enters the code, or asks for another one.').waitFor();
    await details.getByText('after 30 minutes (idleTimeout)').first().waitFor();
    await details.getByRole('button', { name: '→ checkingCode' }).click();
    await details.getByRole('heading', { name: 'checkingCode' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('unfolds one child inside the state that invokes it', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    await page.getByRole('button', { name: 'Show the chart of voice' }).click();
    await drawn(page, 'voice/voice.readingDigits.listening');
    await page.getByRole('button', { name: 'Hide the chart of voice' }).click();
    await node(page, 'voice/voice').waitFor({ state: 'detached' });
  });

  test('is used by keyboard alone', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // skips to the content
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.keyboard.press('/');
    await page.keyboard.type('revokingLater');
    await page.getByText('1 found').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'revokingLater' }).waitFor();
    await node(page, 'recovery.settingPassword.revokingLater').focus();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'revokingLater' }).waitFor({ state: 'detached' });
    const focused = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.id);
    await expect.poll(focused).toBe('recovery.settingPassword.revokingLater');
    await page.keyboard.press('ArrowUp');
    await expect.poll(focused).toBe('recovery.settingPassword.setting');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Details of the selection' }).waitFor();
  });

  test('is folded and unfolded by keyboard, and keeps the focus', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    const inner = node(page, 'biometric/biometric');
    const isFocused = () =>
      page.waitForFunction(`document.activeElement?.dataset.id === 'recovery.verifying.biometric'`);
    await node(page, 'recovery.verifying.biometric').focus();
    await page.keyboard.press('Space');
    await inner.waitFor();
    await isFocused();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'biometric' }).waitFor();
    await page.keyboard.press('Enter');
    await inner.waitFor({ state: 'detached' });
    await isFocused();
    await node(page, 'recovery.verifying').focus();
    await page.keyboard.press('Space');
    await node(page, 'recovery.verifying.biometric').waitFor({ state: 'detached' });
  });

  test('has names that can be read when all of it is unfolded', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    expect(await page.locator('.name-from-afar', { hasText: 'emergencyCode' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Unfold all' }).click();
    const name = page.locator('.name-from-afar', { hasText: 'emergencyCode' });
    await name.waitFor();
    await expect.poll(async () => Math.round((await name.boundingBox())?.height ?? 0)).toBeGreaterThan(18);
  });

  test('keeps the choice of language and colours', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('button', { name: /配色/ }).click();
    await page.getByRole('button', { name: /配色/ }).click();
    await page.reload();
    await page.getByRole('button', { name: '配色：深色' }).waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(18, 20, 23)');
  });
});

describe('somebody else’s program', () => {
  test('is inspected by no more than the address, with its child inside it', async () => {
    const { page, relay } = await open();
    await drawn(page, 'recovery');
    runTrafficLight(relay, 'TIMER', 'TIMER', 'FOOT.BLINK');
    await page.getByRole('button', { name: /^trafficLight/ }).waitFor();
    await isActive(page, 'trafficLight.red');
    await isActive(page, 'people/pedestrian.blinking');
    await page.locator('.transition-label.taken', { hasText: 'BLINK' }).waitFor();
    await page.locator('.transition-label.possible', { hasText: 'STOP' }).waitFor();
    await page.getByRole('option', { name: /^BLINK/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    await page.getByRole('button', { name: 'Step back' }).click();
    await isActive(page, 'people/pedestrian.walk');
    await page.getByText('Paused').waitFor();
    await page.getByRole('tab', { name: 'Snapshot' }).click();
    await page.getByRole('button', { name: 'Step back' }).click();
    await page.getByText('was "yellow"').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Sequence' }).click();
    await page.getByRole('option', { name: /^xstate.init, trafficLight → people/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Live' }).click();
    await isActive(page, 'people/pedestrian.blinking');
  });

  test('is recorded, and opened again without it', async () => {
    const { page, relay } = await open();
    runTrafficLight(relay, 'TIMER');
    await isActive(page, 'trafficLight.yellow');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save file' }).click(),
    ]);
    const recording = await readFile(await download.path());
    expect(JSON.parse(String(recording)).format).toBe('regain-recording');

    const other = await open();
    await drawn(other.page, 'recovery');
    await other.page
      .getByLabel('Open file')
      .setInputFiles({ name: 'recording.json', mimeType: 'application/json', buffer: recording });
    await isActive(other.page, 'trafficLight.yellow');
    await other.page
      .getByLabel('Open file')
      .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{') });
    await other.page.getByRole('alert').filter({ hasText: 'This file could not be opened' }).waitFor();
  });

  test('may tell of it by a channel of the browser', async () => {
    const { page } = await open();
    await drawn(page, 'recovery');
    const definition = JSON.stringify({ id: 'lamp', initial: 'off', states: { off: { on: { TAP: 'on' } }, on: {} } });
    const message = {
      type: '@xstate.actor',
      name: 'lamp',
      sessionId: 'x:0',
      createdAt: '1',
      definition,
      snapshot: { status: 'active', value: 'off' },
    };
    await page.evaluate((data) => new BroadcastChannel('xstate-inspect').postMessage(data), message);
    await isActive(page, 'lamp.off');
  });

  test('may open the page in a window of its own', async () => {
    const { page, url } = await open();
    await page.evaluate(() => {
      addEventListener('message', ({ data, source }) => {
        if (data.type !== '@statelyai.connected') return;
        const definition = JSON.stringify({ id: 'lamp', initial: 'off', states: { off: {}, on: {} } });
        const message = {
          type: '@xstate.actor',
          name: 'lamp',
          sessionId: 'x:0',
          createdAt: '1',
          definition,
          snapshot: { status: 'active', value: 'on' },
        };
        (source as Window).postMessage(message, '*');
      });
    });
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate((address) => void window.open(address), `${url}/inspector/#/inspect`),
    ]);
    await isActive(popup, 'lamp.on');
  });

  test('tells ten thousand events, of which only those in sight are drawn', async () => {
    const { page, relay } = await open();
    await drawn(page, 'recovery');
    const lamp = await Lamp.at(relay);
    lamp.tap(10_000);
    await page.getByText('10001 of 10001').waitFor();
    await isActive(page, 'lamp.off');
    expect(await page.locator('.row').count()).toBeLessThan(100);
    lamp.close();
  });
});

describe('other views', () => {
  test('recoveries are there, and axe finds nothing serious', async () => {
    const { page } = await open({}, '#/recoveries');
    await page.locator('main').getByRole('heading', { level: 1 }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('what is none says so', async () => {
    const { page } = await open({}, '#/nowhere');
    await page.getByText('This view is not there.').waitFor();
  });
});
