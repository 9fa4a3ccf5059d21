import { describe, expect, test } from 'vitest';
import { unknownAccount } from '../../machines/account.ts';
import { policyOf } from '../../machines/policy.ts';
import { type PortInput, type PortName, ports as specs } from '../../machines/ports.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { createMemoryCodeStore } from '../../src/adapters/code-store.ts';
import type { PortCall } from '../../src/adapters/ports.ts';
import { createSandbox, type SandboxOptions } from '../../src/adapters/sandbox.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const PHONE = '+8613800000000';
const A1 = { accountId: 'a1' };
const device = { deviceId: 'd1' };

function simulated(over: Partial<SandboxOptions> = {}) {
  const simulation = createSandbox({
    accounts: [sandboxAccount()],
    key: 'a key of the tests, long enough',
    clock: () => START,
    passwordCost: 2,
    ...over,
  });
  let keys = 0;
  const call = (over: Partial<PortCall> = {}): PortCall => ({
    key: `k${++keys}`,
    recoveryId: 'r1',
    path: 'bankCard',
    step: '',
    attempt: 1,
    at: START,
    signal: new AbortController().signal,
    ...over,
  });
  return { ...simulation, call };
}
type Simulated = ReturnType<typeof simulated>;

const DIGITS = { ...A1, purpose: 'voiceDigits', channel: 'call', to: PHONE } as const;
const SMS = { ...A1, purpose: 'bankCard', channel: 'sms', to: PHONE } as const;
const EMERGENCY = { ...A1, limitFen: 50_000, lifetimeMs: 120 * MINUTE };
const payment = (over: object = {}) => ({
  ...A1,
  amountFen: 50_000,
  category: 'medical',
  merchantRef: 'm1',
  redemptionId: 'p1',
  ...over,
});
const codeOf = ({ world }: Simulated, to = PHONE) => world.inbox(to).at(-1)?.code ?? '';

/** An input for every port. */
function inputs(simulation: Simulated): { [K in PortName]: PortInput<K> } {
  return {
    loadAccount: A1,
    assessRisk: { ...A1, device, network: {} },
    verifyBankCard: { ...A1, cardId: 'c1', holderRef: 'h1' },
    sendCode: SMS,
    checkCode: { ...A1, purpose: 'bankCard', code: '000000' },
    checkDocument: { ...A1, frontRef: 'front', backRef: 'back' },
    checkFace: { ...A1, captureRef: 'face' },
    matchRegistry: { ...A1, frontRef: 'front', captureRef: 'face' },
    drawQuestions: { ...A1, questions: { amount: 3, merchant: 2, time: 2 }, exclude: [] },
    gradeAnswer: {
      ...A1,
      quizId: 'quiz-1-3-2-2',
      questionId: 'q1',
      element: 'amount',
      answer: 1,
      merchantSimilarity: 80,
      timeToleranceDays: 2,
    },
    requestConfirmation: { ...A1, contactIds: ['k1', 'k2'] },
    checkConfirmation: { ...A1, contactId: 'k1', method: 'qr', token: 'x' },
    openTicket: { ...A1, form: {}, completeness: 80, manualReview: false },
    escalateTicket: { ...A1, ticketId: 'ticket-1', to: 'priority' },
    scanBiometric: { ...A1, deviceId: 'd1', sensor: 'structuredLight3d', captureRef: 'finger' },
    crossCheckDevice: { ...A1, device },
    matchVoiceprint: { ...A1, captureRef: 'voice', dialect: 'mandarin' },
    checkAnswers: { ...A1, answers: simulation.world.securityAnswers('a1') },
    verifyInstitution: { ...A1, institutionToken: simulation.institutionToken() },
    verifyIdentityOnSite: { ...A1, evidenceRef: 'document' },
    assessEmergency: { ...A1, device, institutionType: 'hospital', deviceParameters: 17 },
    issueEmergencyCode: EMERGENCY,
    redeemEmergencyCode: payment(),
    setPassword: { ...A1, password: '294817', factors: [] },
    revokeSessions: A1,
    notify: { ...A1, notice: 'started' },
    eraseEvidence: { ...A1, evidenceRefs: ['front', 'back'] },
  };
}
const effectsOf = ({ world, passwordsSet }: Simulated) => ({
  messages: [PHONE, 'k1', 'k2'].map((to) => world.inbox(to)),
  counts: [world.notices, world.tickets, world.payments, world.revoked, world.erased].map(({ length }) => length),
  passwords: passwordsSet('a1'),
});

