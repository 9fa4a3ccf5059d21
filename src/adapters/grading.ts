import { distance, type FuzzballBaseOptions } from 'fuzzball';
import type { Element } from '../../machines/ports.ts';
import type { Transaction } from './transactions.ts';

/** Tolerances of `policy.transactionHistory` (spec section 3.3). */
export interface Tolerances {
  /** Similarity of merchant names that is enough, in percent. */
  merchantSimilarity: number;
  timeToleranceDays: number;
}

const DAY = 24 * 60 * 60 * 1_000;

/** Whether an answer to a question about a transaction is right. */
export function isRight(
  element: Element,
  answer: string | number,
  { amountFen, merchant, date }: Omit<Transaction, 'id'>,
  { merchantSimilarity, timeToleranceDays }: Tolerances,
): boolean {
  switch (element) {
    case 'amount':
      return fenOf(answer) === amountFen;
    case 'merchant':
      return similarity(String(answer), merchant) >= merchantSimilarity;
    case 'time': {
      const [given, right] = [dayOf(String(answer)), dayOf(date)];
      return given !== undefined && right !== undefined && Math.abs(given - right) <= timeToleranceDays * DAY;
    }
  }
}

/** A number is fen; text is yuan, such as `12.5`, `¥1,234.50` or `12元`. */
function fenOf(answer: string | number): number | undefined {
  if (typeof answer === 'number') return answer;
  const plain = answer.normalize('NFKC').replace(/[\s,¥元]/g, '');
  const [, yuan, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain) ?? [];
  return yuan === undefined ? undefined : Number(yuan) * 100 + Number(fraction.padEnd(2, '0'));
}

/** Midnight (UTC) of a calendar day; undefined for what is none, such as 30 February. */
function dayOf(text: string): number | undefined {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text ? undefined : day;
}

/** Ends of names that say what kind of company it is, not which; the longest first. */
const CHINESE_SUFFIX = /(股份有限公司|有限责任公司|科技有限公司|集团有限公司|有限公司|公司)$/u;
const SUFFIXES = new Set(['co', 'company', 'corp', 'corporation', 'gmbh', 'inc', 'limited', 'llc', 'ltd', 'plc']);

/** A name as it is compared: width, case, white space, punctuation and kind of company do not count. */
function normalisedName(name: string): string {
  const words = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’]/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.replace(CHINESE_SUFFIX, '') || word);
  while (words.length > 1 && SUFFIXES.has(words.at(-1) ?? '')) words.pop();
  return words.sort().join(' ');
}

/** `subcost`, which fuzzball's types leave out, makes a replaced letter cost as much as one taken out and one put in. */
const AS_RATIO: FuzzballBaseOptions & { subcost: number } = { subcost: 2, full_process: false };

/**
 * How alike two names are, from 0 to 100, whatever the order of their words. As fuzzball's `token_sort_ratio`, but not
 * rounded: 79.6 is not 80. A part of a name is not the name: short common words would match everything.
 */
export function similarity(a: string, b: string): number {
  const [left, right] = [normalisedName(a), normalisedName(b)];
  const length = left.length + right.length;
  if (left === '' || right === '') return 0;
  return (100 * (length - distance(left, right, AS_RATIO))) / length;
}
