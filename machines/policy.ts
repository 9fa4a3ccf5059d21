import { duration } from './duration.ts';
import * as z from './zod.ts';

/**
 * Every figure of the domain, with its section of the spec. `seed` figures are the source's; `ours` are defaults that
 * the source leaves open. A machine holds no figure of its own.
 */
export type Note = { section: string; from: 'seed' | 'ours'; note?: string };
const seed = (section: string, note?: string): Note => ({ section, from: 'seed', ...(note ? { note } : {}) });
const ours = (section: string, note?: string): Note => ({ section, from: 'ours', ...(note ? { note } : {}) });

/** A figure: what it may be, what it is where a policy says nothing, and where it comes from. */
const figure = <T extends z.ZodMiniType>(schema: T, otherwise: z.input<T>, note: Note) =>
  z.noted(z.prefault(schema, otherwise), note);
const flag = () => z.boolean();
const count = () => z.int().check(z.nonnegative());
const atLeastOne = () => z.int().check(z.positive());
const percent = () => z.number().check(z.minimum(0), z.maximum(100));
const share = () => z.number().check(z.minimum(0), z.maximum(1));
const wallClock = () => z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 08:00'));

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What holds for every kind of bank. */
const bank = (within: string, attemptsPerDay: number) => ({
  within: z.prefault(duration(), within),
  attemptsPerDay: z.prefault(atLeastOne(), attemptsPerDay),
});
const unlessOff = () => z.prefault(flag(), true);

const recovery = z.strictObject({
  choosingTimeout: figure(duration(), '30m', ours('2')),
  passwordTimeout: figure(duration(), '15m', ours('2')),
  timeout: figure(duration(), '7d', ours('2', "an appeal's own deadlines aside")),
  idleTimeout: figure(duration(), '30m', ours('1', 'how long a path waits for the owner in any one state')),
  revokeWithin: figure(duration(), '7d', ours('2', 'from the new password until open sessions are ended')),
  revokeRetryAfter: figure(duration(), '1m', ours('2', 'pause before open sessions are ended again')),
});

const ports = z.strictObject({
  timeout: figure(duration(), '30s', ours('4', 'where a path sets no other')),
  maxFailures: figure(atLeastOne(), 3, ours('4')),
});

const risk = z.strictObject({
  openAtHigh: figure(z.array(z.string()), ['idCard', 'securityContacts', 'appeal', 'emergencyCode'], ours('2')),
  closedAtMedium: figure(z.array(z.string()), ['transactionHistory'], ours('2')),
  rememberedDeviceLowersMedium: figure(flag(), true, seed('2', 'protection mode')),
});

/** What proof opens the password (spec section 7). */
const proof = z.strictObject({
  sufficientAlone: figure(
    z.union([z.literal('every'), z.array(z.string())]),
    'every',
    seed('7', 'paths that open the password by themselves'),
  ),
  distinctKinds: figure(atLeastOne(), 2, ours('7', 'kinds of proof that open it together')),
  knowledgeAtMost: figure(share(), 0.5, ours('7', 'share of the kinds that may be knowledge')),
  keptFor: figure(duration(), '30m', ours('7')),
});

const guessing = z.strictObject({
  wrongCodesPerDay: figure(atLeastOne(), 10, ours('R11', 'over all recoveries of an account in 24 hours')),
  firstWait: figure(duration(), 0, ours('R13', 'wait after a failed path; 0 is none')),
  waitFactor: figure(z.number().check(z.minimum(1)), 2, ours('R13')),
  longestWait: figure(duration(), '1h', ours('R13')),
});

const password = z.strictObject({
  digits: figure(atLeastOne(), 6, seed('2')),
  refuseOwnDigits: figure(flag(), true, ours('2', 'birth date, end of the phone or document number')),
});

const code = z.strictObject({
  digits: figure(atLeastOne(), 6, ours('3.1')),
  lifetime: figure(duration(), '5m', ours('3.1')),
  maxWrong: figure(atLeastOne(), 5, ours('3.1')),
  maxSends: figure(atLeastOne(), 3, ours('3.1')),
  resendAfter: figure(duration(), '60s', ours('3.1')),
  sendsPerDay: figure(atLeastOne(), 10, ours('R14', 'over all recoveries of an account in 24 hours')),
});

