/** What may happen: the nine machines, their policy, facts, events and ports. No I/O, no clock, no database. */
export { AccountFacts, Card, Contact, Device, Network, unknownAccount } from './account.ts';
export { appealMachine } from './appeal.ts';
export { whyNot } from './availability.ts';
export { bankCardMachine } from './bank-card.ts';
export { biometricMachine } from './biometric.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { emergencyCodeMachine } from './emergency-code.ts';
export { type EventOf, events, type RecoveryEvent, type Sender } from './events.ts';
export { idCardMachine } from './id-card.ts';
export type { IneligibleReason, PathOutput, RecoveryOutput, RefusalCode } from './outcome.ts';
export type { PathInput, RecoveryPath, Standing } from './path.ts';
export { paths } from './paths.ts';
export { Policy, type PolicyInput, policyOf, STRICT } from './policy.ts';
export { evidence, type PortInput, type PortName, type PortOutput, port, ports, secret } from './ports.ts';
export { createRecoveryMachine, type RecoveryContext, type RecoveryInput, recoveryMachine } from './recovery.ts';
export { securityContactsMachine } from './security-contacts.ts';
export { transactionHistoryMachine } from './transaction-history.ts';
export { voiceMachine } from './voice.ts';
