import { z } from 'zod';
import { duration } from './duration.ts';

/**
 * Every figure of the domain, with its section of the spec. `seed` figures are the source's; `ours` are defaults that
 * the source leaves open. A machine holds no figure of its own.
 */
export type Note = { section: string; from: 'seed' | 'ours'; note?: string };
const seed = (section: string, note?: string): Note => ({ section, from: 'seed', ...(note ? { note } : {}) });
const ours = (section: string, note?: string): Note => ({ section, from: 'ours', ...(note ? { note } : {}) });

const count = () => z.number().int().nonnegative();
const atLeastOne = () => z.number().int().positive();
const percent = () => z.number().min(0).max(100);
const share = () => z.number().min(0).max(1);
const wallClock = () => z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 08:00');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const bank = (within: string, attemptsPerDay: number) =>
  z.strictObject({
    within: duration().prefault(within),
    attemptsPerDay: atLeastOne().default(attemptsPerDay),
  });

const recovery = z.strictObject({
  choosingTimeout: duration().prefault('30m').meta(ours('2')),
  passwordTimeout: duration().prefault('15m').meta(ours('2')),
  timeout: duration().prefault('7d').meta(ours('2', "an appeal's own deadlines aside")),
  idleTimeout: duration().prefault('30m').meta(ours('1', 'how long a path waits for the owner in any one state')),
  revokeWithin: duration().prefault('7d').meta(ours('2', 'from the new password until open sessions are ended')),
  revokeRetryAfter: duration().prefault('1m').meta(ours('2', 'pause before open sessions are ended again')),
});

const ports = z.strictObject({
  timeout: duration().prefault('30s').meta(ours('4', 'where a path sets no other')),
  maxFailures: atLeastOne().default(3).meta(ours('4')),
});

const risk = z.strictObject({
  openAtHigh: z.array(z.string()).default(['idCard', 'securityContacts', 'appeal', 'emergencyCode']).meta(ours('2')),
  closedAtMedium: z.array(z.string()).default(['transactionHistory']).meta(ours('2')),
  rememberedDeviceLowersMedium: z.boolean().default(true).meta(seed('2', 'protection mode')),
});

/** What proof opens the password (spec section 7). */
const proof = z.strictObject({
  sufficientAlone: z
    .union([z.literal('every'), z.array(z.string())])
    .default('every')
    .meta(seed('7', 'paths that open the password by themselves')),
  distinctKinds: atLeastOne().default(2).meta(ours('7', 'kinds of proof that open it together')),
  knowledgeAtMost: share().default(0.5).meta(ours('7', 'share of the kinds that may be knowledge')),
  keptFor: duration().prefault('30m').meta(ours('7')),
});

const guessing = z.strictObject({
  wrongCodesPerDay: atLeastOne().default(10).meta(ours('R11', 'over all recoveries of an account in 24 hours')),
  firstWait: duration().prefault(0).meta(ours('R13', 'wait after a failed path; 0 is none')),
  waitFactor: z.number().min(1).default(2).meta(ours('R13')),
  longestWait: duration().prefault('1h').meta(ours('R13')),
});

const password = z.strictObject({
  digits: atLeastOne().default(6).meta(seed('2')),
  refuseOwnDigits: z.boolean().default(true).meta(ours('2', 'birth date, end of the phone or document number')),
});

const code = z.strictObject({
  digits: atLeastOne().default(6).meta(ours('3.1')),
  lifetime: duration().prefault('5m').meta(ours('3.1')),
  maxWrong: atLeastOne().default(5).meta(ours('3.1')),
  maxSends: atLeastOne().default(3).meta(ours('3.1')),
  resendAfter: duration().prefault('60s').meta(ours('3.1')),
  sendsPerDay: atLeastOne().default(10).meta(ours('R14', 'over all recoveries of an account in 24 hours')),
});

const bankCard = z.strictObject({
  stateOwned: bank('30s', 5)
    .extend({ quickPayRequired: z.boolean().default(true) })
    .prefault({})
    .meta(seed('3.1', 'at once; the 30 s are ours')),
  jointStock: bank('2m', 3)
    .extend({ creditNeedsSupport: z.boolean().default(true) })
    .prefault({})
    .meta(seed('3.1')),
  cityRural: bank('10m', 2)
    .extend({ debitOnly: z.boolean().default(true) })
    .prefault({})
    .meta(seed('3.1', '5 to 10 minutes')),
});

const idCard = z.strictObject({
  matchThreshold: percent().default(80).meta(seed('3.2')),
  registryTimeout: duration().prefault('15m').meta(seed('3.2', 'usually 10 to 15 minutes')),
  maxComparisons: atLeastOne().default(3).meta(ours('3.2')),
  maxCaptures: atLeastOne().default(10).meta(ours('3.2')),
});

