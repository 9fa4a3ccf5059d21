import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../machines/policy.ts';
import { transactionHistory } from '../../machines/transaction-history.ts';
import { type Answer, Drive, MINUTE, NOON, standingWith, undescribed } from './drive.ts';

const ELEMENTS = ['amount', 'amount', 'amount', 'merchant', 'merchant', 'time', 'time'];
const quiz = (name: string) => ({
  quizId: name,
  questions: ELEMENTS.map((element, index) => ({
    questionId: `${name}-${index}`,
    element,
    prompt: `question ${index}`,
    rightAnswer: 'TOP-SECRET-RIGHT',
  })),
});
const SUBMIT = { type: 'quiz.submit' };
const SECRET = 'MY-SECRET-ANSWER';

const begin = (
  answers: { draw?: Answer[]; grade?: Answer[] } = {},
  over: { policy?: PolicyInput; account?: Record<string, unknown>; asked?: string[] } = {},
) =>
  new Drive(transactionHistory, {
    ...over,
    answers: {
      drawQuestions: answers.draw ?? [quiz('q'), quiz('r'), quiz('s')],
      gradeAnswer: answers.grade ?? [{ right: true }],
    },
  }).settle();

const answerAll = async (drive: Drive, name = 'q', count = ELEMENTS.length) => {
  for (let i = 0; i < count; i++) {
    await drive.send({ type: 'quiz.answer', questionId: `${name}-${i}`, answer: SECRET });
  }
};
/** Grades in the order of the questions: amounts 0-2, merchants 3-4, times 5-6. */
const grades = (...wrong: number[]): Answer[] => ELEMENTS.map((_, index) => ({ right: !wrong.includes(index) }));

test('every state is described', () => expect(undescribed(transactionHistory.machine)).toEqual([]));

test('verified: all right', async () => {
  const drive = await begin({}, { asked: ['old'] });
  expect(drive.state).toBe('answering.awaiting');
  expect(drive.callsOf('drawQuestions')).toEqual([
    { accountId: 'a1', questions: { amount: 3, merchant: 2, time: 2 }, exclude: ['old'] },
  ]);
  await answerAll(drive);
  expect(drive.callsOf('gradeAnswer')[3]).toEqual({
    accountId: 'a1',
    quizId: 'q',
    questionId: 'q-3',
    element: 'merchant',
    answer: SECRET,
    merchantSimilarity: 80,
    timeToleranceDays: 2,
  });
  await drive.send(SUBMIT);
  expect(drive.output).toEqual({
    path: 'transactionHistory',
    outcome: 'verified',
    factors: ['knowledge:transactions'],
    spent: [NOON],
    exhausted: false,
    asked: ['old', 'q-0', 'q-1', 'q-2', 'q-3', 'q-4', 'q-5', 'q-6'],
  });
});

test('no answer and no right answer is in any snapshot; nothing is told of a grade', async () => {
  const drive = await begin({ grade: [{ right: false, rightAnswer: 'TOP-SECRET-RIGHT' }] });
  await answerAll(drive);
  const stored = JSON.stringify(drive.persisted);
  await drive.send(SUBMIT);
  await drive.send({ type: 'quiz.makeUp', choice: SECRET });
  expect(drive.state).toBe('answering.awaiting');
  for (const text of [drive.seen, stored, JSON.stringify(drive.persisted)]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('TOP-SECRET-RIGHT');
  }
  expect(drive.emitted).toEqual([{ type: 'attempt.spent', path: 'transactionHistory' }]);
});

