/** The eight ways back that are built in, in the order of the spec (section 3). */
export const PATH_IDS = [
  'bankCard',
  'idCard',
  'transactionHistory',
  'securityContacts',
  'appeal',
  'biometric',
  'voice',
  'emergencyCode',
] as const;

/** Kinds of proof (spec section 7). */
export const FACTOR_KINDS = ['possession', 'inherence', 'knowledge', 'vouching', 'document', 'human'] as const;
export type FactorKind = (typeof FACTOR_KINDS)[number];
/** A proof that was given: its kind and the means, such as `possession:phone:+8613800000000`. */
export type Factor = `${FactorKind}:${string}`;

/** Why a path is not offered (spec sections 2 and 3). */
export const INELIGIBLE_REASONS = [
  'noCard',
  'phoneMismatch',
  'cardUnavailable',
  'dailyLimit',
  'notRealName',
  'cardPathAvailable',
  'documentExpired',
  'tooFewTransactions',
  'tooFewContacts',
  'contactsNotQualified',
  'deviceTooNew',
  'abnormalLogin',
  'biometricDisabled',
  'sensorNotSupported',
  'rebindRequired',
  'notTriggered',
  'voiceprintNotEnrolled',
  'dialectNotSupported',
  'observed',
  'restricted',
  'notLastResort',
  'riskTooHigh',
  'notAssessed',
  'exhausted',
  'wrongCodeLimit',
  'alreadyProved',
] as const;
export type IneligibleReason = (typeof INELIGIBLE_REASONS)[number];
/** The same of any path: one of one's own may have reasons of its own. */
export type PathReason = IneligibleReason | (string & {});

/** Why a path or a recovery ended, beside the reasons for which a path is not offered. */
export const END_REASONS = [
  'unavailable',
  'timedOut',
  'left',
  'tooManyWrongCodes',
  'tooManyCaptures',
  'manualReview',
  'scoreTooLow',
  'notAsked',
  'quorumNotReached',
  'deniedByContact',
  'rejectedByAgent',
  'ownerUnreachable',
  'interviewFailed',
  'noSupplement',
  'notMatched',
  'deviceCheckFailed',
  'callDropped',
  'institutionInvalid',
  'identityNotConfirmed',
  'riskControl',
  'redemptionUnresolved',
  'passwordUncertain',
  'sessionsNotRevoked',
  'noLongerEligible',
] as const;
/** Why a path ended without being verified. */
export type EndReason = IneligibleReason | (typeof END_REASONS)[number] | (string & {}); // an agent's reason in words

/** What every path machine ends with (spec section 3). */
export interface PathOutput {
  path: string;
  outcome: 'verified' | 'rejected' | 'expired' | 'cancelled' | 'codeUsed' | 'codeUnused';
  reason?: EndReason;
  /** What was proved: empty unless verified. */
  factors: Factor[];
  /** Instants of the attempts that were spent. */
  spent: number[];
  /** Whether the path cannot be tried again in this recovery, whatever its limits. */
  exhausted: boolean;
  /** Wrong one-time codes entered in this run. */
  wrongCodes?: number;
  /** One-time codes sent in this run. */
  sends?: number;
  /** Cards that the bank called unusable in this run: they are left aside in this recovery. */
  unavailable?: string[];
  /** What the owner is told in the place of the reason, such as an agent's words. */
  told?: string;
  /** Questions that were asked: they are not asked again. */
  asked?: string[];
}

/** How a recovery ends (spec section 2). */
export const OUTCOMES = [
  'reset',
  'emergencyCodeUsed',
  'emergencyCodeUnused',
  'cancelled',
  'expired',
  'failed',
  'locked',
] as const;

/** What the parent ends with (spec section 2). */
export interface RecoveryOutput {
  outcome: (typeof OUTCOMES)[number];
  path?: string;
  reason?: EndReason;
  attempts: { path: string; outcome: PathOutput['outcome']; reason?: EndReason }[];
}

/** Codes of a refusal (spec section 6). */
export const REFUSAL_CODES = [
  'invalidEvent',
  'notAccepted',
  'notAuthorised',
  'notEligible',
  'limitReached',
  'tooEarly',
  'tooLate',
  'duplicate',
  'conflict',
  'unknownRecovery',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a chart refuses an event, beside the reasons for which a path is not offered. */
export const REFUSAL_REASONS = [
  'wait',
  'unknownPath',
  'settingPassword',
  'passwordIsSet',
  'cardUnknown',
  'quickPayRequired',
  'creditNotSupported',
  'debitOnly',
  'sends',
  'resend',
  'codeExpired',
  'notOpenYet',
  'collectingOver',
  'contactUnknown',
  'tooManyContacts',
  'contactNotAsked',
  'proofRequired',
  'callAgain',
  'anotherAgentRequired',
  'closed',
  'amount',
  'category',
  'redeeming',
  'redemptionUnresolved',
] as const;
export type RefusalReason = IneligibleReason | (typeof REFUSAL_REASONS)[number];

/** Emitted by a machine that does not take an event; nothing else may come of that event. */
export interface Refused {
  type: 'refused';
  code: RefusalCode;
  reason?: string;
  field?: string;
}

/** Emitted when an attempt of a limited path is spent: the host keeps count over recoveries. */
export interface AttemptSpent {
  type: 'attempt.spent';
  path: string;
}

/** Emitted when a one-time code was entered wrongly: the host keeps count over recoveries. */
export interface CodeWrong {
  type: 'code.wrong';
}

/** Emitted when a code goes out by SMS, or links to contacts: the host keeps count over recoveries. */
export interface CodeSent {
  type: 'code.sent';
}

/** Emitted when a path failed and the next one has to wait: the host keeps the wait over recoveries. */
export interface PathFailed {
  type: 'path.failed';
  /** Instant (ms) before which no path may be chosen. */
  until: number;
  /** Paths that failed one after the other, this one included. */
  count: number;
}

/** Emitted when repeated failure asks for a manual review: the host keeps that over recoveries. */
export interface ManualReviewRequired {
  type: 'manualReview.required';
}

/** Emitted when an emergency code was issued: the host counts them in the policy's window. */
export interface EmergencyCodeIssued {
  type: 'emergencyCode.issued';
}

/** Emitted when an account is to be watched: no emergency code until the instant `until` (ms). */
export interface Observed {
  type: 'account.observed';
  until: number;
}

/** Emitted for the account's other devices and contacts: the host carries it out through the port `notify`. */
export interface Notice {
  type: 'notice';
  notice: string;
  path?: string;
  reason?: string;
}
