import { z } from 'zod';

/** Kinds of bank, each with limits of its own (spec section 3.1). */
const BankType = z.enum(['stateOwned', 'jointStock', 'cityRural']);

export const Card = z.strictObject({
  cardId: z.string().min(1),
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
  contactId: z.string().min(1),
  realNameVerified: z.boolean(),
  /** Whole days since the owner and the contact know each other on the service. */
  knownDays: z.number().nonnegative(),
  /** The contact's own phone, where known: a contact who can be reached only on the owner's phone vouches for nobody. */
  phone: z.string().optional(),
});
export type Contact = z.infer<typeof Contact>;

const Sensor = z.enum(['capacitive', 'structuredLight3d', 'ultrasonic']);

/** What else may be said: a few plain values, nothing nested (it is stored, and shown to ports). */
const Trait = z.union([z.string().max(256), z.number(), z.boolean(), z.null()]);
const MOST_TRAITS = 32;
const traits = (said: object) =>
  Object.keys(said).length <= MOST_TRAITS &&
  Object.keys(said).every((name) => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name));
const aboutTraits = { error: `expected at most ${MOST_TRAITS} plain values with plain names` };

/** What the host knows of an account, as `loadAccount` returns it (spec section 5). */
export const AccountFacts = z.strictObject({
  accountId: z.string().min(1),
  phone: z.string(),
  realName: z.strictObject({
    verified: z.boolean(),
    documentExpired: z.boolean(),
    birthDate: z.iso.date(),
    /** The last digits of the document number, where known: a new password must not repeat them. */
    documentNumberEnd: z.string().optional(),
  }),
  cards: z.array(Card),
  validTransactions: z.number().int().nonnegative(),
  contacts: z.array(Contact),
  device: z.strictObject({ deviceId: z.string(), loggedInDays: z.number().nonnegative(), remembered: z.boolean() }),
  biometric: z.strictObject({
    enabled: z.boolean(),
    /** `unsupported`, or any other name than a known sensor's, closes the path. */
    sensor: z.union([Sensor, z.string()]),
    enrolledDeviceId: z.string().nullable(),
  }),
  recentAbnormalLogin: z.boolean(),
  consecutiveWrongPasswords: z.number().int().nonnegative(),
  voiceprint: z.strictObject({ enrolled: z.boolean(), dialect: z.string() }),
  protectionMode: z.boolean(),
  /** Attempts made today outside this recovery, by path. */
  attemptsToday: z.looseObject({
    bankCard: z.number().int().nonnegative().default(0),
    transactionHistory: z.number().int().nonnegative().default(0),
    voice: z.number().int().nonnegative().default(0),
    securityContacts: z.number().int().nonnegative().default(0),
  }),
  /** Wrong one-time codes in the last 24 hours, over all recoveries of the account. */
  wrongCodes: z.number().int().nonnegative().default(0),
  /** One-time codes sent in the last 24 hours in other recoveries of the account. */
  codesSent: z.number().int().nonnegative().default(0),
  /** Paths that failed one after the other in other recoveries: each lengthens the wait (R13). */
  failedPaths: z.number().int().nonnegative().default(0),
  /** Instant (ms) before which no path may be chosen, from other recoveries; 0 is none. */
  waitUntil: z.number().nonnegative().default(0),
  /** Whether repeated failure in another recovery asked for a manual review. */
  manualReview: z.boolean().default(false),
  emergency: z.strictObject({
    codesInWindow: z.number().int().nonnegative(),
    /** Instant (ms, or an ISO date and time) until which the account is watched; null when it is not. */
    observedUntil: z
      .union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
      .nullable(),
    restricted: z.boolean(),
  }),
  /** What only paths of one's own look at, such as `palmVeinEnrolled`; the built-in paths look at none of it. */
  others: z.record(z.string(), Trait).refine(traits, aboutTraits).default({}),
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
  .object({ deviceId: z.string().min(1).max(128) })
  .catchall(Trait)
  .refine(traits, aboutTraits);
export type Device = z.infer<typeof Device>;

/** The network that a recovery is started from, as the host knows it. */
export const Network = z
  .object({ ip: z.string().max(64).optional() })
  .catchall(Trait)
  .refine(traits, aboutTraits);
export type Network = z.infer<typeof Network>;
