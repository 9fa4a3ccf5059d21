import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import type { Domain } from './cases.ts';
import type { ModelState } from './composed.ts';

/** What paths are generated for: an account, figures small enough that the graph closes, and values that mean something. */
export interface Subject {
  account: Record<string, unknown>;
  policy: PolicyInput;
  domain: Domain;
  /** Where walking on shows nothing new. */
  bound?: (state: ModelState) => boolean;
}

/** Ten in the morning of 2 March 2026 in Shanghai. */
export const START = Date.parse('2026-03-02T10:00:00+08:00');
const PASSWORD = '294817';

const NOTHING_LEFT = {
  realName: { verified: false },
  cards: [],
  validTransactions: 0,
  contacts: [],
  biometric: { enabled: false },
  voiceprint: { enrolled: false },
};
const FEW_FAILURES: PolicyInput = { ports: { maxFailures: 2 } };

const childContext = ({ child }: ModelState) => child?.snapshot.context ?? {};

/** Values that hold for every path. */
const COMMON: Domain = {
  code: ['123456', '12345'],
  password: [PASSWORD, '12345'],
  confirmation: [PASSWORD],
  match: [100, 80, 79, true, false],
  setPassword: [{ ok: true }, { ok: false, reason: 'reused' }, { ok: false, reason: 'noLongerEligible' }],
  agentsReason: ['not the owner'],
  signals: [[]],
  warnings: [[]],
};

const CARD = {
  path: 'bankCard',
  account: {
    cards: [{ bankType: 'jointStock' }, { status: 'lost' }, { kind: 'credit', bankType: 'cityRural' }],
  },
  policy: { ...FEW_FAILURES, bankCard: { jointStock: { attemptsPerDay: 2 } }, code: { maxWrong: 1, maxSends: 1 } },
  domain: { cardId: ['c1', 'c2', 'c3', 'c9'] },
} satisfies Subject & { path: string };

const QUIZ = {
  path: 'transactionHistory',
  account: {},
  policy: {
    ...FEW_FAILURES,
    transactionHistory: { questions: { amount: 1, merchant: 1, time: 0 }, quizzesPerDay: 2 },
  },
  domain: {
    questionId: ['q1', 'q2', 'q9'],
    answer: ['x'],
    choice: ['x'],
    drawQuestions: [
      {
        quizId: 'quiz',
        questions: [
          { questionId: 'q1', element: 'amount', prompt: '' },
          { questionId: 'q2', element: 'merchant', prompt: '' },
        ],
      },
    ],
  },
} satisfies Subject & { path: string };

const APPEAL = {
  path: 'appeal',
  account: NOTHING_LEFT,
  policy: { ...FEW_FAILURES, appeal: { calls: 2 }, recovery: { timeout: '73h' } },
  domain: {
    reason: ['not the owner'],
    usedLocations: [['x']],
    pastPhones: [['x']],
    lastTopUps: [[{}]],
    scenarios: ['x'],
    evidenceRefs: [['proof']],
  },
  bound: (state: ModelState) => childContext(state).escalations >= 2,
} satisfies Subject & { path: string };

const VOICE = {
  path: 'voice',
  account: {},
  policy: { ...FEW_FAILURES, voice: { attemptsPerDay: 2, closesAt: '10:20' } },
  domain: { key: ['3', '4'], answers: [['x']] },
} satisfies Subject & { path: string };

const CONTACTS = {
  path: 'securityContacts',
  account: { contacts: [{}, {}, {}, { knownDays: 1 }] },
  policy: FEW_FAILURES,
  domain: {
    contactIds: [['k1', 'k2'], ['k9']],
    contactId: ['k1', 'k2', 'k3'],
    method: ['qr'],
  },
  bound: (state: ModelState) => childContext(state).failures >= 2,
} satisfies Subject & { path: string };

