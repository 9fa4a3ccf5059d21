import type { Player } from './player.ts';

/** An account that only people can help. */
const NOTHING = {
  cards: [],
  validTransactions: 3,
  contacts: [],
  realName: { verified: false, documentExpired: false, birthDate: '1990-04-01' },
  biometric: { enabled: false, sensor: 'ultrasonic', enrolledDeviceId: null },
  voiceprint: { enrolled: false, dialect: 'mandarin' },
};
const FORM = { type: 'appeal.file', registrationMonth: '2019-05', firstDeviceModel: 'an old phone', emailPrefix: 'me' };
const PASSWORD = '294817';

async function fileAppeal(p: Player): Promise<void> {
  p.account(NOTHING);
  await p.start();
  await p.choose('appeal');
  await p.send(FORM);
  await p.until('verifying.appeal.queued');
}

async function issueEmergencyCode(p: Player): Promise<void> {
  p.account(NOTHING);
  await p.start();
  await p.choose('emergencyCode');
  await p.staff('s1', 'staff', { type: 'institution.scan', institutionToken: p.institutionToken() });
  await p.until('verifying.emergencyCode.identityCheck');
  await p.staff('s1', 'staff', { type: 'identity.present', evidenceRef: 'document' });
  await p.until('verifying.emergencyCode.active');
}

async function askContacts(p: Player): Promise<void> {
  p.account();
  await p.start();
  await p.choose('securityContacts');
  await p.send({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
  await p.time('contactsOpen');
  await p.until('verifying.securityContacts.collecting');
}

/** Recoveries of all kinds, to whatever end they come; the name says which. */
export const SCRIPTS: Record<string, (p: Player) => Promise<void>> = {
  'bank card, one wrong code': async (p) => {
    p.account();
    await p.start();
    await p.choose('bankCard');
    await p.send({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'holder' });
    await p.until('verifying.bankCard.awaitingCode');
    await p.send({ type: 'code.submit', code: p.code() === '000000' ? '000001' : '000000' });
    await p.until('verifying.bankCard.awaitingCode');
    await p.send({ type: 'code.submit', code: p.code() });
    await p.setPassword(PASSWORD);
  },
  'bank card, a code that nobody enters': async (p) => {
    p.account();
    await p.start();
    await p.choose('bankCard');
    await p.send({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'holder' });
    await p.until('verifying.bankCard.awaitingCode');
    await p.time('afterCodes');
    await p.time('codeOver');
    await p.until('expired');
  },
  'identity card, glare once': async (p) => {
    p.account({ cards: [] });
    await p.start();
    await p.choose('idCard');
    await p.send({ type: 'document.submit', frontRef: p.capture({ faults: ['glare'] }), backRef: 'back' });
    await p.until('verifying.idCard.capturingDocument');
    await p.send({ type: 'document.submit', frontRef: 'front', backRef: 'back' });
    await p.until('verifying.idCard.capturingFace');
    await p.send({ type: 'face.submit', captureRef: 'face' });
    await p.setPassword(PASSWORD);
  },
  'identity card, somebody else’s face': async (p) => {
    p.account({ cards: [] });
    await p.start();
    await p.choose('idCard');
    await p.send({ type: 'document.submit', frontRef: 'front', backRef: 'back' });
    for (let tries = 1; tries <= 3; tries++) {
      await p.until('verifying.idCard.capturingFace');
      await p.send({ type: 'face.submit', captureRef: p.capture({ match: 20, ofOwner: false }) });
    }
    await p.until('choosing.offering');
    await p.send({ type: 'recovery.cancel' });
    await p.until('cancelled');
  },
  'a quiz, all answers right': async (p) => {
    p.account();
    await p.start();
    await p.choose('transactionHistory');
    const { details } = await p.until('verifying.transactionHistory.answering');
    for (const { questionId } of details?.questions ?? []) {
      await p.send({ type: 'quiz.answer', questionId, answer: p.rightAnswer(questionId) });
      await p.until('verifying.transactionHistory.answering.awaiting');
    }
    await p.send({ type: 'quiz.submit' });
    await p.setPassword(PASSWORD);
  },
  'contacts, two confirm': async (p) => {
    await askContacts(p);
    await p.confirm('k1');
    await p.confirm('k3');
    await p.answered('checkConfirmation', 2);
    await p.time('entrance');
    await p.setPassword(PASSWORD);
  },
  'contacts, one denies': async (p) => {
    await askContacts(p);
    await p.contact('k2', { type: 'contact.deny' });
    await p.until('choosing.offering');
    await p.object();
    await p.until('cancelled');
  },
  'contacts, nobody is asked': async (p) => {
    p.account();
    await p.start();
    await p.choose('securityContacts');
    await p.time('contactsOpen');
    await p.until('choosing.offering');
    await p.time('entrance');
    await p.until('expired');
  },
  'an appeal that is approved': async (p) => {
    await fileAppeal(p);
    await p.staff('7', 'agent', { type: 'callback.reached' });
    await p.until('verifying.appeal.reviewing');
    await p.staff('8', 'agent', { type: 'review.approve' });
    await p.setPassword(PASSWORD);
  },
  'an appeal that nobody calls back for': async (p) => {
    await fileAppeal(p);
    await p.time('callOverdue');
    await p.answered('escalateTicket', 2);
    await p.send({ type: 'recovery.cancel' });
    await p.until('cancelled');
  },
  'an appeal without its supplement': async (p) => {
    await fileAppeal(p);
    await p.staff('7', 'agent', { type: 'callback.reached' });
    await p.staff('8', 'agent', { type: 'review.requestSupplement', items: ['an invoice'] });
    await p.until('verifying.appeal.awaitingSupplement');
    await p.time('weekOver');
    await p.until('expired');
  },
  'a finger at the second scan': async (p) => {
    p.account();
    await p.start();
    await p.choose('biometric');
    await p.send({ type: 'biometric.scan', captureRef: p.capture({ match: 10 }) });
    await p.until('verifying.biometric.scanning');
    await p.send({ type: 'biometric.scan', captureRef: 'finger' });
    await p.setPassword(PASSWORD);
  },
  'a call': async (p) => {
    p.account();
    await p.start();
    await p.choose('voice');
    await p.send({ type: 'call.connected' });
    await p.send({ type: 'call.key', key: '3' });
    await p.until('verifying.voice.readingDigits');
    await p.send({ type: 'voice.spoken', captureRef: 'voice' });
    await p.until('verifying.voice.answeringQuestions');
    await p.send({ type: 'answers.submit', answers: { firstSchool: '城南小学', birthplace: '成都' } });
    await p.setPassword(PASSWORD);
  },
  'an emergency code that is spent, and watched after': async (p) => {
    await issueEmergencyCode(p);
    const pay = { type: 'code.redeem', category: 'medical', merchantRef: 'pharmacy' };
    await p.attempt({ ...pay, amountFen: 50_001, redemptionId: 'p1' });
    await Promise.all([
      p.attempt({ ...pay, amountFen: 50_000, redemptionId: 'p2' }),
      p.attempt({ ...pay, amountFen: 9_900, redemptionId: 'p3' }),
    ]);
    await p.until('observing');
    await p.time('watchOver');
    await p.until('completed');
    await p.answered('eraseEvidence', 1, 'notice'); // it falls due at the same time, after the watch
  },
  'an emergency code that nobody spends': async (p) => {
    await issueEmergencyCode(p);
    await p.time('codeOver');
    await p.until('completed');
  },
  'a choice that nobody makes': async (p) => {
    p.account();
    await p.start();
    await p.time('afterCodes');
    await p.until('expired');
  },
};
