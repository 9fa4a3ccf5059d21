import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { palmAndVoice } from '../../machines/index.ts';
import { en } from '../../src/texts/en.ts';
import { wallet } from '../../visualizer/src/texts/wallet.ts';
import { createStage, type Stage, textOf } from './stage.ts';

/** A page that is built with the ninth path: nothing of it was edited for that. */

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'regain-ninth-'));
const title = palmAndVoice.title.en;
let ninth: Stage;
let plain: Stage;
beforeAll(async () => {
  execFileSync('npx', ['vite', 'build', 'visualizer', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: ROOT,
    env: { ...process.env, REGAIN_PATHS: 'machines/trial/palm-and-voice.ts' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  ninth = await createStage(folder);
  plain = await createStage();
});
afterAll(async () => {
  await ninth?.close();
  await plain?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the wallet walks it to its end by screens that are made from its events', async () => {
  const { page, wrong } = await ninth.open('#/simulate/wallet', { locale: 'en' });
  page.setDefaultTimeout(15_000);
  const tap = (name: string) => page.getByRole('button', { name, exact: true }).click();
  await tap(title);
  await page.locator('.wallet-state', { hasText: 'hold your palm' }).waitFor();
  await tap('Scan your palm');
  await page.locator('.wallet-state', { hasText: 'speak the digits' }).waitFor();
  await tap(en.events['voice.spoken']);
  await page.getByLabel(wallet.en.password, { exact: true }).fill('294817');
  await page.getByLabel(wallet.en.repeat, { exact: true }).fill('294817');
  await tap(wallet.en.set);
  await page.locator('.phone h2', { hasText: wallet.en.done }).waitFor();
  expect(await textOf(page.locator('.wallet-state'))).toBe(en.outcomes.reset);
  expect(wrong).toEqual([]);
  await page.context().close();
});

test('its chart is among the charts, and the simulator runs it alone', async () => {
  const { page, wrong } = await ninth.open('#/simulate', { locale: 'en' });
  page.setDefaultTimeout(15_000);
  const machines = page.locator('select').filter({ has: page.locator('option[value="palmAndVoice"]') });
  await machines.selectOption('palmAndVoice');
  await page.locator('.state.active', { hasText: 'awaiting' }).first().waitFor();
  await page.getByText('palm.scan').first().waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
});

test('a page that is built without it knows nothing of it', async () => {
  const { page } = await plain.open('#/simulate', { locale: 'en' });
  await page.locator('option[value="voice"]').first().waitFor({ state: 'attached' });
  expect(await page.locator('option[value="palmAndVoice"]').count()).toBe(0);
  await page.context().close();
});