export const pathSubjects: Record<string, Subject & { path: string }> = {
  bankCard: {
    ...CARD,
    policy: { ...CARD.policy, code: { maxWrong: 2, maxSends: 2 } },
  },
  'bankCard, one wrong code left': {
    ...CARD,
    policy: { ...CARD.policy, guessing: { wrongCodesPerDay: 1 } },
  },
  idCard: {
    path: 'idCard',
    account: { cards: [] },
    policy: { ...FEW_FAILURES, idCard: { maxComparisons: 2, maxCaptures: 3 } },
    domain: {},
  },
  transactionHistory: QUIZ,
  'transactionHistory, a long quiz': {
    ...QUIZ,
    policy: { ...QUIZ.policy, transactionHistory: { ...QUIZ.policy.transactionHistory, quizTime: '40m' } },
    bound: (state) => childContext(state).spent?.length >= 2,
  },
  securityContacts: CONTACTS,
  'securityContacts, denials ignored': {
    ...CONTACTS,
    policy: { ...CONTACTS.policy, contacts: { onDenial: 'ignore' } },
  },
  appeal: APPEAL,
  'appeal, after a manual review': {
    ...APPEAL,
    account: { ...NOTHING_LEFT, manualReview: true },
    bound: (state) => childContext(state).ticketId !== '',
  },
  biometric: {
    path: 'biometric',
    account: {},
    policy: { ...FEW_FAILURES, biometric: { maxScans: 2 } },
    domain: {},
  },
  voice: VOICE,
  'voice, long to resume': { ...VOICE, policy: { ...VOICE.policy, voice: { resumeWithin: '40m' } } },
  emergencyCode: {
    path: 'emergencyCode',
    account: NOTHING_LEFT,
    policy: { ...FEW_FAILURES, recovery: { timeout: '1h' } },
    domain: {
      amountFen: [50_000, 50_001],
      category: ['medical', 'virtualGoods'],
      redemptionId: ['p1', 'p2'],
      institutionToken: ['token'],
    },
  },
};

const LOST = sandboxAccount({ cards: [{ status: 'lost' }] });
const PARENT = {
  account: {},
  policy: {
    ...CARD.policy,
    guessing: { firstWait: '1m' },
    recovery: { revokeWithin: '2m' },
    bankCard: { stateOwned: { attemptsPerDay: 1 } },
  },
  domain: {
    path: ['bankCard', 'nowhere'],
    cardId: ['c1'],
    loadAccount: [sandboxAccount({}), LOST],
    assessRisk: [
      { level: 'low', signals: [] },
      { level: 'high', signals: [] },
    ],
  },
  bound: ({ parent }: ModelState) => parent.context.attempts.length >= 2,
} satisfies Subject;

/** For the parent itself: one path under way stands for all, which are walked by themselves. */
export const parentSubjects: Record<string, Subject> = {
  'a card': PARENT,
  'little time': {
    ...PARENT,
    policy: { ...PARENT.policy, recovery: { timeout: '50s', revokeWithin: '2m' } },
    domain: { ...PARENT.domain, loadAccount: [sandboxAccount({})], assessRisk: [{ level: 'low', signals: [] }] },
    bound: ({ parent }) => parent.context.attempts.length >= 2 || parent.context.failures >= 2,
  },
  'two proofs needed': {
    ...PARENT,
    policy: { ...PARENT.policy, profile: 'strict', guessing: { wrongCodesPerDay: 1 } },
    bound: ({ parent }) => parent.context.attempts.length >= 1,
  },
  'an emergency': {
    account: NOTHING_LEFT,
    policy: FEW_FAILURES,
    domain: {
      path: ['emergencyCode'],
      ...{ amountFen: [50_000], category: ['medical'], redemptionId: ['p1'], institutionToken: ['token'] },
    },
    bound: ({ parent }) => parent.context.attempts.length >= 2,
  },
};

/** A subject with what all have in common. */
export function completed({ account, policy, domain, bound = () => false }: Subject) {
  const facts = sandboxAccount(account);
  return {
    facts,
    policy: policyOf(policy),
    policyInput: policy,
    domain: { ...COMMON, loadAccount: [facts], assessRisk: [{ level: 'low', signals: [] }], ...domain } as Domain,
    bound,
  };
}
export type Completed = ReturnType<typeof completed>;