describe('score', () => {
  test('6 of 7 passes', async () => {
    const drive = await begin({ grade: grades(6) });
    await answerAll(drive);
    await drive.send(SUBMIT);
    expect(drive.output?.outcome).toBe('verified');
  });

  test('5 of 7 fails, and a fresh quiz with other questions follows', async () => {
    const drive = await begin({ grade: grades(5, 6) });
    await answerAll(drive);
    await drive.send(SUBMIT);
    expect(drive.state).toBe('answering.awaiting');
    expect(drive.context).toMatchObject({ told: 'scoreTooLow', quizId: 'r', grades: {}, spent: [NOON] });
    expect(drive.callsOf('drawQuestions')[1]).toMatchObject({ exclude: ELEMENTS.map((_, index) => `q-${index}`) });
  });

  test('a question without an answer is wrong', async () => {
    const drive = await begin();
    await answerAll(drive, 'q', 5);
    await drive.send(SUBMIT);
    expect(drive.context.told).toBe('scoreTooLow');
  });

  test('a later answer to a question takes the place of the earlier one', async () => {
    const drive = await begin({ grade: [...grades(5, 6), { right: true }] });
    await answerAll(drive);
    await drive.send({ type: 'quiz.answer', questionId: 'q-5', answer: SECRET });
    await drive.send(SUBMIT);
    expect(drive.output?.outcome).toBe('verified');
  });

  test('a question that was not asked is refused', async () => {
    const drive = await begin();
    await drive.send({ type: 'quiz.answer', questionId: 'r-0', answer: SECRET });
    expect(drive.refused).toEqual([{ type: 'refused', code: 'invalidEvent', field: 'questionId' }]);
    expect(drive.callsOf('gradeAnswer')).toEqual([]);
  });
});

describe('making up', () => {
  test('once a quiz, for the first wrong amount', async () => {
    const drive = await begin({ grade: [...grades(1, 6), { right: true }] });
    await answerAll(drive);
    await drive.send(SUBMIT);
    expect(drive.state).toBe('makingUp.awaiting');
    expect(drive.context.makingUp).toBe('q-1');
    await drive.send({ type: 'quiz.makeUp', choice: 1200 });
    expect(drive.callsOf('gradeAnswer')[7]).toMatchObject({ questionId: 'q-1', element: 'amount', answer: 1200 });
    expect(drive.output?.outcome).toBe('verified');
  });

  test('a wrong choice counts as wrong, and there is no second make-up', async () => {
    const drive = await begin({ grade: [...grades(0, 1), { right: false }] });
    await answerAll(drive);
    await drive.send(SUBMIT);
    await drive.send({ type: 'quiz.makeUp', choice: SECRET });
    expect(drive.context).toMatchObject({ told: 'scoreTooLow', quizId: 'r', makingUp: null, madeUp: 0 });
  });

  test('an amount without an answer may be made up; handing in declines', async () => {
    const drive = await begin();
    await drive.send(SUBMIT);
    expect(drive.context.makingUp).toBe('q-0');
    await drive.send(SUBMIT);
    expect(drive.context).toMatchObject({ told: 'scoreTooLow', makingUp: null });
  });

  test('as many as the policy allows', async () => {
    const policy = { transactionHistory: { makeUps: 2 } };
    const drive = await begin({ grade: [...grades(0, 2), { right: true }] }, { policy });
    await answerAll(drive);
    await drive.send(SUBMIT);
    await drive.send({ type: 'quiz.makeUp', choice: SECRET });
    expect(drive.state).toBe('makingUp.awaiting');
    expect(drive.context.makingUp).toBe('q-2');
    await drive.send({ type: 'quiz.makeUp', choice: SECRET });
    expect(drive.output?.outcome).toBe('verified');
  });

  test('a port that fails uses up no make-up', async () => {
    const drive = await begin({ grade: [...grades(0, 6), new Error('down'), { right: true }] });
    await answerAll(drive);
    await drive.send(SUBMIT);
    await drive.send({ type: 'quiz.makeUp', choice: SECRET });
    expect(drive.state).toBe('makingUp.awaiting');
    await drive.send({ type: 'quiz.makeUp', choice: SECRET });
    expect(drive.output?.outcome).toBe('verified');
  });
});

