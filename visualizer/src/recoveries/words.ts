import type { InspectedSummary } from '../../../src/http/inspector-view.ts';
import { textsOf } from '../../../src/texts/index.ts';
import { type ChartWords, delayInWords } from '../chart/words.ts';
import { PATHS } from '../registry.ts';
import type { Locale } from '../texts/bilingual.ts';
import type { recoveries } from './texts.ts';

type Texts = (typeof recoveries)['en'];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A length of time, to the second; above an hour to the minute. */
export function spanInWords(ms: number, words: Pick<ChartWords, 'units'>): string {
  const step = Math.abs(ms) >= 60 * MINUTE ? MINUTE : SECOND;
  return delayInWords(Math.max(0, Math.floor(Math.abs(ms) / step) * step), words);
}

/** When something falls due: `in 4 minutes 12 seconds`. */
export function dueInWords(at: number, now: number, texts: Texts, words: Pick<ChartWords, 'units'>): string {
  const span = spanInWords(at - now, words);
  return at >= now ? texts.inTime(span) : texts.overdue(span);
}

export function agoInWords(at: number, now: number, texts: Texts, words: Pick<ChartWords, 'units'>): string {
  return now - at < SECOND ? texts.justNow : texts.ago(spanInWords(now - at, words));
}

/** What a recovery is about, in the words that its owner reads; and the name of a deadline. */
export function textsOfRecovery(
  summary: InspectedSummary,
  deadlines: readonly { name: string; at: number }[],
  locale: Locale,
) {
  const nothing = { tags: [], eligible: [], ineligible: {}, allowed: [], disclosed: false };
  return textsOf({ ...summary, ...nothing, deadlines: [...deadlines] }, locale, PATHS);
}

/** The path under way, as the state says it. */
export const pathIn = (state: string): string | undefined => /^verifying\.(\w+)/.exec(state)?.[1];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Date and time in the reader's zone. */
export function timeText(at: number, locale: Locale, withDate = true): string {
  const key = `${locale} ${withDate}`;
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat(locale, { timeStyle: 'medium', ...(withDate ? { dateStyle: 'medium' } : {}) });
  formats.set(key, format);
  return format.format(at);
}

export function dayText(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full' }).format(at);
}
