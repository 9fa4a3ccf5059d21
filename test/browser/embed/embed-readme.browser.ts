import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../chromium.ts';
import { type Behind, bundleOf, type Site, serve } from './browser.ts';
import { SandboxService } from './service.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```tsx\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

describe("the README's pages, as they are written", () => {
  const behind: Behind = {};
  const charged: string[] = [];
  let service: SandboxService;
  let browser: Browser;
  const sites: Site[] = [];

  beforeAll(async () => {
    service = new SandboxService();
    behind.service = await service.start();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const site of sites) await site.close();
    await service.remove();
  });

  async function open(block: string, context: BrowserContext, url?: string): Promise<{ page: Page; url: string }> {
    const site =
      url ??
      (await (async () => {
        const answer = { 'Content-Type': 'application/json' };
        const made = await serve(
          await bundleOf(block),
          ({ headers }, response) => {
            charged.push(String(headers['idempotency-key']));
            response.writeHead(200, answer).end('{"receipt":"r1"}');
          },
          behind,
        );
        sites.push(made);
        return made.url;
      })());
    const page = await context.newPage();
    await page.goto(site);
    return { page, url: site };
  }

  test('are two', () => expect(blocks).toHaveLength(2));

  test('an order is paid for, and is so on the next visit', async () => {
    const context = await browser.newContext();
    const { page, url } = await open(blocks[0] ?? '', context);
    await page.getByRole('button', { name: 'open' }).click();
    await page.getByRole('button', { name: 'paid' }).waitFor();
    await page.close();
    const { page: next } = await open(blocks[0] ?? '', context, url);
    await next.getByRole('button', { name: 'paid' }).waitFor();
    expect(charged).toEqual(['order-7/order/charge/1']);
    await context.close();
  });

  test('a recovery is mirrored', async () => {
    const context = await browser.newContext();
    const { page } = await open(blocks[1] ?? '', context);
    await page.waitForFunction("document.title.includes('[verifying.bankCard.selectingCard, 0 pending, live]')");
    await context.close();
  });
});
