import { en } from '../../../src/texts/en.ts';
import type { Texts } from '../../../src/texts/texts.ts';
import { zhCn } from '../../../src/texts/zh-cn.ts';
import type { Locale } from '../texts/bilingual.ts';

const TEXTS: Record<Locale, Texts> = { en, 'zh-CN': zhCn };

/** What a person is told, in a language. */
export const sayings = (locale: Locale): Texts => TEXTS[locale];

/** The text under a key that may be anything. */
export const textIn = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** An instant as the clock of a zone shows it, to the second: `2026-03-02 10:00:00`, which every language reads alike. */
export const clockText = (instant: number, timeZone = 'Asia/Shanghai'): string =>
  new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(instant);

/** What a timer is called: its delay, or its event. */
export const timerName = (type: string): string => /^xstate\.after\.([^.]+)\./.exec(type)?.[1] ?? type;
