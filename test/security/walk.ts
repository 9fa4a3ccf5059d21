import type { AnyEventObject } from 'xstate';
import { paths } from '../../machines/paths.ts';
import { type Policy, policyOf } from '../../machines/policy.ts';
import type { PortName } from '../../machines/ports.ts';
import { OWN_EVENTS, type RecoveryContext, recoveryMachine } from '../../machines/recovery.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { catchUp, inspect, type PortRequest, type Step, type StepInput, step } from '../../src/core/index.ts';
import { DAY, HOUR, MINUTE, NOTHING_LEFT, SECOND, START } from './helpers.ts';

/** Secrets that nothing may keep. */
export const SECRETS = {
  password: '506172',
  code: '918273',
  token: 'TOKEN-OF-A-CONTACT',
  answer: 'ANSWER-OF-THE-OWNER',
};

const { password, code, token, answer } = SECRETS;
const asAgent = (type: string, agentId: string, more: object = {}) => ({ type, agentId, ...more });
const pay = (amountFen: number, redemptionId: string) => ({
  type: 'code.redeem',
  amountFen,
  category: 'medical',
  merchantRef: 'm1',
  redemptionId,
});

/** What anybody might send. */
const EVENTS: AnyEventObject[] = [
  ...paths.map(({ id }) => ({ type: 'path.choose', path: id })),
  { type: 'path.leave' },
  { type: 'recovery.cancel' },
  { type: 'password.submit', password, confirmation: password },
  { type: 'password.submit', password: '111111', confirmation: '111111' },
  { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' },
  { type: 'code.submit', code },
  { type: 'code.resend' },
  { type: 'document.submit', frontRef: 'f', backRef: 'b' },
  { type: 'face.submit', captureRef: 'c' },
  ...Array.from({ length: 7 }, (_, index) => ({ type: 'quiz.answer', questionId: `q${index + 1}`, answer })),
  { type: 'quiz.makeUp', choice: answer },
  { type: 'quiz.submit' },
  { type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] },
  ...['k1', 'k2', 'k3', 'k9'].map((contactId) => ({ type: 'contact.confirm', contactId, method: 'qr', token })),
  { type: 'contact.deny', contactId: 'k3' },
  { type: 'appeal.file', scenarios: answer, evidenceRefs: ['e'] },
  { type: 'appeal.supplement', evidenceRefs: ['e'] },
  asAgent('callback.reached', 'ann'),
  asAgent('callback.unanswered', 'ann'),
  asAgent('review.approve', 'ann'),
  asAgent('review.approve', 'bo'),
  asAgent('review.reject', 'bo', { reason: 'not the owner' }),
  asAgent('review.requestSupplement', 'bo', { items: ['receipt'] }),
  asAgent('review.requestVideo', 'bo'),
  asAgent('video.passed', 'bo'),
  asAgent('video.failed', 'bo'),
  { type: 'biometric.scan', captureRef: 's' },
  { type: 'call.connected' },
  { type: 'call.key', key: '3' },
  { type: 'voice.spoken', captureRef: 'v' },
  { type: 'answers.submit', answers: [answer] },
  { type: 'call.dropped' },
  { type: 'institution.scan', institutionToken: token },
  { type: 'identity.present', evidenceRef: 'e' },
  pay(50_000, 'p1'),
  pay(50_001, 'p2'),
];

/** What would end most walks before they have begun. */
const RARE = ['recovery.cancel', 'path.leave', 'call.dropped'];
/** Whether the parent takes an event itself; the others it only hands on. */
const isOwn = (type: string) => OWN_EVENTS.some((own) => own === type);
const WAITS = [
  0,
  SECOND,
  31 * SECOND,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  25 * MINUTE,
  45 * MINUTE,
  2 * HOUR,
  DAY,
  3 * DAY,
];

const ACCOUNTS = [{}, { cards: [] }, NOTHING_LEFT].map((facts) => sandboxAccount(facts));

const yesOrNo = (field: string) => [{ [field]: true }, { [field]: true }, { [field]: false }];
/** What each port might answer; the first is the one that lets a recovery go on. */
const ANSWERS: Record<PortName, unknown[]> = {
  loadAccount: [], // the account of the walk
  assessRisk: ['low', 'low', 'low', 'medium', 'high'].map((level) => ({ level, signals: [] })),
  verifyBankCard: ['verified', 'verified', 'mismatch', 'cardUnavailable'].map((status) => ({ status })),
  sendCode: [{ ok: true }],
  checkCode: yesOrNo('ok'),
  checkDocument: [
    { faults: [], warnings: [], expired: false },
    { faults: ['glare'], warnings: [], expired: false },
  ],
  checkFace: [
    { faults: [], warnings: [], live: true },
    { faults: [], warnings: [], live: false },
  ],
  matchRegistry: [{ match: 95 }, { match: 95 }, { match: 79 }],
  drawQuestions: [
    {
      quizId: 'z',
      questions: [1, 2, 3, 4, 5, 6, 7].map((n) => ({ questionId: `q${n}`, element: 'time', prompt: '' })),
    },
  ],
  gradeAnswer: [{ right: true }, { right: true }, { right: true }, { right: true }, { right: false }],
  requestConfirmation: [{ ok: true }],
  checkConfirmation: yesOrNo('ok'),
  openTicket: [{ ticketId: 't1' }],
  escalateTicket: [{ ok: true }],
  scanBiometric: yesOrNo('match'),
  crossCheckDevice: yesOrNo('ok'),
  matchVoiceprint: yesOrNo('match'),
  checkAnswers: yesOrNo('ok'),
  verifyInstitution: [
    { valid: true, type: 'hospital' },
    { valid: false, type: '' },
  ],
  verifyIdentityOnSite: yesOrNo('ok'),
  assessEmergency: [
    { place: true, device: true, behaviour: true },
    { place: false, device: true, behaviour: true },
  ],
  issueEmergencyCode: [{ ok: true }],
  redeemEmergencyCode: yesOrNo('accepted'),
  setPassword: [{ ok: true }, { ok: false, reason: 'reused' }, { ok: false, reason: 'noLongerEligible' }],
  revokeSessions: yesOrNo('ok'),
  eraseEvidence: [{ ok: true }],
  notify: [{ ok: true }],
};

