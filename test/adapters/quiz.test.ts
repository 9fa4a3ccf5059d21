import { describe, expect, test } from 'vitest';
import { isRight, similarity } from '../../src/adapters/grading.ts';
import { createQuiz } from '../../src/adapters/quiz.ts';
import { sandboxTransactions } from '../../src/adapters/transactions.ts';

const PAID = { amountFen: 1_250, merchant: '瑞幸咖啡有限公司', date: '2026-02-28' };
const TOLERANCES = { merchantSimilarity: 80, timeToleranceDays: 2 };
const right = (element: 'amount' | 'merchant' | 'time', answer: string | number, paid = PAID) =>
  isRight(element, answer, paid, TOLERANCES);

describe('grading', () => {
  test.each([1_250, '12.50', '12.5', '¥12.50', '１２．５０', ' 12.50 元'])('amount: %s is right', (answer) => {
    expect(right('amount', answer)).toBe(true);
  });
  test.each([1_249, 1_251, 12.5, '1250', '12.51', '12.505', '12,5x', '', '-12.50'])('amount: %s is not', (answer) => {
    expect(right('amount', answer)).toBe(false);
  });

  test.each([
    ['2026-02-26', true],
    ['2026-03-02', true],
    ['2026-02-25', false],
    ['2026-03-03', false],
    ['2026-02-30', false],
    ['yesterday', false],
  ])('time: %s, within two days: %s', (answer, expected) => {
    expect(right('time', answer)).toBe(expected);
  });

  test.each([
    ['瑞幸咖啡', '瑞幸咖啡有限公司'],
    ['UNIQLO China', 'Uniqlo (China) Ltd'],
    ['coffee  STARBUCKS', 'Starbucks Coffee Co., Ltd.'],
    ['mcdonalds', 'McDonald’s'],
  ])('merchant: %s is %s', (answer, merchant) => {
    expect(right('merchant', answer, { ...PAID, merchant })).toBe(true);
  });
  test('merchant: 80 % is enough, a shade less is not, and is not rounded up', () => {
    expect(similarity('abcdefgh', 'abcdefghijkl')).toBe(80);
    expect(right('merchant', 'abcdefgh', { ...PAID, merchant: 'abcdefghijkl' })).toBe(true);
    const [a, b] = ['x'.repeat(39), `${'x'.repeat(39)}${'y'.repeat(20)}`];
    expect(similarity(a, b)).toBeGreaterThan(79.5);
    expect(similarity(a, b)).toBeLessThan(80);
    expect(right('merchant', a, { ...PAID, merchant: b })).toBe(false);
  });
  test.each(['', '有限公司', '咖', 'Ltd'])('merchant: %s says nothing', (answer) => {
    expect(right('merchant', answer)).toBe(false);
  });
});

