import { appeal } from './appeal.ts';
import { bankCard } from './bank-card.ts';
import { biometric } from './biometric.ts';
import { emergencyCode } from './emergency-code.ts';
import { type EventRegistry, events } from './events.ts';
import { idCard } from './id-card.ts';
import type { PortRegistry } from './own-parts.ts';
import type { RecoveryPath } from './path.ts';
import { ports } from './ports.ts';
import { securityContacts } from './security-contacts.ts';
import { transactionHistory } from './transaction-history.ts';
import { voice } from './voice.ts';

/** The registry, in the order in which paths are listed. A ninth path is one file and one line here. */
export const paths: readonly RecoveryPath[] = [
  bankCard,
  idCard,
  transactionHistory,
  securityContacts,
  appeal,
  biometric,
  voice,
  emergencyCode,
];

/** Every event that may come from outside: those of the eight paths, and those that other paths bring. */
export const eventsOf = (registry: readonly RecoveryPath[]): EventRegistry =>
  Object.assign(Object.create(null), events, ...registry.map((path) => path.events ?? {}));

/** Every port: those of the eight paths and the parent, and those that other paths bring. */
export const portsOf = (registry: readonly RecoveryPath[]): PortRegistry =>
  Object.assign(Object.create(null), ports, ...registry.map((path) => path.ports ?? {}));
