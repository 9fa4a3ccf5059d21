import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { seriousFindings } from './axe.ts';
import { Lamp } from './lamp.ts';
import { open, withBrowser } from './open.ts';

withBrowser();

const PHONE = { viewport: { width: 360, height: 740 } };

/** What may be used or read, and reaches out of the screen to a side. What lies on a canvas is moved about there. */
const CUT = `[...document.querySelectorAll('button, a, input, select, textarea, th, td, h1, h2, h3, p, label')]
  .filter((each) => !each.closest('.react-flow, .sequence, .visually-hidden, thead, .skip'))
  .filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return width > 0 && (left < 0 || right > innerWidth);
  })
  .map((each) => each.outerHTML.slice(0, 200))`;

const nothingIsCut = async (page: Page) => {
  expect(await page.evaluate(CUT)).toEqual([]);
  expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(PHONE.viewport.width);
};

test.each(['en', 'zh-CN'])('on a phone nothing of any view is cut off, in %s', async (locale) => {
  const { page, url, relay } = await open({ ...PHONE, locale });
  const isUsable = async (checked: Page) => {
    await nothingIsCut(checked);
    if (locale === 'en') expect(await seriousFindings(checked)).toEqual([]); // what axe finds is in no language
  };
  await page.locator('.react-flow__node').first().waitFor();
  await isUsable(page);
  const lamp = await Lamp.at(relay);
  lamp.tap(12);
  await page.locator('.timeline').waitFor();
  await isUsable(page);
  lamp.close();
  for (const view of ['simulate', 'simulate/wallet']) {
    await page.goto(`${url}/inspector/#/${view}`);
    await page.locator('.state.active').first().waitFor();
    await isUsable(page);
  }
  const begun = { accountId: 'a1', device: { deviceId: 'd1' } };
  const headers = { 'Content-Type': 'application/json' };
  const started = await fetch(`${url}/v1/recoveries`, { method: 'POST', headers, body: JSON.stringify(begun) });
  const { recoveryId } = (await started.json()) as { recoveryId: string };
  await page.goto(`${url}/inspector/#/recoveries`);
  await page.locator('.sign-in').waitFor();
  await isUsable(page);
  await page.locator('button.first').click();
  await page.locator('tbody tr').waitFor();
  await isUsable(page);
  for (const view of [recoveryId, 'charts/bankCard']) {
    await page.goto(`${url}/inspector/#/recoveries/${view}`);
    await page.locator('.react-flow__node').first().waitFor();
    await isUsable(page);
  }
});
