import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { seriousFindings } from './axe.ts';
import { createStage, type Stage, textOf } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

const LATEST = '.history [aria-current="step"]';
const state = (page: Page) => textOf(page.locator(`${LATEST} span`));
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

async function opened(hash = '#/simulate', locale = 'en') {
  const { page, wrong } = await stage.open(hash, { locale });
  page.setDefaultTimeout(15_000);
  return { page, wrong };
}

async function inSetUp(page: Page, example: string): Promise<void> {
  await page.getByRole('tab', { name: 'Set up' }).click();
  await button(page, example).click();
  await button(page, 'Start with these').click();
  await page.getByRole('tab', { name: 'Act' }).click();
}

/** Sends an event with what its form holds at first. */
async function send(page: Page, type: string, fill: Record<string, string> = {}): Promise<void> {
  const event = page.locator('.event', { hasText: type });
  if ((await event.getAttribute('aria-expanded')) === 'false') await event.click();
  for (const [label, value] of Object.entries(fill)) await page.getByLabel(label, { exact: true }).fill(value);
  await button(page, `Send ${type}`).click();
}

const NOTHING = 'Nothing left to prove by';
/** What is done on the page: an event with a dot in its name, or a button of the clock. */
const WALKS: Record<string, { account?: string; walk: string[]; ends?: string }> = {
  bankCard: { walk: ['bankCard.submit', 'code.submit'] },
  idCard: { account: 'No bank card', walk: ['document.submit', 'face.submit'] },
  transactionHistory: { walk: [...Array.from({ length: 7 }, () => 'quiz.answer'), 'quiz.submit'] },
  securityContacts: { walk: ['contacts.request', '+5 min', 'contact.confirm', 'contact.confirm', '+45 min'] },
  appeal: { account: NOTHING, walk: ['appeal.file', 'callback.reached', 'review.approve'] },
  biometric: { walk: ['biometric.scan'] },
  voice: { walk: ['call.connected', 'call.key', 'voice.spoken', 'answers.submit'] },
  emergencyCode: {
    account: NOTHING,
    walk: ['institution.scan', 'identity.present', 'code.redeem', '+15 d'],
    ends: 'emergencyCodeUsed',
  },
};