const of = <T>(list: readonly T[], pick: number): T => list[pick % list.length] as T;

/** One recovery in the hands of chance: the real machines, stepped as a host does, with nothing written anywhere. */
export class Walk {
  readonly policy: Policy;
  /** What was taken, in order. */
  readonly taken: { input: StepInput; before: Step | undefined; after: Step }[] = [];
  last: Step;
  now = START;
  readonly #account: ReturnType<typeof sandboxAccount>;
  #requests: PortRequest[] = [];

  constructor(profile: Policy['profile'], account: number) {
    this.policy = policyOf({}, profile);
    this.#account = of(ACCOUNTS, account);
    const input = {
      recoveryId: 'r1',
      accountId: 'a1',
      device: { deviceId: 'd1' },
      network: {},
      policy: this.policy,
      at: START,
    };
    this.last = step(recoveryMachine, null, { type: 'start', input }, START);
    this.#note({ type: 'start', input }, undefined, this.last);
  }

  get context(): RecoveryContext {
    return (this.last.snapshot as { context: RecoveryContext }).context;
  }
  get state(): string {
    return this.last.states.join();
  }
  get isDone(): boolean {
    return this.last.status === 'done';
  }

  wait(pick: number): void {
    this.now += of(WAITS, pick);
    this.#catchUp();
  }

  /** Sends any event. */
  send(pick: number): void {
    this.take(of(EVENTS, pick));
  }

  take(event: AnyEventObject): boolean {
    return this.#deliver({ type: 'event', event: { ...event, at: this.now } });
  }

  /** Does what is likely next: a port answers, else somebody does what may be done, else time passes. */
  act(pick: number): void {
    if (this.#requests.length > 0) {
      this.answer(pick);
      return;
    }
    const machines = inspect(recoveryMachine, this.last);
    const types = machines.flatMap(({ path, events }) => events.filter((type) => path.length > 0 || isOwn(type)));
    const fitting = EVENTS.filter(({ type }) => types.includes(type) && (pick % 40 === 0 || !RARE.includes(type)));
    if (fitting.length > 0) this.take(of(fitting, pick));
    else this.wait(pick);
  }

  /** Lets a port answer, or fail, and then say the same again: that must not be taken (R45). */
  answer(pick: number): void {
    const request = of(this.#requests, pick);
    if (!request) return;
    const input = this.#answerTo(request, Math.floor(pick / 7));
    this.#deliver(input);
    if (this.#deliver(input)) throw new Error(`${request.key} was answered twice`);
  }

  /** Ends the recovery as its owner would, with ports that answer and time that passes. @returns whether it ended. */
  end(): boolean {
    for (let tries = 0; tries < 60 && !this.isDone; tries++) {
      this.take({ type: 'recovery.cancel' });
      for (const request of this.#requests) this.#deliver(this.#answerTo(request, 1));
      this.wait(tries);
    }
    return this.isDone;
  }

  #answerTo({ key, port }: PortRequest, pick: number): StepInput {
    if (pick % 12 === 0) return { type: 'failure', key, error: { name: 'Error', message: 'out of order' } };
    const answers = port === 'loadAccount' ? [this.#account] : ANSWERS[port as PortName];
    return { type: 'answer', key, output: of(answers, pick - 1) };
  }

  #catchUp(): void {
    if (this.isDone) return;
    for (const due of catchUp(recoveryMachine, this.last, this.now)) {
      this.#note({ type: 'timer', id: due.timer ?? '' }, this.last, due);
    }
  }

  #deliver(input: StepInput): boolean {
    this.#catchUp();
    const next = step(recoveryMachine, this.last, input, this.now);
    if (!next.accepted || next.emitted.some(({ event }) => event.type === 'refused')) return false;
    this.#note(input, this.last, next);
    return true;
  }

  #note(input: StepInput, before: Step | undefined, after: Step): void {
    this.taken.push({ input, before, after });
    this.last = after;
    this.#requests = [...this.#requests, ...after.requests].filter(({ key }) => after.awaited.includes(key));
  }
}
