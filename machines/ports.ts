import { type DoneActorEvent, fromPromise, type PromiseActorLogic } from 'xstate';
import { AccountFacts } from './account.ts';
import * as z from './zod.ts';

/** Marks a field that must never be stored or shown: it is sealed in the outbox and left out of the audit trail. */
export const secret = <T extends z.core.$ZodType>(schema: T): T => z.noted(z.clone(schema), { secret: true });

/**
 * Marks a field that refers to evidence: pictures, recordings, papers. The reference is erased, and the evidence through the
 * port `eraseEvidence`, when the policy's time for it has passed.
 */
export const evidence = <T extends z.core.$ZodType>(schema: T): T => z.noted(z.clone(schema), { evidence: true });

const evidenceRef = () => evidence(z.string());
const account = { accountId: z.string() };
const device = z.looseObject({ deviceId: z.string() });
const done = z.looseObject({ ok: z.prefault(z.boolean(), true) });
/** Of a duty: any other answer is a failure, and the call is made again. */
const doneFor = z.looseObject({ ok: z.prefault(z.literal(true), true) });
const match = z.union([z.boolean(), z.number().check(z.minimum(0), z.maximum(100))]);

const DocumentFault = z.enum(['cornersMissing', 'glare', 'illegible']);
const FaceFault = z.enum(['headCovered', 'notFrontal', 'occluded', 'poorLight']);
export const Element = z.enum(['amount', 'merchant', 'time']);
export type Element = z.infer<typeof Element>;

/** Answers to the security questions, by question or in order. */
export const Answers = z.union([
  z.record(z.string(), z.string().check(z.maxLength(256))),
  z.array(z.string().check(z.maxLength(256))).check(z.maxLength(20)),
]);

const Question = z.looseObject({
  questionId: z.string(),
  element: Element,
  /** What is asked, in the owner's language. */
  prompt: z.prefault(z.string(), ''),
});

/**
 * The ports: what the machines need of the world (spec section 4). Each call has an idempotency key
 * `(recoveryId, path, step, attempt)`: the same key must have the same effect once and the same answer.
 * `tries` is how often the host makes one call before it tells the machine of the failure; above 1 only where no one
 * waits for the answer.
 */