describe('every port', () => {
  test.each(Object.keys(specs) as PortName[])('%s: the same key has one effect and one answer', async (name) => {
    const simulation = simulated();
    if (name === 'escalateTicket') await simulation.ports.openTicket(inputs(simulation).openTicket, simulation.call());
    const port = simulation.ports[name] as (input: unknown, call: PortCall) => Promise<unknown>;
    const input = inputs(simulation)[name];
    const answer = await port(input, simulation.call({ key: 'same' }));
    const effects = effectsOf(simulation);
    expect(specs[name].output.safeParse(answer).success).toBe(true);
    simulation.world.setAccount({ validTransactions: 21 });
    const again = await Promise.all([1, 2].map(() => port(input, simulation.call({ key: 'same' }))));
    expect(again).toEqual([answer, answer]);
    expect(effectsOf(simulation)).toEqual(effects);
    expect(simulation.world.calls.at(-1)).toEqual({ port: name, key: 'same', repeats: 2 });
  });
});

describe('codes and links', () => {
  test('R5, R6: a code reaches the phone in clear and the store as a hash; a resent one voids it', async () => {
    const codeStore = createMemoryCodeStore();
    const simulation = simulated({ codeStore });
    const { ports, call } = simulation;
    await ports.sendCode(SMS, call());
    const first = codeOf(simulation);
    expect(first).toMatch(/^\d{6}$/);
    expect(JSON.stringify(codeStore)).not.toContain(first);
    await ports.sendCode(SMS, call());
    const second = codeOf(simulation);
    const check = (code: string) => ports.checkCode({ ...A1, purpose: 'bankCard', code }, call());
    if (first !== second) expect(await check(first)).toEqual({ ok: false });
    expect(await check(second)).toEqual({ ok: true });
    expect(await check(second)).toEqual({ ok: false });
  });

  test('R26: each contact has a link of its own; one removed meanwhile counts no more', async () => {
    const { ports, world, call } = simulated();
    await ports.requestConfirmation({ ...A1, contactIds: ['k1', 'k2', 'k3'] }, call());
    const tokenOf = (contactId: string) => world.inbox(contactId)[0]?.token ?? '';
    const confirm = (contactId: string, token: string, at = START) =>
      ports.checkConfirmation({ ...A1, contactId, method: 'smsLink', token }, call({ at }));
    expect(await confirm('k2', tokenOf('k1'))).toEqual({ ok: false });
    expect(await confirm('k1', tokenOf('k1'))).toEqual({ ok: true });
    expect(await confirm('k1', tokenOf('k1'))).toEqual({ ok: false });
    expect(await confirm('k3', tokenOf('k3'), START + 30 * MINUTE)).toEqual({ ok: false });
    world.setAccount({ contacts: [{ contactId: 'k1' }] });
    expect(await confirm('k2', tokenOf('k2'))).toEqual({ ok: false });
  });

  test('spoken digits are those read last, once, in the owner’s voice', async () => {
    const { ports, world, call } = simulated();
    const speak = (captureRef: string) => ports.matchVoiceprint({ ...A1, captureRef, dialect: 'mandarin' }, call());
    expect(await speak('voice')).toEqual({ match: false });
    await ports.sendCode(DIGITS, call());
    expect(await speak(world.capture({ digits: 'none' }))).toEqual({ match: false });
    expect(await speak('voice')).toEqual({ match: 95 });
    expect(await speak('voice')).toEqual({ match: false });
    await ports.sendCode(DIGITS, call());
    expect(await speak(world.capture({ ofOwner: false }))).toEqual({ match: 20 });
  });
});

