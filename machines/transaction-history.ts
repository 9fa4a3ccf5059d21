import { assertEvent, assign, cancel, emit, enqueueActions, raise, setup } from 'xstate';
import type { EventOf } from './events.ts';
import type { AttemptSpent, IneligibleReason, PathOutput, Refused } from './outcome.ts';
import {
  type Args,
  again,
  attemptsOn,
  attemptsToday,
  type Ending,
  endings,
  instantOf,
  isLastFailure,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Refusal,
  type Standing,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type Element, type PortInput, port } from './ports.ts';

/**
 * Transaction history 历史交易记录 (spec section 3.3): a quiz on the owner's own transactions. Each answer goes to the port
 * that grades it and nowhere else; the owner is never told which one was wrong.
 */

interface AskedQuestion {
  questionId: string;
  element: Element;
  prompt: string;
}

interface Context extends PathContext {
  quizId: string;
  questions: AskedQuestion[];
  /** Whether the last answer to a question was right, by question id. Not for the eyes of a client. */
  grades: Record<string, boolean>;
  /** Ids of all questions asked so far in this recovery. */
  asked: string[];
  /** Question whose answer is being graded. */
  graded: string;
  /** Wrong amounts made up so far in this quiz. */
  madeUp: number;
  /** Id of the amount that may be made up now; null outside `makingUp`. */
  makingUp: string | null;
  /** Instant (ms) at which the quiz ends. */
  endsAt: number;
  timeUp: boolean;
}

type Shown = Pick<Context, 'questions' | 'grades' | 'makingUp' | 'endsAt'>;

type Events =
  | EventOf<'quiz.answer' | 'quiz.makeUp' | 'quiz.submit' | 'path.leave'>
  | AnswerOf<'drawQuestions' | 'gradeAnswer'>
  | { type: 'deadline.quiz' };

type Where = Pick<Standing, 'account' | 'policy'>;

const tooFewTransactions = ({ account, policy }: Where) =>
  account.validTransactions < policy.transactionHistory.minTransactions;

function ineligible(where: Standing): IneligibleReason | undefined {
  if (tooFewTransactions(where)) return 'tooFewTransactions';
  if (attemptsToday(where, 'transactionHistory') >= where.policy.transactionHistory.quizzesPerDay) return 'dailyLimit';
  return undefined;
}

const questionOf = (context: Context, questionId: string) =>
  context.questions.find((question) => question.questionId === questionId);

const isRight = (context: Context, { questionId }: AskedQuestion) => context.grades[questionId] === true;

/** The amount that may be made up next: the first one answered wrongly or not at all, while any make-up is left. */
const nextMakeUp = (context: Context) =>
  context.madeUp < context.policy.transactionHistory.makeUps
    ? context.questions.find((question) => question.element === 'amount' && !isRight(context, question))?.questionId
    : undefined;

/** Share of right answers in per cent; a question without an answer is wrong. */
const scoreOf = (context: Context) =>
  (100 * context.questions.filter((question) => isRight(context, question)).length) / context.questions.length;

const quizOrder = ({ context }: Args<Context, Events>): PortInput<'drawQuestions'> => ({
  accountId: context.account.accountId,
  questions: context.policy.transactionHistory.questions,
  exclude: context.asked,
});

const gradeOrder = (context: Context, answer: string | number): PortInput<'gradeAnswer'> => {
  const { merchantSimilarity, timeToleranceDays } = context.policy.transactionHistory;
  return {
    accountId: context.account.accountId,
    quizId: context.quizId,
    questionId: context.graded,
    element: questionOf(context, context.graded)?.element ?? 'amount',
    answer,
    merchantSimilarity,
    timeToleranceDays,
  };
};
const answerQuestion = ({ context, event }: Args<Context, Events>): PortInput<'gradeAnswer'> => {
  assertEvent(event, 'quiz.answer');
  return gradeOrder(context, event.answer);
};
const makeUpQuestion = ({ context, event }: Args<Context, Events>): PortInput<'gradeAnswer'> => {
  assertEvent(event, 'quiz.makeUp');
  return gradeOrder(context, event.choice);
};