const transactionHistory = z.strictObject({
  minTransactions: count().default(20).meta(seed('3.3')),
  questions: z
    .strictObject({
      amount: count().default(3),
      merchant: count().default(2),
      time: count().default(2),
    })
    .prefault({})
    .meta(ours('3.3')),
  passScore: percent().default(85).meta(seed('3.3')),
  merchantSimilarity: percent().default(80).meta(seed('3.3')),
  timeToleranceDays: count().default(2).meta(seed('3.3')),
  makeUps: count().default(1).meta(seed('3.3', 'wrong amounts that may be made up in a quiz')),
  makeUpChoices: atLeastOne().default(3).meta(seed('3.3')),
  quizTime: duration().prefault('10m').meta(ours('3.3')),
  quizzesPerDay: atLeastOne().default(2).meta(ours('3.3')),
});

const contacts = z.strictObject({
  minPreset: atLeastOne().default(3).meta(seed('3.4')),
  maxPreset: atLeastOne().default(5).meta(seed('3.4')),
  minQualified: atLeastOne().default(3).meta(seed('3.4')),
  knownDaysOver: count().default(180).meta(seed('3.4', 'more than this many days: 180 itself is not enough')),
  quorum: atLeastOne().default(2).meta(seed('3.4')),
  onDenial: z.enum(['reject', 'ignore']).default('reject').meta(ours('3.4')),
  askUntil: duration().prefault('5m').meta(seed('3.4')),
  collectUntil: duration().prefault('30m').meta(seed('3.4')),
  opensAt: duration().prefault('45m').meta(seed('3.4')),
  attemptsPerDay: atLeastOne().default(2).meta(ours('3.4')),
});

const appeal = z.strictObject({
  tiers: z
    .array(z.strictObject({ completenessFrom: percent(), handledWithin: duration() }))
    .min(1)
    .prefault([
      { completenessFrom: 80, handledWithin: '24h' },
      { completenessFrom: 50, handledWithin: '48h' },
      { completenessFrom: 0, handledWithin: '72h' },
    ])
    .meta(seed('3.5')),
  callBackWithin: duration().prefault('72h').meta(seed('3.5')),
  calls: atLeastOne().default(3).meta(ours('3.5')),
  callAgainAfter: duration().prefault('2h').meta(ours('3.5')),
  supplementWithin: duration().prefault('7d').meta(ours('3.5')),
  reviewWithin: duration().prefault('72h').meta(ours('3.5', 'then it is escalated again, never decided')),
  filingTimeout: duration().prefault('24h').meta(ours('3.5')),
  approverTookNoCall: z.boolean().default(true).meta(ours('3.5')),
});

const biometric = z.strictObject({
  loggedInDaysOver: count().default(30).meta(seed('3.6')),
  wrongPasswords: count().default(2).meta(seed('3.6', 'in a row')),
  maxScans: atLeastOne().default(5).meta(ours('3.6')),
  matchThreshold: percent().default(80).meta(ours('3.6', 'where a sensor answers with a score')),
  falseAcceptsAtMost: share().default(0.0001).meta(ours('R23')),
  sensors: z
    .record(z.string(), z.strictObject({ falseAccepts: share(), seconds: z.number().positive(), note: z.string() }))
    .default({
      capacitive: { falseAccepts: 0.00002, seconds: 0.3, note: 'worse on a dry finger' },
      structuredLight3d: { falseAccepts: 0.000001, seconds: 1.2, note: 'limited in strong light' },
      ultrasonic: { falseAccepts: 0.00001, seconds: 0.8, note: 'works with a wet hand' },
    })
    .meta(seed('3.6')),
});

const voice = z.strictObject({
  opensAt: wallClock().default('08:00').meta(seed('3.7')),
  closesAt: wallClock().default('22:00').meta(seed('3.7')),
  key: z.string().length(1).default('3').meta(seed('3.7')),
  dialects: z.array(z.string()).min(1).default(['mandarin', 'cantonese']).meta(seed('3.7')),
  attemptsPerDay: atLeastOne().default(3).meta(seed('3.7')),
  resumeWithin: duration().prefault('2m').meta(ours('3.7')),
  matchThreshold: percent().default(80).meta(ours('3.7', 'where the voiceprint answers with a score')),
});

const emergencyCode = z.strictObject({
  limitFen: atLeastOne().default(50_000).meta(seed('3.8', 'in one payment')),
  lifetime: duration().prefault('2h').meta(seed('3.8')),
  excludedCategories: z.array(z.string()).default(['virtualGoods']).meta(seed('3.8')),
  observation: duration().prefault('15d').meta(seed('3.8')),
  codesPerWindow: atLeastOne().default(3).meta(ours('3.8')),
  window: duration().prefault('180d').meta(ours('3.8')),
  deviceParameters: count().default(17).meta(seed('3.8')),
});

