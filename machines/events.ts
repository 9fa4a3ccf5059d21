import { Answers, evidence, secret } from './ports.ts';
import * as z from './zod.ts';

/** Who may send an event. */
export type Sender = 'owner' | 'contact' | 'agent' | 'staff';

/** A text of so many characters at most. */
const text = (longest: number) => z.string().check(z.maxLength(longest));
/** A text that says something, of so many characters at most. */
const word = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest));
const ref = () => word(256);
const evidenceRef = () => evidence(ref());
/** One text or several. */
const texts = (longest: number) => z.union([text(longest), z.array(text(longest)).check(z.maxLength(50))]);
const id = () => word(128);

/** A top-up as the owner remembers it: a line, a sum, or a few words by name. */
const Remembered = z.union([text(256), z.number(), z.null()]);
const TopUp = z.union([
  Remembered,
  z.record(text(64), Remembered).check(z.refine((said) => Object.keys(said).length <= 8, 'at most 8 things of each')),
]);

/**
 * An event from outside: its type, who may send it, and its fields. For the `events` of a path of one's own.
 * Fields that hold a secret or refer to evidence are marked by `secret` and `evidence`.
 */
const event = <T extends string, F extends Sender, S extends z.core.$ZodShape>(type: T, from: F, shape: S) => ({
  from,
  schema: z.strictObject({ type: z.literal(type), ...shape }),
});

export { event as defineEvent };

/**
 * Every event that may come from outside (spec sections 2 and 3), with its schema and its sender. The host adds to each
 * what no sender may say of himself: `at`, the instant (ms), and for agents `agentId`.
 */
export const events = {
  'path.choose': event('path.choose', 'owner', { path: text(128) }),
  'path.leave': event('path.leave', 'owner', {}),
  'recovery.cancel': event('recovery.cancel', 'owner', {}),
  'password.submit': event('password.submit', 'owner', {
    password: secret(text(64)),
    confirmation: secret(text(64)),
  }),

  'bankCard.submit': event('bankCard.submit', 'owner', { cardId: id(), holderRef: evidenceRef() }),
  'code.submit': event('code.submit', 'owner', {
    code: secret(z.string().check(z.regex(/^\d+$/, 'expected digits'), z.maxLength(12))),
  }),
  'code.resend': event('code.resend', 'owner', {}),

  'document.submit': event('document.submit', 'owner', { frontRef: evidenceRef(), backRef: evidenceRef() }),
  'face.submit': event('face.submit', 'owner', { captureRef: evidenceRef() }),

  'quiz.answer': event('quiz.answer', 'owner', {
    questionId: id(),
    answer: secret(z.union([text(256), z.number()])),
  }),
  'quiz.makeUp': event('quiz.makeUp', 'owner', { choice: secret(z.union([text(256), z.number()])) }),
  'quiz.submit': event('quiz.submit', 'owner', {}),

  'contacts.request': event('contacts.request', 'owner', {
    contactIds: z.array(id()).check(z.minLength(1), z.maxLength(16)),
  }),
  'contact.confirm': event('contact.confirm', 'contact', {
    contactId: id(),
    method: z.enum(['qr', 'smsLink']),
    token: secret(word(512)),
  }),
  'contact.deny': event('contact.deny', 'contact', { contactId: id() }),

  'appeal.file': event('appeal.file', 'owner', {
    registrationMonth: z.optional(secret(z.string().check(z.regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected YYYY-MM')))),
    firstDeviceModel: z.optional(secret(text(256))),
    usedLocations: z.optional(secret(texts(256))),
    pastPhones: z.optional(secret(texts(64))),
    lastTopUps: z.optional(secret(z.array(TopUp).check(z.maxLength(3)))),
    scenarios: z.optional(secret(texts(1_000))),
    emailPrefix: z.optional(secret(text(64))),
    /** Recent transaction records or other proof: needed after a manual review was asked for. */
    evidenceRefs: z.optional(evidence(z.array(ref()).check(z.maxLength(20)))),
  }),
  'appeal.supplement': event('appeal.supplement', 'owner', {
    evidenceRefs: evidence(z.array(ref()).check(z.minLength(1), z.maxLength(20))),
  }),
  'callback.reached': event('callback.reached', 'agent', {}),
  'callback.unanswered': event('callback.unanswered', 'agent', {}),
  'review.approve': event('review.approve', 'agent', {}),
  'review.reject': event('review.reject', 'agent', { reason: word(500) }),
  'review.requestSupplement': event('review.requestSupplement', 'agent', {
    items: z.array(word(200)).check(z.minLength(1), z.maxLength(20)),
  }),
  'review.requestVideo': event('review.requestVideo', 'agent', {}),
  'video.passed': event('video.passed', 'agent', {}),
  'video.failed': event('video.failed', 'agent', {}),

  'biometric.scan': event('biometric.scan', 'owner', { captureRef: evidenceRef() }),

  'call.connected': event('call.connected', 'owner', {}),
  'call.key': event('call.key', 'owner', {
    key: z.union([z.string().check(z.length(1)), z.int().check(z.minimum(0), z.maximum(9))]),
  }),
  'voice.spoken': event('voice.spoken', 'owner', { captureRef: evidenceRef() }),
  'answers.submit': event('answers.submit', 'owner', {
    answers: z.optional(secret(Answers)),
  }),
  'call.dropped': event('call.dropped', 'owner', {}),

  'institution.scan': event('institution.scan', 'staff', { institutionToken: secret(word(2_048)) }),
  'identity.present': event('identity.present', 'staff', { evidenceRef: evidenceRef() }),
  'code.redeem': event('code.redeem', 'owner', {
    amountFen: z.int().check(z.positive()),
    category: word(64),
    merchantRef: ref(),
    redemptionId: id(),
  }),
} as const;

/** Schemas and senders of events by type. */
export type EventRegistry = Readonly<Record<string, { from: Sender; schema: z.core.$ZodObject }>>;

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