/** The questions asked go with the output, so that the next run in this recovery does not ask them again. */
const quizOutput = (args: { context: Context; event: object }): PathOutput => ({
  ...pathOutput('transactionHistory')(args),
  asked: args.context.asked,
});

/** Chart of the path `transactionHistory`. */
export const transactionHistoryMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent,
    tags: {} as Tag,
  },
  actors: {
    drawQuestions: port('drawQuestions'),
    gradeAnswer: port('gradeAnswer'),
  },
  guards: {
    lastFailure: isLastFailure,
    questionUnknown: ({ context, event }) => {
      assertEvent(event, 'quiz.answer');
      return questionOf(context, event.questionId) === undefined;
    },
    timeUp: ({ context }) => context.timeUp,
    mayMakeUp: ({ context }) => nextMakeUp(context) !== undefined,
    nothingToMakeUp: ({ context }) => nextMakeUp(context) === undefined,
    passed: ({ context }) => scoreOf(context) >= context.policy.transactionHistory.passScore,
    lastQuiz: ({ context, event }) =>
      attemptsOn(instantOf(event, context), 'transactionHistory', context) >=
      context.policy.transactionHistory.quizzesPerDay,
  },
  delays: {
    idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    quizTime: ({ context }) => context.policy.transactionHistory.quizTime,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    takeQuiz: assign(({ context, event }) => {
      assertEvent(event, 'xstate.done.actor.drawQuestions');
      const { quizId } = event.output;
      const questions = event.output.questions.map(
        ({ questionId, element, prompt }): AskedQuestion => ({ questionId, element, prompt }),
      );
      const at = instantOf(event, context);
      return {
        at,
        quizId,
        questions,
        grades: {},
        asked: [...new Set([...context.asked, ...questions.map((question) => question.questionId)])],
        graded: '',
        madeUp: 0,
        endsAt: at + context.policy.transactionHistory.quizTime,
        timeUp: false,
      };
    }),
    startQuizDeadline: raise({ type: 'deadline.quiz' }, { id: 'quiz', delay: 'quizTime' }),
    forgetQuizDeadline: cancel('quiz'),
    callTime: assign({ timeUp: true, at: ({ context }) => context.endsAt }),
    takeAnswer: assign(({ context, event }) => {
      assertEvent(event, 'quiz.answer');
      return { graded: event.questionId, at: instantOf(event, context) };
    }),
    pickMakeUp: assign({ makingUp: ({ context }) => nextMakeUp(context) ?? null }),
    forgetMakeUp: assign({ makingUp: null }),
    takeMakeUp: assign({
      graded: ({ context }) => context.makingUp ?? '',
      at: ({ context, event }) => instantOf(event, context),
    }),
    recordGrade: assign({
      grades: ({ context, event }) => {
        assertEvent(event, 'xstate.done.actor.gradeAnswer');
        return { ...context.grades, [context.graded]: event.output.right };
      },
    }),
    countMakeUp: assign({ madeUp: ({ context }) => context.madeUp + 1 }),
    /** A quiz is spent when it is handed in, passed or not: what comes after tells whether an amount was wrong. */
    spendQuiz: enqueueActions(({ enqueue, context, event }) => {
      const at = instantOf(event, context);
      enqueue.assign({ at, spent: [...context.spent, at] });
      enqueue.emit({ type: 'attempt.spent', path: 'transactionHistory' });
    }),
    tellScore: assign({ told: 'scoreTooLow' }),
    grant: assign({ factors: ['knowledge:transactions'] }),
  },
}).createMachine({
  id: 'transactionHistory',
  description: 'A quiz on the account’s own transactions, drawn afresh for each try.',
  meta: { section: '3.3' },
  context: ({ input }) => ({
    ...pathContext(input),
    quizId: '',
    questions: [],
    grades: {},
    asked: [...(input.asked ?? [])],
    graded: '',
    madeUp: 0,
    makingUp: null,
    endsAt: 0,
    timeUp: false,
  }),
  output: quizOutput,
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'deadline.quiz': { actions: 'callTime' },
  },
  initial: 'drawing',
  states: {
    drawing: {
      description: 'Questions are drawn that were not asked before.',
      meta: { section: '3.3' },
      tags: 'busy',
      invoke: {
        id: 'drawQuestions',
        src: 'drawQuestions',
        input: quizOrder,
        onDone: { target: 'answering', actions: ['takeQuiz', 'startQuizDeadline'] },
        onError: again('drawing'),
      },
      after: { portTimeout: again('drawing') },
    },
    answering: {
      description: 'The questions of one quiz, in any order, within the time of the quiz.',
      meta: { section: '3.3' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner answers a question, changes an answer, or hands the quiz in, which spends it.',
          meta: { section: '3.3' },
          tags: 'waitingForUser',
          always: { guard: 'timeUp', target: '#transactionHistory.grading', actions: 'spendQuiz' },
          on: {
            'quiz.answer': [
              {
                guard: 'questionUnknown',
                actions: { type: 'refuse', params: { code: 'invalidEvent', field: 'questionId' } },
              },
              { target: 'checking', actions: 'takeAnswer' },
            ],
            'quiz.submit': [
              { guard: 'mayMakeUp', target: '#transactionHistory.makingUp', actions: 'spendQuiz' },
              { target: '#transactionHistory.grading', actions: 'spendQuiz' },
            ],
          },
          after: {
            idleTimeout: {
              target: '#transactionHistory.expired',
              actions: { type: 'end', params: { reason: 'timedOut' } },
            },
          },
        },
        checking: {
          description: 'The port grades the answer; nothing is told of it, and an answer given in time counts.',
          meta: { section: '3.3' },
          tags: 'busy',
          invoke: {
            id: 'gradeAnswer',
            src: 'gradeAnswer',
            input: answerQuestion,
            onDone: { target: 'awaiting', actions: 'recordGrade' },
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    makingUp: {
      description: 'The quiz is spent; a wrong amount may be made up by picking one of a few, within its time.',
      meta: { section: '3.3' },
      exit: 'forgetMakeUp',
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner picks an amount, or hands the quiz in without.',
          meta: { section: '3.3' },
          tags: 'waitingForUser',
          entry: 'pickMakeUp',
          always: [
            { guard: 'timeUp', target: '#transactionHistory.grading' },
            { guard: 'nothingToMakeUp', target: '#transactionHistory.grading' },
          ],
          on: {
            'quiz.makeUp': { target: 'checking', actions: 'takeMakeUp' },
            'quiz.submit': '#transactionHistory.grading',
          },
          after: {
            idleTimeout: {
              target: '#transactionHistory.expired',
              actions: { type: 'end', params: { reason: 'timedOut' } },
            },
          },
        },
        checking: {
          description: 'The port grades the choice; it takes the place of the wrong amount.',
          meta: { section: '3.3' },
          tags: 'busy',
          invoke: {
            id: 'gradeAnswer',
            src: 'gradeAnswer',
            input: makeUpQuestion,
            onDone: { target: 'awaiting', actions: ['recordGrade', 'countMakeUp'] },
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    grading: {
      description: 'The score is taken; a failed quiz is followed by a fresh one while the day leaves one.',
      meta: { section: '3.3' },
      entry: 'forgetQuizDeadline',
      always: [
        { guard: 'passed', target: 'verified', actions: 'grant' },
        {
          guard: 'lastQuiz',
          target: 'rejected',
          actions: { type: 'end', params: { reason: 'dailyLimit' } },
        },
        { target: 'drawing', actions: 'tellScore' },
      ],
    },
    ...endings('3.3'),
  },
});

/**
 * Shown: `{ questions: { questionId, element, prompt }[], answered: string[], makingUp: string | null, endsAt: number }`.
 * Which questions were answered is shown, never how.
 */
const shown = shownBy(({ questions, grades, makingUp, endsAt }: Shown) => ({
  questions: questions.map(({ questionId, element, prompt }) => ({ questionId, element, prompt })),
  answered: Object.keys(grades),
  makingUp,
  endsAt,
}));

export const transactionHistory: RecoveryPath = {
  id: 'transactionHistory',
  title: { 'zh-CN': '历史交易记录', en: 'Transaction history' },
  section: '3.3',
  order: 'selfService',
  grants: ['knowledge'],
  machine: transactionHistoryMachine,
  ineligible,
  shown,
  stillHolds: (where) => !tooFewTransactions(where),
};