/** How long what a recovery leaves behind is kept, from its end. */
const retention = z.strictObject({
  evidence: duration()
    .prefault('7d')
    .meta(ours('R55', 'references and what they stand for; a week to contest the end')),
  personalData: duration().prefault('180d').meta(ours('R55', 'whose recovery it was; the outcome stays')),
});

/** What payments of an observed account are held to, by whoever makes them: see `paymentRefusal` (R38, R40). */
const payments = z.strictObject({
  dailyCapTwoKindsFen: atLeastOne().default(500_000).meta(ours('R40', 'a calendar day, paid with two kinds of proof')),
  dailyCapFen: atLeastOne().default(100_000).meta(ours('R40', 'a calendar day, paid with one')),
  newPayees: z.boolean().default(false).meta(ours('R38', 'whether a payee may be added or changed meanwhile')),
});

export const Policy = z
  .strictObject({
    version: z.string().min(1).default('1').meta(ours('1', 'a recovery keeps the version it began with')),
    profile: z.enum(['source', 'strict']).default('source').meta(ours('7')),
    timeZone: z
      .string()
      .refine(isTimeZone, 'expected an IANA time zone such as Asia/Shanghai')
      .default('Asia/Shanghai')
      .meta(seed('1')),
    disclosure: z
      .enum(['always', 'afterProof'])
      .default('always')
      .meta(ours('7', 'when the account is described to the client')),
    recovery: recovery.prefault({}),
    ports: ports.prefault({}),
    risk: risk.prefault({}),
    proof: proof.prefault({}),
    guessing: guessing.prefault({}),
    password: password.prefault({}),
    code: code.prefault({}),
    bankCard: bankCard.prefault({}),
    idCard: idCard.prefault({}),
    transactionHistory: transactionHistory.prefault({}),
    contacts: contacts.prefault({}),
    appeal: appeal.prefault({}),
    biometric: biometric.prefault({}),
    voice: voice.prefault({}),
    emergencyCode: emergencyCode.prefault({}),
    retention: retention.prefault({}),
    payments: payments.prefault({}),
  })
  .superRefine((policy, ctx) => {
    const { askUntil, collectUntil, opensAt, quorum, minPreset, maxPreset, minQualified } = policy.contacts;
    const wrong = (path: string, message: string) =>
      ctx.addIssue({ code: 'custom', path: ['contacts', path], message });
    if (askUntil >= collectUntil) wrong('collectUntil', 'must be later than contacts.askUntil');
    if (collectUntil >= opensAt) wrong('opensAt', 'must be later than contacts.collectUntil');
    if (quorum > maxPreset) wrong('quorum', `must be at most contacts.maxPreset (${maxPreset})`);
    if (minPreset > maxPreset) wrong('minPreset', `must be at most contacts.maxPreset (${maxPreset})`);
    if (minQualified > maxPreset) wrong('minQualified', `must be at most contacts.maxPreset (${maxPreset})`);
    if (policy.retention.personalData < policy.retention.evidence) {
      const message = 'must be as long as retention.evidence, or longer';
      ctx.addIssue({ code: 'custom', path: ['retention', 'personalData'], message });
    }
    if (!policy.appeal.tiers.some((tier) => tier.completenessFrom === 0)) {
      ctx.addIssue({ code: 'custom', path: ['appeal', 'tiers'], message: 'needs a tier with completenessFrom: 0' });
    }
  });

/** Every figure, checked. Spans of time are milliseconds. */
export type Policy = z.infer<typeof Policy>;
/** What a policy file may say: any part of it; spans of time may be written `45m`. */
export type PolicyInput = z.input<typeof Policy>;

/** What the `strict` profile changes (spec section 7). Whatever a policy file says goes before it. */
export const STRICT = {
  profile: 'strict',
  disclosure: 'afterProof',
  proof: { sufficientAlone: ['appeal'] },
  guessing: { firstWait: '30s' },
  recovery: { passwordTimeout: '10m' },
} satisfies PolicyInput;

type Plain = { [key: string]: unknown };
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` laid upon `base`, object by object; lists are replaced whole. */
export function layered(base: Plain, over: Plain): Plain {
  const merged: Plain = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isPlain(below) && isPlain(value) ? layered(below, value) : value;
  }
  return merged;
}

/**
 * A complete policy from any part of one.
 * @throws ZodError that names the field.
 */
export function policyOf(input: PolicyInput = {}, profile: Policy['profile'] = input.profile ?? 'source'): Policy {
  const base: Plain = profile === 'strict' ? STRICT : {};
  return Policy.parse(layered(base, { ...(input as Plain), profile }));
}
