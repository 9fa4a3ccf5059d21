import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './chromium.ts';
import { ServiceProcess } from './service.ts';

// Programs in pages are looked at: they open the inspector in a window or in a frame, or share its origin.

let browser: Browser;
let service: ServiceProcess;
let program: string;
let server: Server;
let origin: string;

beforeAll(async () => {
  [browser, service, program] = await Promise.all([launchChromium(), ServiceProcess.start(), built()]);
  server = createServer(({ url }, response) => {
    const isScript = url === '/lamp.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? program : PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server?.close();
  await browser?.close();
  await service?.stop();
});

const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><body>lamp<iframe width="1200" height="700"></iframe><script type="module" src="/lamp.js"></script>';

async function built(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, lib: { entry: join(import.meta.dirname, 'foreign/lamp.ts'), formats: ['es'] } },
  });
  const [{ output }] = (Array.isArray(result) ? result : [result]) as [Rollup.RollupOutput];
  return output[0].code;
}

/** The program's page; whatever any page of its context complains of, or asks of others, is gathered. */
async function opened(way: string) {
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1280, height: 800 } });
  const wrong: string[] = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(message.text());
  });
  context.on('weberror', (error) => wrong.push(String(error.error())));
  context.on('request', (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && ![origin, service.url].includes(asked)) wrong.push(request.url());
  });
  const page = await context.newPage();
  const hash = `#${way}=${encodeURIComponent(`${service.url}/inspector/`)}`;
  const end = async (besides: string[] = []) => {
    await context.close();
    expect(wrong.filter((text) => !besides.some((other) => text.startsWith(other)))).toEqual([]);
  };
  return { context, page, hash, end };
}

async function isFollowed(inspector: Page | FrameLocator, press: () => Promise<void>): Promise<void> {
  const active = (name: string) => inspector.locator('.state.active:not(.open)', { hasText: name }).waitFor();
  await inspector.locator('.subject', { hasText: 'lamp' }).waitFor();
  await active('dark');
  await press();
  await active('bright');
  await inspector.locator('.transition-label.taken', { hasText: 'SWITCH' }).waitFor();
}

test('a page that opens the inspector in a window', async () => {
  const { page, hash, end } = await opened('window');
  const [inspector] = await Promise.all([page.waitForEvent('popup'), page.goto(`${origin}/${hash}`)]);
  await isFollowed(inspector, () => page.getByText('lamp').click({ position: { x: 2, y: 2 } }));
  await end();
});

test('a page that shows the inspector in a frame', async () => {
  const { page, hash, end } = await opened('frame');
  await page.goto(`${origin}/${hash}`);
  await isFollowed(page.frameLocator('iframe'), () => page.getByText('lamp').click({ position: { x: 2, y: 2 } }));
  await end();
});

test('a page of the same origin, over a channel', async () => {
  const { context, page, hash, end } = await opened('channel');
  await page.goto(`${service.url}/inspector/`);
  const other = await context.newPage();
  await other.route(`${service.url}/lamp**`, (route) =>
    route.fulfill(
      route.request().url().endsWith('.js')
        ? { contentType: 'text/javascript', body: program }
        : { contentType: 'text/html', body: PAGE },
    ),
  );
  await page.locator('.react-flow__node').first().waitFor();
  await other.goto(`${service.url}/lamp${hash}`);
  await isFollowed(page, () => other.getByText('lamp').click({ position: { x: 2, y: 2 } }));
  await end();
});

test('a page of somebody else that opens the inspector tells it nothing', async () => {
  const { context, page, hash, end } = await opened('window');
  await context.route('http://example.com/**', (route) =>
    route.fulfill(
      route.request().url().endsWith('.js')
        ? { contentType: 'text/javascript', body: program }
        : { contentType: 'text/html', body: PAGE },
    ),
  );
  const [inspector] = await Promise.all([page.waitForEvent('popup'), page.goto(`http://example.com/${hash}`)]);
  await inspector.locator('.react-flow__node').first().waitFor();
  await page.evaluate("document.body.dispatchEvent(new Event('click'))");
  await inspector.waitForTimeout(500);
  expect(await inspector.locator('.subject', { hasText: 'lamp' }).count()).toBe(0);
  await end(['http://example.com']);
});

test('messages of a window that neither opened the inspector nor shows it are not taken', async () => {
  const { page, end } = await opened('window');
  await page.goto(`${service.url}/inspector/`);
  await page.locator('.react-flow__node').first().waitFor();
  await page.evaluate(`new Promise((done) => {
    const actor = { type: '@xstate.actor', sessionId: 'x:0', name: 'intruder', createdAt: '1', snapshot: {} };
    addEventListener('message', () => setTimeout(done, 200));
    postMessage(actor, '*');
  })`);
  expect(await page.locator('.subject', { hasText: 'intruder' }).count()).toBe(0);
  await end();
});
