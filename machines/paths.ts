import { appeal } from './appeal.ts';
import { bankCard } from './bank-card.ts';
import { biometric } from './biometric.ts';
import { emergencyCode } from './emergency-code.ts';
import { idCard } from './id-card.ts';
import type { RecoveryPath } from './path.ts';
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