describe('limits', () => {
  test('the second failed quiz of a day ends the path, but not for good', async () => {
    const drive = await begin({ grade: [{ right: false }] });
    for (let i = 0; i < 4; i++) await drive.send(SUBMIT);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'dailyLimit', exhausted: false, factors: [] });
    expect(drive.output?.asked).toHaveLength(14);
    expect(drive.output?.spent).toHaveLength(2);
  });

  test('a quiz failed earlier today counts', async () => {
    const drive = await begin({}, { account: { attemptsToday: { transactionHistory: 1 } } });
    await drive.send(SUBMIT);
    await drive.send(SUBMIT);
    expect(drive.output).toMatchObject({ reason: 'dailyLimit', spent: [NOON] });
  });

  test('ten minutes a quiz in all; then it is graded as it stands', async () => {
    const right = await begin();
    await answerAll(right, 'q', 6);
    await right.wait(10 * MINUTE - 1);
    expect(right.state).toBe('answering.awaiting');
    await right.wait(1);
    expect(right.output?.outcome).toBe('verified');

    const wrong = await begin();
    await wrong.wait(9 * MINUTE);
    await wrong.send(SUBMIT);
    expect(wrong.state).toBe('makingUp.awaiting');
    await wrong.wait(MINUTE);
    expect(wrong.context).toMatchObject({ told: 'scoreTooLow', quizId: 'r', spent: [NOON + 9 * MINUTE] });
  });

  test('the time of one quiz does not run on into the next', async () => {
    const drive = await begin();
    await drive.wait(9 * MINUTE);
    await drive.send(SUBMIT);
    await drive.send(SUBMIT);
    await drive.wait(10 * MINUTE - 1);
    expect(drive.context.quizId).toBe('r');
    expect(drive.state).toBe('answering.awaiting');
    await drive.wait(1);
    expect(drive.output).toMatchObject({ reason: 'dailyLimit', spent: [NOON + 9 * MINUTE, NOON + 19 * MINUTE] });
  });

  test('an answer given in time counts though its grade comes late', async () => {
    const drive = await begin({ grade: [...Array<Answer>(5).fill({ right: true }), 'hangs'] });
    await answerAll(drive, 'q', 5);
    await drive.wait(10 * MINUTE - 1);
    await drive.send({ type: 'quiz.answer', questionId: 'q-5', answer: SECRET });
    await drive.wait(1);
    expect(drive.state).toBe('answering.checking');
    await drive.wait(30_000);
    expect(drive.context).toMatchObject({ told: 'scoreTooLow', failures: 1 });
  });
});

test('ports that fail spend nothing', async () => {
  const drive = await begin({ draw: [new Error('down'), 'hangs', quiz('q')], grade: [new Error('down')] });
  await drive.wait(30_000);
  expect(drive.state).toBe('answering.awaiting');
  await drive.send({ type: 'quiz.answer', questionId: 'q-0', answer: SECRET });
  expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'unavailable', spent: [], exhausted: false });
});

test('expired after the idle time where it is shorter than a quiz; the owner may leave', async () => {
  const idle = await begin({}, { policy: { recovery: { idleTimeout: '5m' } } });
  await idle.wait(5 * MINUTE);
  expect(idle.output).toMatchObject({ outcome: 'expired', reason: 'timedOut' });
  const left = await begin();
  await left.send({ type: 'path.leave' });
  expect(left.output).toMatchObject({ outcome: 'cancelled', reason: 'left', spent: [] });
  expect(left.output?.asked).toHaveLength(7);
});

test('eligibility', () => {
  const reason = (over: Record<string, unknown>) => transactionHistory.ineligible(standingWith(over));
  expect(reason({ validTransactions: 20 })).toBeUndefined();
  expect(reason({ validTransactions: 19 })).toBe('tooFewTransactions');
  expect(reason({ attemptsToday: { transactionHistory: 1 } })).toBeUndefined();
  expect(reason({ attemptsToday: { transactionHistory: 2 } })).toBe('dailyLimit');
  const used = standingWith({ attemptsToday: { transactionHistory: 2 } });
  expect(transactionHistory.stillHolds?.(used, [])).toBe(true);
  expect(transactionHistory.stillHolds?.(standingWith({ validTransactions: 19 }), [])).toBe(false);
});
