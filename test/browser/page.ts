import type { Browser, Page } from 'playwright-core';

export type Look = { locale: 'en' | 'zh-CN'; colours: 'light' | 'dark'; size?: { width: number; height: number } };

/** A page, and what is wrong with it: what it asked of others, and what it complained of. */
export async function openPage(browser: Browser, origin: string, { locale, colours, size }: Look) {
  const context = await browser.newContext({
    locale,
    colorScheme: colours,
    viewport: size ?? { width: 1440, height: 900 },
    timezoneId: 'Asia/Shanghai',
  });
  const page: Page = await context.newPage();
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'blob:') foreign.push(request.url());
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, foreign, complaints, close: () => context.close() };
}
