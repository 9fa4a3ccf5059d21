import type { AccountFacts } from '../../machines/account.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { sandboxAccount } from './account.ts';

/** An account of the sandbox and what is particular about it. */
export interface Inhabitant {
  about: string;
  facts: AccountFacts;
}

type Part = Record<string, unknown>;

const BANKS = ['stateOwned', 'jointStock', 'cityRural'];
const contactsKnown = (...days: number[]) => days.map((knownDays) => ({ knownDays }));

/** What each account differs in from the one of spec section 5. */
const KINDS: readonly [about: string, part: Part][] = [
  ['has everything', {}],
  ...BANKS.flatMap((bankType): [string, Part][] => [
    [`${bankType} debit card`, { cards: [{ bankType }] }],
    [`${bankType} credit card, supported`, { cards: [{ bankType, kind: 'credit', creditSupported: true }] }],
    [`${bankType} credit card, not supported`, { cards: [{ bankType, kind: 'credit' }] }],
  ]),
  ['no card', { cards: [] }],
  ['a card without quick pay', { cards: [{ quickPay: false }] }],
  ['a card without online payment', { cards: [{ onlinePayment: false }] }],
  ['a card on another phone', { cards: [{ reservedPhone: '+8613900000000' }] }],
  ...['lost', 'expired', 'frozen'].map((status): [string, Part] => [`a ${status} card`, { cards: [{ status }] }]),
  ['one lost and one active card', { cards: [{ status: 'lost' }, { bankType: 'jointStock' }] }],
  ['card attempts used up today', { attemptsToday: { bankCard: 5 } }],
  ['19 years old', { cards: [], realName: { birthDate: '2007-01-15' } }],
  ['33 years old', { cards: [], realName: { birthDate: '1993-01-15' } }],
  ['67 years old', { cards: [], realName: { birthDate: '1959-01-15' } }],
  ['not real-name verified', { cards: [], realName: { verified: false } }],
  ['document expired', { cards: [], realName: { documentExpired: true } }],
  ['19 transactions', { cards: [], validTransactions: 19 }],
  ['20 transactions', { cards: [], validTransactions: 20 }],
  ['no contacts', { contacts: [] }],
  ['two contacts', { contacts: [{}, {}] }],
  ['five contacts', { contacts: [{}, {}, {}, {}, {}] }],
  ['contacts known for 180 days', { contacts: contactsKnown(180, 180, 180) }],
  ['contacts known for 181 days', { contacts: contactsKnown(181, 181, 181) }],
  ...['capacitive', 'structuredLight3d', 'ultrasonic', 'iris'].map((sensor): [string, Part] => [
    `sensor ${sensor}`,
    { biometric: { sensor } },
  ]),
  ['device changed', { biometric: { enrolledDeviceId: 'd0' } }],
  ['device logged in for 30 days', { device: { loggedInDays: 30 } }],
  ['abnormal login lately', { recentAbnormalLogin: true }],
  ['one wrong password only', { consecutiveWrongPasswords: 1 }],
  ...['mandarin', 'cantonese', 'hokkien'].map((dialect): [string, Part] => [
    `voiceprint in ${dialect}`,
    { voiceprint: { dialect } },
  ]),
  ['no voiceprint', { voiceprint: { enrolled: false } }],
  ['no protection mode', { protectionMode: false, device: { remembered: false } }],
  ['three emergency codes', { emergency: { codesInWindow: 3 } }],
  ['restricted', { emergency: { restricted: true } }],
  [
    'nothing left but people',
    {
      cards: [],
      validTransactions: 3,
      contacts: [],
      realName: { verified: false },
      biometric: { enabled: false },
      voiceprint: { enrolled: false },
    },
  ],
];

/**
 * One account of every kind, the same every time: `a1` has everything.
 * @param paths those for which it has everything as well.
 */
export function population(paths: readonly RecoveryPath[] = []): Inhabitant[] {
  return KINDS.map(([about, part], index) => ({
    about,
    facts: sandboxAccount({ accountId: `a${index + 1}`, ...part, ...(index === 0 ? { others: factsFor(paths) } : {}) }),
  }));
}

/** Facts of their own with which paths are open. */
export const factsFor = (paths: readonly RecoveryPath[]): AccountFacts['others'] =>
  Object.assign({}, ...paths.map(({ openWith }) => openWith));