describe('drawing', () => {
  const KEY = 'a key of the tests, long enough';
  const counts = { amount: 3, merchant: 2, time: 2 };
  const quiz = createQuiz(KEY, (accountId) => sandboxTransactions(accountId, 20));
  const draw = (exclude: string[] = []) => quiz.draw({ accountId: 'a1', questions: counts, exclude }, 'r1');
  const idsOf = (drawn: ReturnType<typeof draw>) => drawn.questions.map(({ questionId }) => questionId);

  test('q1 to q7 are amounts, merchants, times; q8 and on are new ones', () => {
    const first = draw();
    expect(idsOf(first)).toEqual(['q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7']);
    expect(first.questions.map(({ element }) => element).join(' ')).toBe(
      'amount amount amount merchant merchant time time',
    );
    expect(draw()).toEqual(first);
    const second = draw(idsOf(first));
    expect(idsOf(second)[0]).toBe('q8');
    const prompts = [...first.questions, ...second.questions].map(({ prompt }) => prompt);
    expect(new Set(prompts).size).toBe(14);
  });

  test('R22: questions that were asked out of turn are not asked again', () => {
    const many = createQuiz(KEY, (accountId) => sandboxTransactions(accountId, 42));
    const drawn = many.draw({ accountId: 'a1', questions: counts, exclude: ['q9'] }, 'r1');
    expect(idsOf(drawn)).not.toContain('q9');
  });

  /** Transactions with nothing in common. */
  const apart = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `t${index}`,
      amountFen: 1_234 + 111 * index,
      merchant: `merchant-${index}-`,
      date: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10),
    }));

  test('R22: no prompt tells what another question asks, however many quizzes are drawn, until drawing fails', () => {
    const of = createQuiz(KEY, () => apart(42));
    const asked: string[] = [];
    const prompts: string[] = [];
    const answers: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { questions } = of.draw({ accountId: 'a1', questions: counts, exclude: asked }, 'r1');
      for (const { questionId, element, prompt } of questions) {
        asked.push(questionId);
        prompts.push(prompt);
        const answer = of.answer({ accountId: 'a1', questionId, element, counts }, 'r1');
        answers.push(typeof answer === 'number' ? `¥${(answer / 100).toFixed(2)}` : String(answer));
      }
    }
    expect(new Set(prompts).size).toBe(42);
    for (const answer of answers) expect(prompts.filter((prompt) => prompt.includes(answer))).toEqual([]);
    expect(() => of.draw({ accountId: 'a1', questions: counts, exclude: asked }, 'r1')).toThrow('not asked before');
  });

  test('R22: nor does one of another recovery, where there are enough transactions to choose from', () => {
    const of = createQuiz(KEY, () => apart(60));
    const elements = new Map<string, Set<string>>();
    for (let recovery = 0; recovery < 20; recovery++) {
      const id = `r${recovery}`;
      for (const { questionId, element, prompt } of of.draw({ accountId: 'a1', questions: counts, exclude: [] }, id)
        .questions) {
        const answer = String(of.answer({ accountId: 'a1', questionId, element, counts }, id));
        const about = apart(60).find((each) => [String(each.amountFen), each.merchant, each.date].includes(answer));
        expect(prompt).not.toContain(answer);
        elements.set(about?.id ?? '', (elements.get(about?.id ?? '') ?? new Set()).add(element));
      }
    }
    expect([...elements.values()].every(({ size }) => size === 1)).toBe(true);
  });

  test('an answer is graded for its own recovery and question only', () => {
    const { quizId } = draw();
    const order = { accountId: 'a1', quizId, questionId: 'q1', element: 'amount' as const, ...TOLERANCES };
    const answer = quiz.answer({ accountId: 'a1', questionId: 'q1', element: 'amount', counts }, 'r1') ?? '';
    expect(quiz.grade({ ...order, answer }, 'r1')).toEqual({ right: true });
    expect(quiz.grade({ ...order, answer }, 'r2')).toEqual({ right: false });
    expect(quiz.grade({ ...order, answer, questionId: 'q9' }, 'r1')).toEqual({ right: false });
    expect(quiz.grade({ ...order, answer, element: 'time' }, 'r1')).toEqual({ right: false });
    expect(quiz.grade({ ...order, answer, quizId: 'no quiz' }, 'r1')).toEqual({ right: false });
  });

  test('of three choices for an amount exactly one is right; for other questions there are none', () => {
    const { quizId } = draw();
    const which = { accountId: 'a1', quizId, count: 3 };
    for (const questionId of ['q1', 'q2', 'q3']) {
      const choices = quiz.choices({ ...which, questionId }, 'r1') ?? [];
      const answer = quiz.answer({ accountId: 'a1', questionId, element: 'amount', counts }, 'r1');
      expect(new Set(choices).size).toBe(3);
      expect(choices.filter((choice) => choice === answer)).toHaveLength(1);
      expect(Math.min(...choices)).toBeGreaterThan(0);
    }
    expect(quiz.choices({ ...which, questionId: 'q4' }, 'r1')).toBeUndefined();
  });
});