const bankCard = z.strictObject({
  stateOwned: figure(
    z.strictObject({ ...bank('30s', 5), quickPayRequired: unlessOff() }),
    {},
    seed('3.1', 'at once; the 30 s are ours'),
  ),
  jointStock: figure(z.strictObject({ ...bank('2m', 3), creditNeedsSupport: unlessOff() }), {}, seed('3.1')),
  cityRural: figure(z.strictObject({ ...bank('10m', 2), debitOnly: unlessOff() }), {}, seed('3.1', '5 to 10 minutes')),
});

const idCard = z.strictObject({
  matchThreshold: figure(percent(), 80, seed('3.2')),
  registryTimeout: figure(duration(), '15m', seed('3.2', 'usually 10 to 15 minutes')),
  maxComparisons: figure(atLeastOne(), 3, ours('3.2')),
  maxCaptures: figure(atLeastOne(), 10, ours('3.2')),
});

const transactionHistory = z.strictObject({
  minTransactions: figure(count(), 20, seed('3.3')),
  questions: figure(
    z.strictObject({
      amount: z.prefault(count(), 3),
      merchant: z.prefault(count(), 2),
      time: z.prefault(count(), 2),
    }),
    {},
    ours('3.3'),
  ),
  passScore: figure(percent(), 85, seed('3.3')),
  merchantSimilarity: figure(percent(), 80, seed('3.3')),
  timeToleranceDays: figure(count(), 2, seed('3.3')),
  makeUps: figure(count(), 1, seed('3.3', 'wrong amounts that may be made up in a quiz')),
  makeUpChoices: figure(atLeastOne(), 3, seed('3.3')),
  quizTime: figure(duration(), '10m', ours('3.3')),
  quizzesPerDay: figure(atLeastOne(), 2, ours('3.3')),
});

const contacts = z.strictObject({
  minPreset: figure(atLeastOne(), 3, seed('3.4')),
  maxPreset: figure(atLeastOne(), 5, seed('3.4')),
  minQualified: figure(atLeastOne(), 3, seed('3.4')),
  knownDaysOver: figure(count(), 180, seed('3.4', 'more than this many days: 180 itself is not enough')),
  quorum: figure(atLeastOne(), 2, seed('3.4')),
  onDenial: figure(z.enum(['reject', 'ignore']), 'reject', ours('3.4')),
  askUntil: figure(duration(), '5m', seed('3.4')),
  collectUntil: figure(duration(), '30m', seed('3.4')),
  opensAt: figure(duration(), '45m', seed('3.4')),
  attemptsPerDay: figure(atLeastOne(), 2, ours('3.4')),
});

const appeal = z.strictObject({
  tiers: figure(
    z.array(z.strictObject({ completenessFrom: percent(), handledWithin: duration() })).check(z.minLength(1)),
    [
      { completenessFrom: 80, handledWithin: '24h' },
      { completenessFrom: 50, handledWithin: '48h' },
      { completenessFrom: 0, handledWithin: '72h' },
    ],
    seed('3.5'),
  ),
  callBackWithin: figure(duration(), '72h', seed('3.5')),
  calls: figure(atLeastOne(), 3, ours('3.5')),
  callAgainAfter: figure(duration(), '2h', ours('3.5')),
  supplementWithin: figure(duration(), '7d', ours('3.5')),
  reviewWithin: figure(duration(), '72h', ours('3.5', 'then it is escalated again, never decided')),
  filingTimeout: figure(duration(), '24h', ours('3.5')),
  approverTookNoCall: figure(flag(), true, ours('3.5')),
});

const biometric = z.strictObject({
  loggedInDaysOver: figure(count(), 30, seed('3.6')),
  wrongPasswords: figure(count(), 2, seed('3.6', 'in a row')),
  maxScans: figure(atLeastOne(), 5, ours('3.6')),
  matchThreshold: figure(percent(), 80, ours('3.6', 'where a sensor answers with a score')),
  falseAcceptsAtMost: figure(share(), 0.0001, ours('R23')),
  sensors: figure(
    z.record(
      z.string(),
      z.strictObject({ falseAccepts: share(), seconds: z.number().check(z.positive()), note: z.string() }),
    ),
    {
      capacitive: { falseAccepts: 0.00002, seconds: 0.3, note: 'worse on a dry finger' },
      structuredLight3d: { falseAccepts: 0.000001, seconds: 1.2, note: 'limited in strong light' },
      ultrasonic: { falseAccepts: 0.00001, seconds: 0.8, note: 'works with a wet hand' },
    },
    seed('3.6'),
  ),
});

