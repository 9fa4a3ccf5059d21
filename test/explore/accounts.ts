import type { AccountFacts } from '../../machines/account.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';

/** Whose recovery is explored: for each path an account for which it is open, and the same one after it closed. */

type Facts = Record<string, unknown>;

/** Facts of an account that nothing but people can help. */
const NOTHING: Facts = {
  realName: { verified: false },
  cards: [],
  validTransactions: 0,
  contacts: [],
  biometric: { enabled: false },
  voiceprint: { enrolled: false },
};
const CARD = { cardId: 'c1' };
const WATCHED_UNTIL = '2027-01-01T00:00:00+08:00';

/** Facts that differ from those of an account for which nothing but appeal and emergency code are open. */
const FACTS: Record<string, { open: Facts; lost: Facts }> = {
  bankCard: { open: { cards: [CARD] }, lost: { cards: [{ ...CARD, status: 'lost' }] } },
  idCard: { open: { realName: { verified: true } }, lost: { realName: { verified: true, documentExpired: true } } },
  transactionHistory: { open: { validTransactions: 20 }, lost: { validTransactions: 19 } },
  securityContacts: {
    open: { contacts: [{}, {}, {}] },
    lost: { contacts: [{ knownDays: 180 }, { knownDays: 180 }, {}] },
  },
  appeal: { open: {}, lost: {} },
  biometric: {
    open: { biometric: { enabled: true } },
    lost: { biometric: { enabled: true, enrolledDeviceId: 'd2' } },
  },
  voice: { open: { voiceprint: { enrolled: true } }, lost: { voiceprint: { enrolled: true, dialect: 'hakka' } } },
  emergencyCode: { open: {}, lost: { emergency: { observedUntil: WATCHED_UNTIL } } },
};

/** Facts of the account of a path, as a scenario says them. */
export const factsOf = (path: string, which: 'open' | 'lost' = 'open'): Facts => ({
  ...NOTHING,
  ...FACTS[path]?.[which],
});

export const accountOf = (path: string, which: 'open' | 'lost' = 'open'): AccountFacts =>
  sandboxAccount(factsOf(path, which));
/** An account for which some paths are open. */
export const accountWith = (...open: readonly string[]): AccountFacts =>
  sandboxAccount(Object.assign({}, NOTHING, ...open.map((path) => FACTS[path]?.open)));
/** The account of everyday: every path but the last resorts is open. */
export const EVERYTHING = sandboxAccount();
