import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PATH_IDS } from '../../machines/outcome.ts';
import { en } from '../../src/texts/en.ts';
import { zhCn } from '../../src/texts/zh-cn.ts';
import { wallet } from '../../visualizer/src/texts/wallet.ts';
import { createStage, type Stage, textOf } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

type Path = (typeof PATH_IDS)[number];
type Words = (typeof wallet)['en'];

/** The wallet in a page, with what a person does to it. */
class Person {
  readonly page: Page;
  readonly words: Words;
  constructor(page: Page, words: Words) {
    this.page = page;
    this.words = words;
  }
  tap = (name: string) => this.page.getByRole('button', { name, exact: true }).click();
  fill = (label: string, text: string) => this.page.getByLabel(label, { exact: true }).fill(text);
  remembered = async (question: string) => {
    const row = this.page.locator('.memory > div').filter({ has: this.page.getByText(question, { exact: true }) });
    return textOf(row.locator('dd'));
  };
}

const WALKS: Record<Path, { account?: keyof Words['whose']; walk(person: Person): Promise<void> }> = {
  bankCard: {
    walk: async ({ page, words, tap, fill }) => {
      await tap(words.next);
      const code = await textOf(page.locator('[data-message="code"]').last());
      await fill(words.code, code === '111111' ? '222222' : '111111');
      await tap(words.next);
      await page.locator('.wallet-told').waitFor();
      await fill(words.code, code);
      await tap(words.next);
    },
  },
  idCard: {
    account: 'noCard',
    walk: async ({ words, tap }) => {
      await tap(words.front);
      await tap(words.back);
      await tap(words.send);
      await tap(words.face);
    },
  },
  transactionHistory: {
    walk: async ({ page, words, tap, remembered }) => {
      for (let number = 1; number <= 7; number++) {
        await page.getByRole('heading', { name: words.question(number, 7) }).waitFor();
        await page.locator('.wallet-field input').fill(await remembered(String(number)));
        await tap(words.keep);
      }
      await page.locator('.wallet-questions .answered').nth(6).waitFor();
      await tap(words.handIn);
    },
  },
  securityContacts: {
    walk: async ({ words, tap }) => {
      await tap(words.ask);
      await tap('+5 min');
      await tap(words.acts.confirm('k1'));
      await tap(words.acts.confirm('k3'));
      await tap('+45 min');
    },
  },
  appeal: {
    account: 'nothing',
    walk: async ({ words, tap, fill }) => {
      await fill(words.appeal.registrationMonth, '2019-05');
      await fill(words.appeal.scenarios, 'breakfast');
      await tap(words.file);
      await tap(words.acts['callback.reached']);
      await tap(words.acts['review.requestSupplement']);
      await tap(words.supplement);
      await tap(words.acts['review.approve']);
    },
  },
  biometric: { walk: ({ words, tap }) => tap(words.scan) },
  voice: {
    walk: async ({ words, tap, fill, remembered }) => {
      await tap(words.call);
      await tap('3');
      await tap(words.speak);
      for (const question of Object.values(words.security)) await fill(question, await remembered(question));
      await tap(words.answer);
    },
  },
  emergencyCode: {
    account: 'nothing',
    walk: async ({ words, tap }) => {
      await tap(words.acts['institution.scan']);
      await tap(words.acts['identity.present']);
      await tap(words.pay);
      await tap('+15 d');
    },
  },
};

const SPANS: Record<string, string> = { '+5 min': '+5 分钟', '+45 min': '+45 分钟', '+15 d': '+15 天' };

describe.each(['zh-CN', 'en'] as const)('the wallet in %s', (locale) => {
  const words = wallet[locale];
  const texts = locale === 'en' ? en : zhCn;

  for (const [path, { account, walk }] of Object.entries(WALKS)) {
    it(`walks ${path} to its end, and the chart beside it follows`, async () => {
      const { page, wrong } = await stage.open('#/simulate/wallet', { locale });
      page.setDefaultTimeout(15_000);
      const person = new Person(page, words);
      if (locale === 'zh-CN') {
        const { tap } = person;
        person.tap = (name) => tap(SPANS[name] ?? name);
      }
      if (account) await page.locator('.wallet-bar select').selectOption(account);
      await person.tap(texts.titles[path as Path]);
      await page.locator('.phone h2', { hasText: texts.titles[path as Path] }).waitFor();
      await walk(person);
      if (path !== 'emergencyCode') {
        await person.fill(words.password, '294817');
        await person.fill(words.repeat, '294817');
        await person.tap(words.set);
      }
      await page.locator('.phone h2', { hasText: words.done }).waitFor();
      const outcome = path === 'emergencyCode' ? texts.outcomes.emergencyCodeUsed : texts.outcomes.reset;
      expect(await textOf(page.locator('.wallet-state'))).toBe(outcome);
      await page.locator('.state.active', { hasText: 'completed' }).first().waitFor();
      expect(wrong).toEqual([]);
      await page.context().close();
    });
  }
});
