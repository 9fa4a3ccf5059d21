import { z } from 'zod';
import { Answers, evidence, secret } from './ports.ts';

/** Who may send an event. */
export type Sender = 'owner' | 'contact' | 'agent' | 'staff';

const ref = () => z.string().min(1).max(256);
const evidenceRef = () => evidence(ref());
/** One text or several. */
const texts = (longest: number) => z.union([z.string().max(longest), z.array(z.string().max(longest)).max(50)]);
const id = () => z.string().min(1).max(128);

/** A top-up as the owner remembers it: a line, a sum, or a few words by name. */
const Remembered = z.union([z.string().max(256), z.number(), z.null()]);
const TopUp = z.union([
  Remembered,
  z.record(z.string().max(64), Remembered).refine((said) => Object.keys(said).length <= 8, 'at most 8 things of each'),
]);

/**
 * An event from outside: its type, who may send it, and its fields. For the `events` of a path of one's own.
 * Fields that hold a secret or refer to evidence are marked by `secret` and `evidence`.
 */
const event = <T extends string, F extends Sender, S extends z.ZodRawShape>(type: T, from: F, shape: S) => ({
  from,
  schema: z.strictObject({ type: z.literal(type), ...shape }),
});

export { event as defineEvent };

/**
 * Every event that may come from outside (spec sections 2 and 3), with its schema and its sender. The host adds to each
 * what no sender may say of himself: `at`, the instant (ms), and for agents `agentId`.
 */
export const events = {
  'path.choose': event('path.choose', 'owner', { path: z.string().max(128) }),
  'path.leave': event('path.leave', 'owner', {}),
  'recovery.cancel': event('recovery.cancel', 'owner', {}),
  'password.submit': event('password.submit', 'owner', {
    password: secret(z.string().max(64)),
    confirmation: secret(z.string().max(64)),
  }),

  'bankCard.submit': event('bankCard.submit', 'owner', { cardId: id(), holderRef: evidenceRef() }),
  'code.submit': event('code.submit', 'owner', { code: secret(z.string().regex(/^\d+$/, 'expected digits').max(12)) }),
  'code.resend': event('code.resend', 'owner', {}),

  'document.submit': event('document.submit', 'owner', { frontRef: evidenceRef(), backRef: evidenceRef() }),
  'face.submit': event('face.submit', 'owner', { captureRef: evidenceRef() }),

  'quiz.answer': event('quiz.answer', 'owner', {
    questionId: id(),
    answer: secret(z.union([z.string().max(256), z.number()])),
  }),
  'quiz.makeUp': event('quiz.makeUp', 'owner', { choice: secret(z.union([z.string().max(256), z.number()])) }),
  'quiz.submit': event('quiz.submit', 'owner', {}),

  'contacts.request': event('contacts.request', 'owner', { contactIds: z.array(id()).min(1).max(16) }),
  'contact.confirm': event('contact.confirm', 'contact', {
    contactId: id(),
    method: z.enum(['qr', 'smsLink']),
    token: secret(z.string().min(1).max(512)),
  }),
  'contact.deny': event('contact.deny', 'contact', { contactId: id() }),

  'appeal.file': event('appeal.file', 'owner', {
    registrationMonth: secret(z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected YYYY-MM')).optional(),
    firstDeviceModel: secret(z.string().max(256)).optional(),
    usedLocations: secret(texts(256)).optional(),
    pastPhones: secret(texts(64)).optional(),
    lastTopUps: secret(z.array(TopUp).max(3)).optional(),
    scenarios: secret(texts(1_000)).optional(),
    emailPrefix: secret(z.string().max(64)).optional(),
    /** Recent transaction records or other proof: needed after a manual review was asked for. */
    evidenceRefs: evidence(z.array(ref()).max(20)).optional(),
  }),
  'appeal.supplement': event('appeal.supplement', 'owner', { evidenceRefs: evidence(z.array(ref()).min(1).max(20)) }),
  'callback.reached': event('callback.reached', 'agent', {}),
  'callback.unanswered': event('callback.unanswered', 'agent', {}),
  'review.approve': event('review.approve', 'agent', {}),
  'review.reject': event('review.reject', 'agent', { reason: z.string().min(1).max(500) }),
  'review.requestSupplement': event('review.requestSupplement', 'agent', {
    items: z.array(z.string().min(1).max(200)).min(1).max(20),
  }),
  'review.requestVideo': event('review.requestVideo', 'agent', {}),
  'video.passed': event('video.passed', 'agent', {}),
  'video.failed': event('video.failed', 'agent', {}),

  'biometric.scan': event('biometric.scan', 'owner', { captureRef: evidenceRef() }),

  'call.connected': event('call.connected', 'owner', {}),
  'call.key': event('call.key', 'owner', { key: z.union([z.string().length(1), z.int().min(0).max(9)]) }),
  'voice.spoken': event('voice.spoken', 'owner', { captureRef: evidenceRef() }),
  'answers.submit': event('answers.submit', 'owner', {
    answers: secret(Answers).optional(),
  }),
  'call.dropped': event('call.dropped', 'owner', {}),

  'institution.scan': event('institution.scan', 'staff', { institutionToken: secret(z.string().min(1).max(2_048)) }),
  'identity.present': event('identity.present', 'staff', { evidenceRef: evidenceRef() }),
  'code.redeem': event('code.redeem', 'owner', {
    amountFen: z.number().int().positive(),
    category: z.string().min(1).max(64),
    merchantRef: ref(),
    redemptionId: id(),
  }),
} as const;

/** Schemas and senders of events by type. */
export type EventRegistry = Readonly<Record<string, { from: Sender; schema: z.ZodObject }>>;

export type EventName = keyof typeof events;

/** What the host adds to an event. */
interface Stamp {
  /** Instant at which the event is processed, in ms. Without it a machine keeps the last instant that it was told. */
  at?: number;
}
type AgentStamp<K> = (typeof events)[K & EventName]['from'] extends 'agent' ? { agentId?: string } : object;

/** An event as a machine receives it. */
export type EventOf<K extends EventName> = K extends EventName
  ? z.infer<(typeof events)[K]['schema']> & Stamp & AgentStamp<K>
  : never;

/** An event as a client sends it. */
export type RecoveryEvent = { [K in EventName]: z.infer<(typeof events)[K]['schema']> }[EventName];
