import * as z from './zod.ts';

const name = () => z.string().check(z.minLength(1));
const count = () => z.int().check(z.nonnegative());
const countFromNone = () => z.prefault(count(), 0);

/** Kinds of bank, each with limits of its own (spec section 3.1). */
const BankType = z.enum(['stateOwned', 'jointStock', 'cityRural']);

export const Card = z.strictObject({
  cardId: name(),
  bankType: BankType,
  kind: z.enum(['debit', 'credit']),
  status: z.enum(['active', 'lost', 'expired', 'frozen']),
  reservedPhone: z.string(),
  quickPay: z.boolean(),
  onlinePayment: z.boolean(),
  creditSupported: z.boolean(),
});
export type Card = z.infer<typeof Card>;

export const Contact = z.strictObject({
  contactId: name(),
  realNameVerified: z.boolean(),
  /** Whole days since the owner and the contact know each other on the service. */
  knownDays: z.number().check(z.nonnegative()),
  /** The contact's own phone, where known: a contact who can be reached only on the owner's phone vouches for nobody. */
  phone: z.optional(z.string()),
});
export type Contact = z.infer<typeof Contact>;

const Sensor = z.enum(['capacitive', 'structuredLight3d', 'ultrasonic']);

/** What else may be said: a few plain values, nothing nested (it is stored, and shown to ports). */
const Trait = z.union([z.string().check(z.maxLength(256)), z.number(), z.boolean(), z.null()]);
const MOST_TRAITS = 32;
const traits = (said: object) =>
  Object.keys(said).length <= MOST_TRAITS &&
  Object.keys(said).every((name) => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name));
const aboutTraits = { error: `expected at most ${MOST_TRAITS} plain values with plain names` };

/** What the host knows of an account, as `loadAccount` returns it (spec section 5). */
export const AccountFacts = z.strictObject({
  accountId: name(),
  phone: z.string(),
  realName: z.strictObject({
    verified: z.boolean(),
    documentExpired: z.boolean(),
    birthDate: z.iso.date(),
    /** The last digits of the document number, where known: a new password must not repeat them. */
    documentNumberEnd: z.optional(z.string()),
  }),
  cards: z.array(Card),
  validTransactions: count(),
  contacts: z.array(Contact),
  device: z.strictObject({
    deviceId: z.string(),
    loggedInDays: z.number().check(z.nonnegative()),
    remembered: z.boolean(),
  }),
  biometric: z.strictObject({
    enabled: z.boolean(),
    /** `unsupported`, or any other name than a known sensor's, closes the path. */
    sensor: z.union([Sensor, z.string()]),
    enrolledDeviceId: z.nullable(z.string()),
  }),
  recentAbnormalLogin: z.boolean(),
  consecutiveWrongPasswords: count(),
  voiceprint: z.strictObject({ enrolled: z.boolean(), dialect: z.string() }),
  protectionMode: z.boolean(),
  /** Attempts made today outside this recovery, by path. */
  attemptsToday: z.looseObject({
    bankCard: countFromNone(),
    transactionHistory: countFromNone(),
    voice: countFromNone(),
    securityContacts: countFromNone(),
  }),
  /** Wrong one-time codes in the last 24 hours, over all recoveries of the account. */
  wrongCodes: countFromNone(),
  /** One-time codes sent in the last 24 hours in other recoveries of the account. */
  codesSent: countFromNone(),
  /** Paths that failed one after the other in other recoveries: each lengthens the wait (R13). */
  failedPaths: countFromNone(),
  /** Instant (ms) before which no path may be chosen, from other recoveries; 0 is none. */
  waitUntil: z.prefault(z.number().check(z.nonnegative()), 0),
  /** Whether repeated failure in another recovery asked for a manual review. */
  manualReview: z.prefault(z.boolean(), false),
  emergency: z.strictObject({
    codesInWindow: count(),
    /** Instant (ms, or an ISO date and time) until which the account is watched; null when it is not. */
    observedUntil: z.nullable(
      z.union([
        z.number(),
        z.pipe(
          z.iso.datetime({ offset: true }),
          z.transform((text) => Date.parse(text)),
        ),
      ]),
    ),
    restricted: z.boolean(),
  }),
  /** What only paths of one's own look at, such as `palmVeinEnrolled`; the built-in paths look at none of it. */
  others: z.prefault(z.record(z.string(), Trait).check(z.refine(traits, aboutTraits)), {}),
});
export type AccountFacts = z.infer<typeof AccountFacts>;

/**
 * What `loadAccount` answers for an account that does not exist, or that may not be told of: whoever tries is treated like
 * the owner of an account without anything to prove it by (R15).
 */
export const unknownAccount = (accountId: string): AccountFacts =>
  AccountFacts.parse({
    accountId,
    phone: '',
    realName: { verified: false, documentExpired: false, birthDate: '1970-01-01' },
    cards: [],
    validTransactions: 0,
    contacts: [],
    device: { deviceId: '', loggedInDays: 0, remembered: false },
    biometric: { enabled: false, sensor: 'unsupported', enrolledDeviceId: null },
    recentAbnormalLogin: false,
    consecutiveWrongPasswords: 0,
    voiceprint: { enrolled: false, dialect: '' },
    protectionMode: false,
    attemptsToday: {},
    emergency: { codesInWindow: 0, observedUntil: null, restricted: false },
  });

/** The device that a recovery is started from, as the host knows it. */
export const Device = z
  .catchall(z.object({ deviceId: z.string().check(z.minLength(1), z.maxLength(128)) }), Trait)
  .check(z.refine(traits, aboutTraits));
export type Device = z.infer<typeof Device>;

/** The network that a recovery is started from, as the host knows it. */
export const Network = z
  .catchall(z.object({ ip: z.optional(z.string().check(z.maxLength(64))) }), Trait)
  .check(z.refine(traits, aboutTraits));
export type Network = z.infer<typeof Network>;
