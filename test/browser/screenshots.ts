import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Look, openBrowser, openPage } from './page.ts';
import { Outside, ServiceProcess, several } from './service.ts';

/** `npm run screenshots`: pictures of each main view, in `visualizer/screenshots`. */

type Seeded = Awaited<ReturnType<typeof several>>;
interface View {
  name: string;
  /** What stands behind `#/`. */
  route(recoveries: Seeded): string;
  /** Brings the view to where its picture is taken. */
  ready(page: Page, look: Look): Promise<unknown>;
}

const laidOut = (page: Page) => page.locator('section.chart[aria-busy="false"] .react-flow__node').first().waitFor();

const VIEWS: View[] = [
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
];
const LOOKS: Look[] = [
  { locale: 'en', colours: 'light' },
  { locale: 'zh-CN', colours: 'dark' },
];
const SETTLED = 800; // ms

const folder = join(import.meta.dirname, '../../visualizer/screenshots');
mkdirSync(folder, { recursive: true });
const only = process.argv[2];
const service = await ServiceProcess.start();
const browser = await openBrowser();
try {
  const recoveries = await several(new Outside(service));
  for (const look of LOOKS) {
    const { page, close } = await openPage(browser, service.url, look);
    await page.goto(`${service.url}/inspector/#/recoveries`);
    await page.locator('button.first').click();
    await page.locator('.connection.live').waitFor();
    for (const { name, route, ready } of VIEWS) {
      if (only !== undefined && !name.startsWith(only)) continue;
      await page.goto(`${service.url}/inspector/#/${route(recoveries)}`);
      await ready(page, look);
      await page.waitForTimeout(SETTLED);
      const file = `${name}-${look.locale}-${look.colours}.png`;
      await page.screenshot({ path: join(folder, file) });
      console.log(file);
    }
    await close();
  }
} finally {
  await browser.close();
  await service.stop();
}
