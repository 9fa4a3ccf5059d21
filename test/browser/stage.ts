import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';

const BUILT = join(import.meta.dirname, '../../dist/visualizer');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The built page on a server of its own, in a browser of its own. */
export interface Stage {
  url: string;
  /** A page in a fresh context. What it must not do is gathered in `wrong`. */
  open(hash: string, options?: BrowserContextOptions): Promise<{ page: Page; wrong: string[] }>;
  close(): Promise<void>;
}

/** What an element says. */
export const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? '';

/** @param folder where the page is built. */
export async function createStage(folder = BUILT): Promise<Stage> {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = new URL(url, 'http://page').pathname;
    try {
      const body = await readFile(join(folder, path === '/' ? 'index.html' : path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await launchChromium();
  return {
    url,
    open: async (hash, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith('http') && origin !== new URL(url).origin) wrong.push(`asked ${request.url()}`);
      });
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
      });
      page.on('pageerror', (error) => wrong.push(String(error)));
      await page.goto(`${url}${hash}`);
      return { page, wrong };
    },
    close: async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
