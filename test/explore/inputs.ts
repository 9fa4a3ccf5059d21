import type { AnyEventObject } from 'xstate';
import type { PortName } from '../../machines/ports.ts';
import type { Outcome } from '../../src/testing/index.ts';

/** What anybody might send and what ports might do, with the values on both sides of each limit. */

const agent = (type: string, agentId: string, more: object = {}) => ({ type, agentId, ...more });
const pay = (amountFen: number, more: object = {}) => ({
  type: 'code.redeem',
  amountFen,
  category: 'medical',
  merchantRef: 'm1',
  redemptionId: 'p1',
  ...more,
});
const confirm = (contactId: string) => ({ type: 'contact.confirm', contactId, method: 'qr', token: 't' });
const password = (password: string, confirmation = password) => ({ type: 'password.submit', password, confirmation });

/** Events that the parent takes. */
export const OWN: AnyEventObject[] = [
  { type: 'recovery.cancel' },
  { type: 'path.leave' },
  password('294817'),
  password('123456'),
  password('294817', '294818'),
];

const QUESTIONS = [
  { questionId: 'q1', element: 'amount', prompt: '' },
  { questionId: 'q2', element: 'merchant', prompt: '' },
];

export const EVENTS: Record<string, AnyEventObject[]> = {
  bankCard: [
    { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' },
    { type: 'bankCard.submit', cardId: 'c9', holderRef: 'h1' },
    { type: 'code.submit', code: '123789' },
    { type: 'code.submit', code: '12378' },
    { type: 'code.resend' },
  ],
  idCard: [
    { type: 'document.submit', frontRef: 'f1', backRef: 'b1' },
    { type: 'face.submit', captureRef: 's1' },
  ],
  transactionHistory: [
    ...['q1', 'q2', 'q9'].map((questionId) => ({ type: 'quiz.answer', questionId, answer: 'x' })),
    { type: 'quiz.makeUp', choice: 'x' },
    { type: 'quiz.submit' },
  ],
  securityContacts: [
    { type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] },
    { type: 'contacts.request', contactIds: ['k1', 'k9'] },
    ...['k1', 'k2', 'k9'].map(confirm),
    { type: 'contact.deny', contactId: 'k2' },
    { type: 'contact.deny', contactId: 'k9' },
  ],
  appeal: [
    { type: 'appeal.file', scenarios: 'groceries' },
    { type: 'appeal.supplement', evidenceRefs: ['e1'] },
    agent('callback.reached', 'ann'),
    agent('callback.unanswered', 'ann'),
    agent('review.approve', 'ann'),
    agent('review.approve', 'bo'),
    agent('review.reject', 'bo', { reason: 'not the owner' }),
    agent('review.requestSupplement', 'bo', { items: ['receipt'] }),
    agent('review.requestVideo', 'bo'),
    agent('video.passed', 'ann'),
    agent('video.passed', 'bo'),
    agent('video.failed', 'bo'),
  ],
  biometric: [{ type: 'biometric.scan', captureRef: 's1' }],
  voice: [
    { type: 'call.connected' },
    { type: 'call.key', key: '3' },
    { type: 'call.key', key: '2' },
    { type: 'voice.spoken', captureRef: 'v1' },
    { type: 'answers.submit', answers: ['x'] },
    { type: 'call.dropped' },
  ],
  emergencyCode: [
    { type: 'institution.scan', institutionToken: 't' },
    { type: 'identity.present', evidenceRef: 'e1' },
    pay(50_000),
    pay(50_001, { redemptionId: 'p2' }),
    pay(1, { redemptionId: 'p3' }),
    pay(1, { redemptionId: 'p4', category: 'virtualGoods' }),
  ],
};

const answers = (...given: object[]): Outcome[] => [...given.map((answer) => ({ answer })), { throws: 'out of order' }];
const yesOrNo = (field: string) => answers({ [field]: true }, { [field]: false });

/** What each port may do, beside `loadAccount`, `assessRisk` and never answering. */
export const PORTS: Record<Exclude<PortName, 'loadAccount' | 'assessRisk' | 'eraseEvidence'>, Outcome[]> = {
  verifyBankCard: answers(
    ...['verified', 'mismatch', 'cardUnavailable', 'onlinePaymentDisabled'].map((status) => ({ status })),
  ),
  sendCode: answers({ ok: true }),
  checkCode: yesOrNo('ok'),
  checkDocument: answers(
    { faults: [], warnings: [], expired: false },
    { faults: ['glare'], warnings: [], expired: false },
    { faults: [], warnings: [], expired: true },
  ),
  checkFace: answers(
    { faults: [], warnings: [], live: true },
    { faults: ['notFrontal'], warnings: [], live: true },
    { faults: [], warnings: [], live: false },
  ),
  matchRegistry: answers({ match: 80 }, { match: 79 }),
  drawQuestions: answers({ quizId: 'z1', questions: QUESTIONS }),
  gradeAnswer: yesOrNo('right'),
  requestConfirmation: answers({ ok: true }),
  checkConfirmation: yesOrNo('ok'),
  openTicket: answers({ ticketId: 't1' }),
  escalateTicket: answers({ ok: true }),
  scanBiometric: answers({ match: 80 }, { match: 79 }),
  crossCheckDevice: yesOrNo('ok'),
  matchVoiceprint: answers({ match: 80 }, { match: 79 }),
  checkAnswers: yesOrNo('ok'),
  verifyInstitution: answers({ valid: true, type: 'hospital' }, { valid: false, type: '' }),
  verifyIdentityOnSite: yesOrNo('ok'),
  assessEmergency: answers(
    { place: true, device: true, behaviour: true },
    { place: false, device: true, behaviour: true },
  ),
  issueEmergencyCode: yesOrNo('ok'),
  redeemEmergencyCode: yesOrNo('accepted'),
  setPassword: answers({ ok: true }, { ok: false, reason: 'reused' }, { ok: false, reason: 'noLongerEligible' }),
  revokeSessions: yesOrNo('ok'),
  notify: answers({ ok: true }),
};