describe('the simulator', () => {
  for (const [path, { account, walk, ends = 'reset' }] of Object.entries(WALKS)) {
    it(`walks ${path} to its end`, async () => {
      const { page, wrong } = await opened();
      if (account !== undefined) await inSetUp(page, account);
      await send(page, 'path.choose', { path });
      for (const each of walk) await (each.startsWith('+') ? button(page, each).click() : send(page, each));
      if (ends === 'reset') await send(page, 'password.submit');
      await page.locator('.ended').waitFor();
      expect(JSON.parse(await textOf(page.locator('.ended pre')))).toMatchObject({ outcome: ends, path });
      await expect.poll(() => state(page)).toBe('completed');
      expect(wrong).toEqual([]);
      await page.context().close();
    });
  }

  it('lights the chart: what is active, and what was just taken', async () => {
    const { page, wrong } = await opened();
    await page.locator('.state.active', { hasText: 'offering' }).first().waitFor();
    await send(page, 'path.choose', { path: 'biometric' });
    await page.locator('.state.active', { hasText: 'scanning' }).first().waitFor();
    expect(await page.locator('.react-flow__edge-path.taken').count()).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('answers calls by hand, lets them fail, and goes back in time', async () => {
    const { page, wrong } = await opened();
    await page.getByLabel('Calls are answered').selectOption('hand');
    await send(page, 'path.choose', { path: 'bankCard' });
    await page.locator('.call h3', { hasText: '/loadAccount/2' }).waitFor();
    await button(page, /^Answer$/).click();
    await send(page, 'bankCard.submit');
    await page.getByLabel('Why it fails').fill('the line is down');
    await button(page, /^Fail$/).click();
    await expect.poll(() => textOf(page.locator(`${LATEST} strong`))).toBe('verifyBankCard fails: the line is down');
    await send(page, 'bankCard.submit');
    await page.getByLabel('status').selectOption({ label: 'mismatch' });
    await button(page, /^Answer$/).click();
    await expect.poll(() => state(page)).toBe('verifying.bankCard.selectingCard');
    await page.locator('.history li button').nth(2).click();
    await expect.poll(() => state(page)).toBe('choosing.offering');
    await button(page, 'Forward').click();
    await expect.poll(() => state(page)).toBe('choosing.rechecking');
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('tells what is wrong with an event, with facts and with a policy', async () => {
    const { page, wrong } = await opened();
    await send(page, 'path.choose', { path: 'idCard' });
    expect(await textOf(page.locator('.problem'))).toContain('notEligible · cardPathAvailable');
    await page.getByRole('tab', { name: 'Set up' }).click();
    await page.getByLabel('Account facts').fill('phnoe: "1"');
    await button(page, 'Start with these').click();
    expect(await textOf(page.locator('#fault-account'))).toMatch(/phnoe.*phone/);
    await page.getByLabel('Account facts').fill('{}');
    await page.getByLabel('Policy').fill('contacts: { quorum: many }');
    await button(page, 'Start with these').click();
    expect(await textOf(page.locator('#fault-policy'))).toMatch(/contacts\.quorum.*expected number/i);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('saves a run that regain run accepts, and plays it back', async () => {
    const { page, wrong } = await opened();
    await send(page, 'path.choose', { path: 'biometric' });
    await send(page, 'biometric.scan');
    await button(page, '+5 min').click();
    await send(page, 'password.submit');
    await page.getByRole('tab', { name: 'Files' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'Save this run as a scenario').click(),
    ]);
    const text = readFileSync(await download.path(), 'utf8');
    const { ok, outcome } = await runScenario(parseScenario('run.yaml', text), { inMemory: true });
    expect({ ok, outcome }).toEqual({ ok: true, outcome: 'reset' });
    await page.getByLabel('Or paste one').fill(text);
    await button(page, 'Play it').click();
    await button(page, 'All steps').click();
    await page.locator('.playback .good').waitFor();
    expect(await page.locator('.playback .bad').count()).toBe(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('plays the demonstrations back, codes, links and quizzes included', { timeout: 120_000 }, async () => {
    const { page, wrong } = await opened();
    for (const name of ['1-bank-card', '3-transaction-history', '4-security-contacts', '8-emergency-code']) {
      await page.getByRole('tab', { name: 'Files' }).click();
      await page.getByLabel('Open a scenario file').setInputFiles(`test/scenarios/demo/${name}.yaml`);
      await button(page, 'Next step').click();
      await page.getByText('Step 1 of').waitFor();
      await button(page, 'All steps').click();
      await expect.poll(() => state(page), { timeout: 20_000 }).toBe('completed');
      expect(await page.locator('.playback .good').count()).toBeGreaterThan(0);
      expect(await page.locator('.playback .bad').allInnerTexts()).toEqual([]);
    }
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('runs a machine that was pasted', async () => {
    const { page, wrong } = await opened();
    await page.getByRole('tab', { name: 'Files' }).click();
    const machine = {
      id: 'door',
      initial: 'closed',
      states: {
        closed: { on: { push: { target: 'opening', guard: 'isUnlocked' } } },
        opening: { invoke: { id: 'motor', src: 'turnMotor', onDone: 'open' } },
        open: { after: { 5000: 'closed' } },
      },
    };
    await page.getByLabel('JSON of an XState 5 machine').fill(JSON.stringify(machine));
    await button(page, /^Run it$/).click();
    await page.getByRole('checkbox', { name: 'isUnlocked' }).uncheck();
    await page.getByRole('tab', { name: 'Act' }).click();
    await send(page, 'push');
    await expect.poll(() => state(page)).toContain('refused: notAccepted');
    await page.getByRole('tab', { name: 'Files' }).click();
    await page.getByRole('checkbox', { name: 'isUnlocked' }).check();
    await page.getByRole('tab', { name: 'Act' }).click();
    await send(page, 'push');
    await button(page, /^Answer$/).click();
    await expect.poll(() => state(page)).toBe('open');
    await button(page, 'Next timer').click();
    await expect.poll(() => state(page)).toBe('closed');
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('is used by the keyboard alone', async () => {
    const { page, wrong } = await opened();
    await page.locator('.event').first().waitFor();
    const reach = async (name: RegExp) => {
      for (let presses = 0; presses < 80; presses++) {
        await page.keyboard.press('Tab');
        const text = String(await page.evaluate('document.activeElement.textContent'));
        if (name.test(text)) return;
      }
      throw new Error(`no ${name} is reached`);
    };
    await reach(/^path\.choose/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('voice');
    await page.keyboard.press('Enter');
    await expect.poll(() => state(page)).toBe('verifying.voice.inMenu.calling');
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});

describe('accessibility', () => {
  for (const [hash, locale] of [
    ['#/simulate', 'en'],
    ['#/simulate', 'zh-CN'],
    ['#/simulate/wallet', 'zh-CN'],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`${hash} in ${locale}, ${colorScheme}: nothing serious`, async () => {
        const { page, wrong } = await stage.open(hash, { locale, colorScheme });
        await page.locator('.state.active').first().waitFor();
        const places: (() => Promise<unknown>)[] = [async () => {}];
        if (hash === '#/simulate') {
          places.push(() => page.locator('.event').first().click());
          places.push(() => page.getByRole('tab').nth(1).click());
          places.push(() => page.getByRole('tab').nth(2).click());
        }
        for (const go of places) {
          await go();
          expect(await seriousFindings(page)).toEqual([]);
        }
        expect(wrong).toEqual([]);
        await page.context().close();
      });
    }
  }
});
