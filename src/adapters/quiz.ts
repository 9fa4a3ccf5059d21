import type { Element, PortInput } from '../../machines/ports.ts';
import { fromBase64url, numbersIn } from './bytes.ts';
import { isRight } from './grading.ts';
import { keyedHash } from './keyed-hash.ts';
import type { Transaction } from './transactions.ts';

/**
 * The quiz on an account's transactions (spec section 3.3). Which question asks about which transaction follows from the
 * key and the recovery alone, so nothing has to be kept, and the right answers never leave.
 */
export interface Quiz {
  /** @throws Error when the transactions leave no question that was not asked before. */
  draw(order: PortInput<'drawQuestions'>, recoveryId: string): { quizId: string; questions: QuizQuestion[] };
  /** An answer to a question that was not drawn is wrong. */
  grade(answer: PortInput<'gradeAnswer'>, recoveryId: string): { right: boolean };
  /** Amounts (fen, ascending) to make up a wrong one by: one is right. Undefined where there is nothing to make up. */
  choices(
    which: { accountId: string; quizId: string; questionId: string; count: number },
    recoveryId: string,
  ): number[] | undefined;
  /** What the owner would answer; undefined for what was not asked. It is not for a port. */
  answer(
    which: { accountId: string; questionId: string; element: Element; counts: Counts },
    recoveryId: string,
  ): string | number | undefined;
}

type QuizQuestion = { questionId: string; element: Element; prompt: string };

interface Asked {
  questionId: string;
  element: Element;
  about: Transaction;
}

/** In the order in which a quiz asks. */
export const ELEMENTS = ['amount', 'merchant', 'time'] as const satisfies readonly Element[];
type Counts = Record<Element, number>;

const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`;

/** What the owner is asked: it never holds the answer, nor that of another question of the same recovery. */
const prompts: Record<Element, (about: Transaction) => string> = {
  amount: ({ merchant, date }) => `您于 ${date} 在“${merchant}”支付了多少元?`,
  merchant: ({ amountFen, date }) => `您于 ${date} 向哪个商户支付了 ${yuan(amountFen)}?`,
  time: ({ amountFen, merchant }) => `您是哪一天在“${merchant}”支付 ${yuan(amountFen)} 的?`,
};

const answers: Record<Element, (about: Transaction) => string | number> = {
  amount: ({ amountFen }) => amountFen,
  merchant: ({ merchant }) => merchant,
  time: ({ date }) => date,
};

/**
 * @param key 32 random bytes, or a passphrase of 16 characters or more.
 * @param transactions the account's valid transactions, the same ones in every call.
 */
export function createQuiz(key: Uint8Array | string, transactions: (accountId: string) => Transaction[]): Quiz {
  const rank = keyedHash(key, 'quiz');

  function shuffled(accountId: string, recoveryId: string): Transaction[] {
    return transactions(accountId)
      .map((about) => ({ about, rank: rank.of(accountId, recoveryId, about.id) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ about }) => about);
  }

  /** Which element of a transaction is asked for, in whatever recovery, as long as there are enough others for the rest. */
  function elementOf(accountId: string, { id }: Transaction, counts: Counts): Element {
    let place = numbersIn(fromBase64url(rank.of('element', accountId, id))).getUint32(0) % sizeOf(counts);
    for (const element of ELEMENTS) {
      place -= counts[element];
      if (place < 0) return element;
    }
    throw new RangeError('a quiz needs a question');
  }

  /**
   * All questions of a recovery up to and with its n-th quiz, from 1. None is about a transaction that another one was about: its
   * prompt would tell what that one asks.
   */
  function drawn(accountId: string, recoveryId: string, counts: Counts, quizzes: number): Asked[][] {
    const unused = new Set(shuffled(accountId, recoveryId));
    let number = 0;
    const next = (element: Element): Asked => {
      const [first] = unused;
      const about = [...unused].find((each) => elementOf(accountId, each, counts) === element) ?? first;
      if (!about) throw new Error('the transactions leave no question that was not asked before');
      unused.delete(about);
      return { questionId: `q${++number}`, element, about };
    };
    return Array.from({ length: quizzes }, () =>
      ELEMENTS.flatMap((element) => Array.from({ length: counts[element] }, () => next(element))),
    );
  }

  function find(accountId: string, recoveryId: string, quizId: string, questionId: string): Asked | undefined {
    const [, quiz, amount, merchant, time] = /^quiz-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(quizId) ?? [];
    if (quiz === undefined) return undefined;
    const counts = { amount: Number(amount), merchant: Number(merchant), time: Number(time) };
    return drawn(accountId, recoveryId, counts, Number(quiz))
      .at(-1)
      ?.find((asked) => asked.questionId === questionId);
  }

  return {
    draw: ({ accountId, questions: counts, exclude }, recoveryId) => {
      const size = sizeOf(counts);
      if (size === 0) throw new Error('a quiz needs a question');
      const last = exclude.map((questionId) => Number(/^q(\d{1,4})$/.exec(questionId)?.[1] ?? 0));
      const quiz = 1 + Math.ceil(Math.max(new Set(exclude).size, ...last) / size);
      const asked = drawn(accountId, recoveryId, counts, quiz).at(-1) ?? [];
      return {
        quizId: `quiz-${quiz}-${counts.amount}-${counts.merchant}-${counts.time}`,
        questions: asked.map(({ questionId, element, about }) => ({
          questionId,
          element,
          prompt: prompts[element](about),
        })),
      };
    },
    grade: ({ accountId, quizId, questionId, element, answer, ...tolerances }, recoveryId) => {
      const asked = find(accountId, recoveryId, quizId, questionId);
      return { right: asked?.element === element && isRight(element, answer, asked.about, tolerances) };
    },
    answer: ({ accountId, questionId, element, counts }, recoveryId) => {
      const number = Number(/^q([1-9]\d{0,3})$/.exec(questionId)?.[1] ?? 0);
      const asked = drawn(accountId, recoveryId, counts, Math.ceil(number / sizeOf(counts)))
        .flat()
        .find((each) => each.questionId === questionId && each.element === element);
      return asked && answers[element](asked.about);
    },
    choices: ({ accountId, quizId, questionId, count }, recoveryId) => {
      const asked = find(accountId, recoveryId, quizId, questionId);
      if (asked?.element !== 'amount') return undefined;
      const { id, amountFen } = asked.about;
      const bytes = numbersIn(fromBase64url(rank.of('choices', recoveryId, accountId, id)));
      const step = 100 + (bytes.getUint16(0) % 900);
      // Where the right one stands among the others must say nothing; an amount below 1 fen is none.
      const below = Math.min(bytes.getUint16(2) % count, Math.floor((amountFen - 1) / step));
      return Array.from({ length: count }, (_, index) => amountFen + (index - below) * step);
    },
  };
}

const sizeOf = (counts: Counts) => ELEMENTS.reduce((sum, element) => sum + counts[element], 0);