describe('the emergency code', () => {
  test('R39: 50 000 fen are paid, 50 001 and virtual goods are not and leave the code good', async () => {
    const { ports, world, call } = simulated();
    await ports.issueEmergencyCode(EMERGENCY, call());
    const pay = (over: object, at = START) => ports.redeemEmergencyCode(payment(over), call({ at }));
    expect(await pay({ amountFen: 50_001, redemptionId: 'p0' })).toEqual({ accepted: false });
    expect(await pay({ category: 'virtualGoods', redemptionId: 'p00' })).toEqual({ accepted: false });
    expect(await pay({})).toEqual({ accepted: true });
    expect(await pay({})).toEqual({ accepted: true });
    expect(await pay({ redemptionId: 'p2' })).toEqual({ accepted: false });
    expect(world.payments).toHaveLength(1);
  });
  test('R39: of two payments at once one is made, and none after two hours', async () => {
    const { ports, world, call } = simulated();
    const pay = (redemptionId: string, at = START) =>
      ports.redeemEmergencyCode(payment({ redemptionId }), call({ at }));
    await ports.issueEmergencyCode(EMERGENCY, call());
    const answers = await Promise.all(['p1', 'p2', 'p3'].map((id) => pay(id)));
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(1);
    await ports.issueEmergencyCode(EMERGENCY, call());
    expect(await pay('late', START + 120 * MINUTE)).toEqual({ accepted: false });
    expect(world.payments).toHaveLength(1);
  });
  test('place, device and behaviour are each looked at', async () => {
    const { ports, institutionToken, call } = simulated();
    const assess = (over: object) =>
      ports.assessEmergency(
        { ...A1, device: { ...device, ...over }, institutionType: 'hospital', deviceParameters: 17 },
        call(),
      );
    expect(await assess({})).toMatchObject({ place: false });
    await ports.verifyInstitution({ ...A1, institutionToken: institutionToken({ place: 'cell 7' }) }, call());
    expect(await assess({})).toEqual({ place: true, device: true, behaviour: true });
    const wrong = { deviceId: 'd9', place: 'cell 8', behaviour: 'unusual' };
    expect(await assess(wrong)).toEqual({ place: false, device: false, behaviour: false });
    expect(await assess({ parameters: 16 })).toMatchObject({ device: false });
  });
});

describe('people and things', () => {
  test('R55: captures that were erased are there no more', async () => {
    const { ports, world, call } = simulated();
    const glare = world.capture({ faults: ['glare'] });
    await ports.eraseEvidence({ ...A1, evidenceRefs: [glare, 'never-taken'] }, call());
    expect(world.erased).toMatchObject([{ accountId: 'a1', evidenceRefs: [glare, 'never-taken'] }]);
    await expect(ports.checkFace({ ...A1, captureRef: glare }, call())).rejects.toThrow('the capture was erased');
  });

  test('captures show what was taken; what nobody took is the owner’s own', async () => {
    const { ports, world, call } = simulated();
    const glare = world.capture({ faults: ['glare', 'cornersMissing'], warnings: ['worn'] });
    const stranger = world.capture({ ofOwner: false, live: false });
    expect(await ports.checkDocument({ ...A1, frontRef: glare, backRef: 'back' }, call())).toEqual({
      faults: ['glare', 'cornersMissing'],
      warnings: ['worn'],
      expired: false,
    });
    expect(await ports.checkFace({ ...A1, captureRef: stranger }, call())).toMatchObject({ live: false });
    const match = (captureRef: string) => ports.matchRegistry({ ...A1, frontRef: 'front', captureRef }, call());
    expect(await match('face')).toEqual({ match: 95 });
    expect(await match(stranger)).toEqual({ match: 20 });
    expect(await match(world.capture({ match: 79 }))).toEqual({ match: 79 });
  });
  test('the bank looks at the card as it is now', async () => {
    const { ports, world, call } = simulated();
    const verify = async (over: object = {}) =>
      (await ports.verifyBankCard({ ...A1, cardId: 'c1', holderRef: 'h1', ...over }, call())).status;
    expect(await verify()).toBe('verified');
    expect(await verify({ cardId: 'c9' })).toBe('mismatch');
    expect(await verify({ holderRef: world.capture({ ofOwner: false }) })).toBe('mismatch');
    world.setAccount({ cards: [{ onlinePayment: false }] });
    expect(await verify()).toBe('onlinePaymentDisabled');
    world.setAccount({ cards: [{ status: 'frozen' }] });
    expect(await verify()).toBe('cardUnavailable');
  });
  test('R49: a password is not set by a means that is no longer the account’s', async () => {
    const { ports, world, passwordsSet, call } = simulated();
    const set = (...factors: string[]) => ports.setPassword({ ...A1, password: '294817', factors }, call());
    world.setAccount({ phone: '+8613911112222' });
    expect(await set(`possession:phone:${PHONE}`)).toEqual({ ok: false, reason: 'noLongerEligible' });
    expect(await set('possession:card:c1')).toEqual({ ok: false, reason: 'noLongerEligible' });
    expect(await set('vouching:contact:k9')).toEqual({ ok: false, reason: 'noLongerEligible' });
    expect(passwordsSet('a1')).toBe(0);
    expect(await set('vouching:contact:k1', 'inherence:face')).toEqual({ ok: true });
  });
  test('R35: a notice also goes to the phone that the account had before', async () => {
    const { ports, world, call } = simulated();
    world.setAccount({ phone: '+8613911112222' });
    await ports.notify({ ...A1, notice: 'reset', path: 'bankCard' }, call());
    expect(world.notices[0]).toMatchObject({ notice: 'reset', path: 'bankCard' });
    expect(world.notices[0]?.to).toEqual([PHONE, '+8613911112222', 'k1', 'k2', 'k3', 'k4']);
  });
  test('signals add up to a risk; tickets rise; R15: an unknown account has nothing', async () => {
    const { ports, world, call } = simulated();
    const assess = (network: object, deviceId = 'd1') =>
      ports.assessRisk({ ...A1, device: { deviceId }, network: { ...network } }, call());
    expect(await assess({})).toEqual({ level: 'low', signals: [] });
    expect(await assess({ vpn: true })).toEqual({ level: 'medium', signals: ['vpnHop'] });
    expect(await assess({ known: false }, 'd2')).toEqual({ level: 'high', signals: ['newDevice', 'newNetwork'] });
    const ticket = await ports.openTicket({ ...A1, form: {}, completeness: 50, manualReview: true }, call());
    await ports.escalateTicket({ ...A1, ticketId: ticket.ticketId ?? '', to: 'supervisor' }, call());
    expect(world.tickets[0]).toMatchObject({ level: 'supervisor', manualReview: true });
    expect(await ports.loadAccount({ accountId: 'a9' }, call())).toEqual(unknownAccount('a9'));
    world.setSecurityAnswers('a1', { pet: 'Mimi' });
    expect(await ports.checkAnswers({ ...A1, answers: { pet: ' mimi' } }, call())).toEqual({ ok: true });
    expect(await ports.checkAnswers({ ...A1, answers: {} }, call())).toEqual({ ok: false });
  });
  test('a quiz is drawn and graded, and a wrong amount can be made up', async () => {
    const { ports, choices, world, call } = simulated();
    const { questions, exclude } = inputs(simulated()).drawQuestions;
    const { quizId = '' } = await ports.drawQuestions({ ...A1, questions, exclude }, call());
    const offered = choices({ ...A1, recoveryId: 'r1', quizId, questionId: 'q1' }) ?? [];
    const grades = await Promise.all(
      offered.map((answer) =>
        ports.gradeAnswer({ ...inputs(simulated()).gradeAnswer, quizId, answer }, call({ path: 'transactionHistory' })),
      ),
    );
    expect(grades.filter(({ right }) => right)).toHaveLength(1);
    expect(world.transactions('a1')).toHaveLength(42);
  });
});

