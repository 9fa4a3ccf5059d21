import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ServiceConfigInput } from '../../src/http/config.ts';
import { launchChromium } from './chromium.ts';

const TRAFFIC_LIGHT = join(import.meta.dirname, 'foreign/traffic-light.ts');

/** The page of a sandbox as it is shipped, in a browser. */
export interface Opened {
  page: Page;
  /** Of the service. */
  url: string;
  /** Where programs that are inspected send to. */
  relay: string;
}

let browser: Browser;
const ends: (() => unknown)[] = [];
/** What must never be: messages of the console that tell of an error, and requests to anybody else. */
let faults: string[] = [];

/** For each file of tests: one browser, and after each test nothing may have gone wrong unseen. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    const seen = faults;
    faults = [];
    expect(seen).toEqual([]);
  });
  afterAll(() => browser.close());
}

/** @param config of the service; a sandbox's by default. */
export async function open(
  options: BrowserContextOptions = {},
  hash = '',
  config: ServiceConfigInput = { mode: 'sandbox' },
): Promise<Opened> {
  const file = join(import.meta.dirname, '../../dist/src/http/index.js');
  const { startService, ServiceConfig }: typeof import('../../src/http/index.ts') = await import(file);
  const service = await startService(
    ServiceConfig.parse({ port: 0, store: ':memory:', logLevel: 'silent', ...config }),
  );
  ends.push(() => service.stop());
  const page = await visit(`${service.url}/inspector/${hash}`, options);
  return { page, url: service.url, relay: `${service.url.replace('http', 'ws')}/inspector/app` };
}

/** A page that asks nobody but who serves it, and complains of nothing but what may be. */
export async function visit(url: string, options: BrowserContextOptions = {}, mayBe = /^$/): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en', ...options });
  ends.push(() => context.close());
  const page = await context.newPage();
  const { host } = new URL(url);
  page.on('request', (request) => {
    const at = new URL(request.url());
    if (at.protocol !== 'blob:' && at.host !== host) faults.push(`a request to ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) faults.push(`a socket to ${socket.url()}`);
  });
  page.on('console', (message) => {
    const text = message.text();
    if ((message.type() === 'error' || message.type() === 'warning') && !mayBe.test(text)) faults.push(text);
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(url);
  return page;
}

/** Has something done when the test is over, the last one first. */
export const whenOver = (end: () => unknown): void => void ends.push(end);

/** The chart is laid out and drawn. */
export async function drawn(page: Page, state: string): Promise<void> {
  await page.locator('.chart[aria-busy="false"]').waitFor();
  await page.locator(`.react-flow__node[data-id="${state}"]`).waitFor();
}

/** Runs somebody else's program, which sends itself these events and then waits. */
export function runTrafficLight(relay: string, ...events: string[]): void {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', TRAFFIC_LIGHT, relay, ...events], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const over = new Promise((resolve) => child.once('exit', resolve));
  ends.push(() => {
    child.stdin?.end();
    return over;
  });
}
