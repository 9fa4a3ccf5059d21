import type { AccountFacts } from '../../../machines/account.ts';
import type { EventName } from '../../../machines/events.ts';
import type { Policy } from '../../../machines/policy.ts';

/** What a well-behaved person knows who sends an event. */
export interface Known {
  account: AccountFacts;
  policy: Policy;
  /** Context of the path under way. */
  path: Readonly<Record<string, unknown>>;
  /** Paths that may be chosen. */
  open: readonly string[];
}

type Sample = (known: Known) => Record<string, unknown>;

const questions = ({ path }: Known) => (path.questions ?? []) as { questionId: string }[];
const grades = ({ path }: Known) => (path.grades ?? {}) as Record<string, boolean>;
const asked = ({ path }: Known) => (path.asked ?? []) as string[];
const confirmed = ({ path }: Known) => Object.keys((path.confirmations ?? {}) as object);

const SAMPLES: Partial<Record<EventName, Sample>> = {
  'path.choose': ({ open }) => ({ path: open[0] ?? '' }),
  'password.submit': () => ({ password: '294817', confirmation: '294817' }),
  'bankCard.submit': ({ account }) => ({ cardId: account.cards[0]?.cardId ?? '', holderRef: 'holder-1' }),
  'code.submit': ({ policy }) => ({ code: '918273645918'.slice(0, policy.code.digits) }),
  'document.submit': () => ({ frontRef: 'front-1', backRef: 'back-1' }),
  'face.submit': () => ({ captureRef: 'face-1' }),
  'quiz.answer': (known) => ({
    questionId:
      questions(known).find(({ questionId }) => !(questionId in grades(known)))?.questionId ??
      questions(known)[0]?.questionId ??
      '',
    answer: '12.50',
  }),
  'quiz.makeUp': () => ({ choice: '12.50' }),
  'contacts.request': ({ account, policy }) => ({
    contactIds: account.contacts.slice(0, policy.contacts.minPreset).map(({ contactId }) => contactId),
  }),
  'contact.confirm': (known) => ({
    contactId: asked(known).find((id) => !confirmed(known).includes(id)) ?? asked(known)[0] ?? '',
    method: 'smsLink',
    token: 'link-1',
  }),
  'contact.deny': (known) => ({ contactId: asked(known)[0] ?? '' }),
  'appeal.file': () => ({
    registrationMonth: '2019-05',
    firstDeviceModel: 'an old phone',
    usedLocations: 'Hangzhou',
    pastPhones: '+8613700000000',
    scenarios: 'breakfast, the metro',
    emailPrefix: 'me',
  }),
  'appeal.supplement': () => ({ evidenceRefs: ['paper-1'] }),
  'review.reject': () => ({ reason: 'The answers do not fit.' }),
  'review.requestSupplement': () => ({ items: ['a bill of the last month'] }),
  'biometric.scan': () => ({ captureRef: 'scan-1' }),
  'call.key': ({ policy }) => ({ key: policy.voice.key }),
  'voice.spoken': () => ({ captureRef: 'voice-1' }),
  'answers.submit': () => ({ answers: { firstSchool: '城南小学', birthplace: '成都' } }),
  'institution.scan': () => ({ institutionToken: 'hospital-token' }),
  'identity.present': () => ({ evidenceRef: 'document-1' }),
  'code.redeem': ({ policy }) => ({
    amountFen: Math.min(9_900, policy.emergencyCode.limitFen),
    category: 'medical',
    merchantRef: 'pharmacy',
    redemptionId: 'p1',
  }),
};

/** An event as a well-behaved person would send it: what a form begins with. */
export const sampleEvent = (type: string, known: Known): Record<string, unknown> & { type: string } => ({
  type,
  ...(SAMPLES[type as EventName]?.(known) ?? {}),
});