describe('faults and delays', () => {
  test('a port fails as often as asked, with no effect, and its call may be made again', async () => {
    const { ports, world, call } = simulated({ faults: { sendCode: 'throws' } });
    await expect(ports.sendCode(SMS, call())).rejects.toThrow('sendCode');
    world.setFault('sendCode', 'throws', 1);
    await expect(ports.sendCode(SMS, call({ key: 'again' }))).rejects.toThrow('sendCode');
    expect(world.inbox(PHONE)).toHaveLength(0);
    await ports.sendCode(SMS, call({ key: 'again' }));
    expect(world.inbox(PHONE)).toHaveLength(1);
  });
  test('a port that hangs lets go when nobody waits any more', async () => {
    const { ports, call } = simulated({ faults: { loadAccount: 'hangs' } });
    const abort = new AbortController();
    const answer = ports.loadAccount(A1, call({ signal: abort.signal }));
    abort.abort(new Error('no longer awaited'));
    await expect(answer).rejects.toThrow('no longer awaited');
  });
  test('a slow port has done its work before it answers; delays are spent through `wait`, once a key', async () => {
    const waited: number[] = [];
    const simulation = simulated({
      policy: policyOf(),
      delays: { verifyBankCard: 120_000 },
      faults: { sendCode: 'slow' },
      slowMs: 40_000,
      wait: async (ms) => void waited.push(ms),
    });
    const { ports, world, call } = simulation;
    await ports.sendCode(SMS, call());
    expect(world.inbox(PHONE)).toHaveLength(1);
    const card = { ...A1, cardId: 'c1', holderRef: 'h1' };
    await ports.verifyBankCard(card, call({ key: 'bank' }));
    await ports.verifyBankCard(card, call({ key: 'bank', at: START + 90_000 }));
    await ports.verifyBankCard(card, call({ key: 'bank', at: START + 150_000 }));
    expect(waited).toEqual([40_000, 120_000, 30_000]);
  });
});
