import { AccountFacts, Card, Contact } from '../../machines/account.ts';
import { layered } from '../../machines/policy.ts';
import { hint } from './nearest.ts';

type Part = Record<string, unknown>;
const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value);

const PHONE = '+8613800000000';

const card = (index: number, phone: unknown) => ({
  cardId: `c${index + 1}`,
  bankType: 'stateOwned',
  kind: 'debit',
  status: 'active',
  reservedPhone: phone,
  quickPay: true,
  onlinePayment: true,
  creditSupported: false,
});

const contact = (index: number) => ({ contactId: `k${index + 1}`, realNameVerified: true, knownDays: 400 });

/** The account of spec section 5, with contacts enough to ask. */
const DEFAULTS: Part = {
  accountId: 'a1',
  phone: PHONE,
  realName: { verified: true, documentExpired: false, birthDate: '1990-04-01' },
  cards: [{}],
  validTransactions: 42,
  contacts: [{}, {}, {}, {}],
  device: { deviceId: 'd1', loggedInDays: 90, remembered: true },
  biometric: { enabled: true, sensor: 'structuredLight3d', enrolledDeviceId: 'd1' },
  recentAbnormalLogin: false,
  consecutiveWrongPasswords: 2,
  voiceprint: { enrolled: true, dialect: 'mandarin' },
  protectionMode: true,
  attemptsToday: { bankCard: 0, transactionHistory: 0 },
  wrongCodes: 0,
  emergency: { codesInWindow: 0, observedUntil: null, restricted: false },
};

function refuseUnknown(part: Part, known: readonly string[], where: string): void {
  for (const key of Object.keys(part)) {
    if (!known.includes(key)) throw new TypeError(`unknown field '${where}${key}'${hint(key, known)}`);
  }
}

function completed(
  items: unknown,
  complete: (index: number) => Part,
  known: readonly string[],
  where: string,
): unknown {
  if (!Array.isArray(items)) return items;
  return items.map((item: unknown, index) => {
    if (!isPart(item)) return item;
    refuseUnknown(item, known, `${where}.${index}.`);
    return { ...complete(index), ...item };
  });
}

/**
 * Complete facts from any part of them: what is missing takes a sandbox default, items of lists included.
 * @throws TypeError that names an unknown field and the nearest known one, ZodError for a wrong value.
 */
export function sandboxAccount(part: Part = {}): AccountFacts {
  refuseUnknown(part, Object.keys(AccountFacts.shape), '');
  for (const [key, value] of Object.entries(part)) {
    const shape = (AccountFacts.shape as Record<string, { shape?: Part }>)[key]?.shape;
    if (shape && isPart(value) && key !== 'attemptsToday') refuseUnknown(value, Object.keys(shape), `${key}.`);
  }
  const facts = layered(DEFAULTS, part);
  return AccountFacts.parse({
    ...facts,
    cards: completed(facts.cards, (index) => card(index, facts.phone), Object.keys(Card.shape), 'cards'),
    contacts: completed(facts.contacts, contact, Object.keys(Contact.shape), 'contacts'),
  });
}
