import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { optionsOf } from '../options.ts';
import { launchChromium } from './chromium.ts';
import { type Look, openPage } from './page.ts';
import { Outside, ServiceProcess, several } from './service.ts';

type Seeded = Awaited<ReturnType<typeof several>>;
interface View {
  name: string;
  /** What stands behind `#/`. */
  route(recoveries: Seeded): string;
  /** Brings the view to where its picture is taken. */
  ready(page: Page, look: Look): Promise<unknown>;
}

const laidOut = (page: Page) => page.locator('section.chart[aria-busy="false"] .react-flow__node').first().waitFor();

/** A page that began anew knows no token. */
async function signIn(page: Page): Promise<void> {
  await page.locator('button.first, .connection.live').first().waitFor();
  if ((await page.locator('button.first').count()) > 0) await page.locator('button.first').click();
  await page.locator('.connection.live').waitFor();
}

const VIEWS: View[] = [
  {
    name: 'inspect',
    route: () => 'inspect',
    ready: async (page) => {
      await page.locator('.state.active', { hasText: /^blinking/ }).waitFor();
      await laidOut(page);
    },
  },
  {
    name: 'inspect-sequence',
    route: () => 'inspect',
    ready: async (page) => {
      await page.locator('.state.active', { hasText: /^blinking/ }).waitFor();
      await page.getByRole('tab').nth(1).click();
      await page.locator('.lanes').waitFor();
    },
  },
  {
    name: 'inspect-snapshot',
    route: () => 'inspect',
    ready: async (page) => {
      await page.locator('.state.active', { hasText: /^blinking/ }).waitFor();
      await page.getByRole('tab').nth(2).click();
      await page.locator('.timeline button').nth(1).click();
      await page.locator('.timeline button').nth(1).click(); // to where something changed
      await page.locator('.tree .changed').first().waitFor();
    },
  },
  {
    name: 'unfolded',
    route: () => 'inspect',
    ready: async (page) => {
      await page.locator('.subject').filter({ hasText: 'recovery' }).first().click();
      await laidOut(page);
      await page.locator('.chart-toolbar button', { hasText: /Unfold all|全部展开/ }).click();
      await page.locator('.name-from-afar', { hasText: 'emergencyCode' }).waitFor();
    },
  },
  {
    name: 'simulate',
    route: () => 'simulate',
    ready: async (page) => {
      await page.locator('.state.active').first().waitFor();
      await laidOut(page);
    },
  },
  {
    name: 'wallet',
    route: () => 'simulate/wallet',
    ready: async (page) => {
      await page.locator('.state.active').first().waitFor();
      await laidOut(page);
    },
  },
  {
    name: 'recoveries',
    route: () => 'recoveries',
    ready: (page) => page.locator('tbody tr').nth(5).waitFor(),
  },
  {
    name: 'recovery',
    route: ({ card }) => `recoveries/${card.recoveryId}`,
    ready: laidOut,
  },
  {
    name: 'recovery-retrying',
    route: ({ password }) => `recoveries/${password.recoveryId}`,
    ready: laidOut,
  },
  {
    name: 'charts-coverage',
    route: () => 'recoveries/charts/bankCard',
    ready: async (page) => {
      await laidOut(page);
      await page.locator('.recoveries-filter select').nth(1).selectOption('coverage');
      await page.locator('input[type="file"]').setInputFiles(coverage);
      await page.locator('.state.marked-good').first().waitFor();
    },
  },
  {
    name: 'charts-figures',
    route: () => 'recoveries/charts/bankCard',
    ready: async (page) => {
      await laidOut(page);
      await page.locator('.recoveries-filter select').nth(1).selectOption('service');
      await page.locator('.figures').waitFor();
    },
  },
];
const LOOKS: Look[] = [
  { locale: 'en', colours: 'light' },
  { locale: 'zh-CN', colours: 'dark' },
];
const ROOT = join(import.meta.dirname, '../..');
const SETTLED = 800; // ms
const { chosen } = optionsOf({
  name: 'screenshots',
  does: 'Takes pictures of each main view, in visualizer/screenshots.',
  parts: VIEWS.map(({ name }) => name),
});

const folder = join(ROOT, 'visualizer/screenshots');
mkdirSync(folder, { recursive: true });
const temporary = mkdtempSync(join(tmpdir(), 'regain-screenshots-'));
const coverage = join(temporary, 'coverage.json');
const scenario = join(ROOT, 'test/scenarios/bank-card/one-wrong-code.yaml');
const regain = join(ROOT, 'dist/src/cli/main.js');
execFileSync(process.execPath, [regain, 'coverage', '--no-list', '--json', coverage, scenario], { stdio: 'ignore' });
const service = await ServiceProcess.start();
/** Somebody else's program, which stands in the middle of something. */
const light = join(import.meta.dirname, 'foreign/traffic-light.ts');
const relay = `${service.url.replace('http', 'ws')}/inspector/app`;
const program = spawn(process.execPath, ['--import', 'tsx', light, relay, 'TIMER', 'TIMER', 'FOOT.BLINK'], {
  stdio: ['pipe', 'ignore', 'inherit'],
});
const browser = await launchChromium();
try {
  const recoveries = await several(new Outside(service));
  for (const look of LOOKS) {
    const { page, close } = await openPage(browser, service.url, look);
    for (const { name, route, ready } of VIEWS) {
      if (!chosen.includes(name)) continue;
      const where = route(recoveries);
      await page.goto(`${service.url}/inspector/#/${where}`);
      if (where.startsWith('recoveries')) await signIn(page);
      await ready(page, look);
      await page.waitForTimeout(SETTLED);
      const file = `${name}-${look.locale}-${look.colours}.png`;
      await page.screenshot({ path: join(folder, file) });
      console.log(file);
    }
    await close();
  }
} finally {
  program.stdin.end();
  await browser.close();
  await service.stop();
  rmSync(temporary, { recursive: true });
}