export const ports = {
  loadAccount: {
    does: 'reads the facts of the account',
    input: z.object(account),
    output: AccountFacts,
    tries: 1,
  },
  assessRisk: {
    does: 'rates the device and the network',
    input: z.object({ ...account, device, network: z.looseObject({}) }),
    output: z.object({ level: z.enum(['low', 'medium', 'high']), signals: z.prefault(z.array(z.string()), []) }),
    tries: 1,
  },
  verifyBankCard: {
    does: 'asks the bank whether the card is the holder’s',
    input: z.object({ ...account, cardId: z.string(), holderRef: evidenceRef() }),
    output: z.object({ status: z.enum(['verified', 'mismatch', 'cardUnavailable', 'onlinePaymentDisabled']) }),
    tries: 1,
  },
  sendCode: {
    does: 'sends or speaks a fresh one-time code; it voids the earlier ones for the same purpose',
    input: z.object({ ...account, purpose: z.string(), channel: z.enum(['sms', 'call']), to: z.string() }),
    output: done,
    tries: 1,
  },
  checkCode: {
    does: 'compares a one-time code and uses it up',
    input: z.object({ ...account, purpose: z.string(), code: secret(z.string()) }),
    output: z.object({ ok: z.boolean() }),
    tries: 1,
  },
  checkDocument: {
    does: 'looks for faults in the pictures of the document',
    input: z.object({ ...account, frontRef: evidenceRef(), backRef: evidenceRef() }),
    output: z.object({
      faults: z.prefault(z.array(DocumentFault), []),
      warnings: z.prefault(z.array(z.string()), []),
      expired: z.prefault(z.boolean(), false),
    }),
    tries: 1,
  },
  checkFace: {
    does: 'looks for faults in the capture of the face, and whether it is live',
    input: z.object({ ...account, captureRef: evidenceRef() }),
    output: z.object({
      faults: z.prefault(z.array(FaceFault), []),
      warnings: z.prefault(z.array(z.string()), []),
      live: z.prefault(z.boolean(), true),
    }),
    tries: 1,
  },
  matchRegistry: {
    does: 'compares face and document with the public registry, for the person on file',
    input: z.object({ ...account, frontRef: evidenceRef(), captureRef: evidenceRef() }),
    output: z.object({ match: z.number().check(z.minimum(0), z.maximum(100)) }),
    tries: 1,
  },
  drawQuestions: {
    does: 'draws a quiz from the transactions; the right answers stay with the port, and no question of any quiz tells what another one asks',
    input: z.object({
      ...account,
      questions: z.record(Element, z.int()),
      /** Questions that were asked before and may not be asked again. */
      exclude: z.array(z.string()),
    }),
    output: z.object({ quizId: z.prefault(z.string(), ''), questions: z.array(Question).check(z.minLength(1)) }),
    tries: 1,
  },
  gradeAnswer: {
    does: 'says whether one answer is right within the tolerances given',
    input: z.object({
      ...account,
      quizId: z.string(),
      questionId: z.string(),
      element: Element,
      answer: secret(z.union([z.string(), z.number()])),
      merchantSimilarity: z.number(),
      timeToleranceDays: z.number(),
    }),
    output: z.looseObject({ right: z.boolean() }),
    tries: 1,
  },
  requestConfirmation: {
    does: 'asks the contacts, each by a one-time link of their own',
    input: z.object({ ...account, contactIds: z.array(z.string()) }),
    output: done,
    tries: 1,
  },
  checkConfirmation: {
    does: 'checks and uses up the one-time token of a contact who may still vouch',
    input: z.object({ ...account, contactId: z.string(), method: z.string(), token: secret(z.string()) }),
    output: done,
    tries: 3,
  },
  openTicket: {
    does: 'opens a ticket for the agents',
    input: z.object({
      ...account,
      form: secret(z.record(z.string(), z.unknown())),
      completeness: z.number(),
      manualReview: z.boolean(),
    }),
    output: z.looseObject({ ticketId: z.prefault(z.string(), '') }),
    tries: 1,
  },
  escalateTicket: {
    does: 'raises the priority of a ticket, or hands it to a supervisor',
    input: z.object({ ...account, ticketId: z.string(), to: z.enum(['priority', 'supervisor']) }),
    output: doneFor,
    tries: 300,
  },
  scanBiometric: {
    does: 'compares a scan with the one enrolled on this device',
    input: z.object({ ...account, deviceId: z.string(), sensor: z.string(), captureRef: evidenceRef() }),
    output: z.object({ match }),
    tries: 1,
  },
  crossCheckDevice: {
    does: 'compares the device’s fingerprint and the behaviour on it',
    input: z.object({ ...account, device }),
    output: z.object({ ok: z.boolean() }),
    tries: 1,
  },
  matchVoiceprint: {
    does: 'compares spoken digits with those asked for, and the voice with the print',
    input: z.object({ ...account, captureRef: evidenceRef(), dialect: z.string() }),
    output: z.object({ match }),
    tries: 1,
  },
  checkAnswers: {
    does: 'checks the answers to the security questions',
    input: z.object({ ...account, answers: secret(Answers) }),
    output: z.object({ ok: z.boolean() }),
    tries: 1,
  },
  verifyInstitution: {
    does: 'checks the token of the witnessing institution',
    input: z.object({ ...account, institutionToken: secret(z.string()) }),
    output: z.object({ valid: z.boolean(), type: z.prefault(z.string(), '') }),
    tries: 1,
  },
  verifyIdentityOnSite: {
    does: 'records that staff saw the original document',
    input: z.object({ ...account, evidenceRef: evidenceRef() }),
    output: z.object({ ok: z.boolean() }),
    tries: 1,
  },
  assessEmergency: {
    does: 'checks place, device and behaviour',
    input: z.object({ ...account, device, institutionType: z.string(), deviceParameters: z.number() }),
    output: z.object({ place: z.boolean(), device: z.boolean(), behaviour: z.boolean() }),
    tries: 1,
  },
  issueEmergencyCode: {
    does: 'makes the payment token and hands it to the owner; only a keyed hash of it is kept',
    input: z.object({ ...account, limitFen: z.number(), lifetimeMs: z.number() }),
    output: done,
    tries: 1,
  },
  redeemEmergencyCode: {
    does: 'pays once with the token',
    input: z.object({
      ...account,
      amountFen: z.number(),
      category: z.string(),
      merchantRef: z.string(),
      redemptionId: z.string(),
    }),
    output: z.object({ accepted: z.boolean() }),
    tries: 1,
  },
  setPassword: {
    does: 'sets the new payment password if the means of proof are still the account’s; refuses one used before',
    input: z.object({ ...account, password: secret(z.string()), factors: z.array(z.string()) }),
    output: z.looseObject({ ok: z.prefault(z.boolean(), true), reason: z.optional(z.string()) }),
    tries: 1,
  },
  revokeSessions: {
    does: 'ends all sessions, remembered devices and open payment tokens',
    input: z.object(account),
    output: done,
    tries: 1,
  },
  notify: {
    does: 'tells the account’s other devices and its contacts, with a way to cancel',
    input: z.object({ ...account, notice: z.string(), path: z.optional(z.string()), reason: z.optional(z.string()) }),
    output: doneFor,
    tries: 300,
  },
  eraseEvidence: {
    does: 'erases evidence where it is kept; what is gone already is no failure',
    input: z.object({ ...account, evidenceRefs: evidence(z.array(z.string()).check(z.minLength(1))) }),
    output: doneFor,
    tries: 10_000, // about a month at the host's longest pause: a duty, whatever is out of order
  },
} as const satisfies Record<string, { does: string; input: z.core.$ZodObject; output: z.core.$ZodType; tries: number }>;

export type PortName = keyof typeof ports;
export type PortInput<K extends PortName> = z.infer<(typeof ports)[K]['input']>;
export type PortOutput<K extends PortName> = z.infer<(typeof ports)[K]['output']>;

/** The event with which a port invoked under its own name answers. */
export type AnswerOf<K extends PortName> = K extends PortName
  ? DoneActorEvent<PortOutput<K>, K> & { at?: number }
  : never;

/**
 * The actor of a port, for `setup({ actors })` and `machine.provide({ actors })`. Without `carryOut` it only says that it
 * has to be provided; a host provides its own.
 * @param carryOut answers the call; what it throws is the port's failure.
 */
export function port<K extends PortName>(
  name: K,
  carryOut: (input: PortInput<K>) => Promise<PortOutput<K>> = () =>
    Promise.reject(
      new Error(`port '${name}' is not provided: machine.provide({ actors: { ${name}: port('${name}', …) } })`),
    ),
): PromiseActorLogic<PortOutput<K>, PortInput<K>> {
  return fromPromise<PortOutput<K>, PortInput<K>>(({ input }) => carryOut(input));
}