const voice = z.strictObject({
  opensAt: figure(wallClock(), '08:00', seed('3.7')),
  closesAt: figure(wallClock(), '22:00', seed('3.7')),
  key: figure(z.string().check(z.length(1)), '3', seed('3.7')),
  dialects: figure(z.array(z.string()).check(z.minLength(1)), ['mandarin', 'cantonese'], seed('3.7')),
  attemptsPerDay: figure(atLeastOne(), 3, seed('3.7')),
  resumeWithin: figure(duration(), '2m', ours('3.7')),
  matchThreshold: figure(percent(), 80, ours('3.7', 'where the voiceprint answers with a score')),
});

const emergencyCode = z.strictObject({
  limitFen: figure(atLeastOne(), 50_000, seed('3.8', 'in one payment')),
  lifetime: figure(duration(), '2h', seed('3.8')),
  excludedCategories: figure(z.array(z.string()), ['virtualGoods'], seed('3.8')),
  observation: figure(duration(), '15d', seed('3.8')),
  codesPerWindow: figure(atLeastOne(), 3, ours('3.8')),
  window: figure(duration(), '180d', ours('3.8')),
  deviceParameters: figure(count(), 17, seed('3.8')),
});

/** How long what a recovery leaves behind is kept, from its end. */
const retention = z.strictObject({
  evidence: figure(duration(), '7d', ours('R55', 'references and what they stand for; a week to contest the end')),
  personalData: figure(duration(), '180d', ours('R55', 'whose recovery it was; the outcome stays')),
});

/** What payments of an observed account are held to, by whoever makes them: see `paymentRefusal` (R38, R40). */
const payments = z.strictObject({
  dailyCapTwoKindsFen: figure(atLeastOne(), 500_000, ours('R40', 'a calendar day, paid with two kinds of proof')),
  dailyCapFen: figure(atLeastOne(), 100_000, ours('R40', 'a calendar day, paid with one')),
  newPayees: figure(flag(), false, ours('R38', 'whether a payee may be added or changed meanwhile')),
});

const Figures = z.strictObject({
  version: figure(z.string().check(z.minLength(1)), '1', ours('1', 'a recovery keeps the version it began with')),
  profile: figure(z.enum(['source', 'strict']), 'source', ours('7')),
  timeZone: figure(
    z.string().check(z.refine(isTimeZone, 'expected an IANA time zone such as Asia/Shanghai')),
    'Asia/Shanghai',
    seed('1'),
  ),
  disclosure: figure(
    z.enum(['always', 'afterProof']),
    'always',
    ours('7', 'when the account is described to the client'),
  ),
  recovery: z.prefault(recovery, {}),
  ports: z.prefault(ports, {}),
  risk: z.prefault(risk, {}),
  proof: z.prefault(proof, {}),
  guessing: z.prefault(guessing, {}),
  password: z.prefault(password, {}),
  code: z.prefault(code, {}),
  bankCard: z.prefault(bankCard, {}),
  idCard: z.prefault(idCard, {}),
  transactionHistory: z.prefault(transactionHistory, {}),
  contacts: z.prefault(contacts, {}),
  appeal: z.prefault(appeal, {}),
  biometric: z.prefault(biometric, {}),
  voice: z.prefault(voice, {}),
  emergencyCode: z.prefault(emergencyCode, {}),
  retention: z.prefault(retention, {}),
  payments: z.prefault(payments, {}),
});

/** What figures have to be to each other. */
const consistent = z.superRefine<z.infer<typeof Figures>>((policy, ctx) => {
  const { askUntil, collectUntil, opensAt, quorum, minPreset, maxPreset, minQualified } = policy.contacts;
  const wrong = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: ['contacts', path], message });
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

export const Policy = Figures.check(consistent);
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
