/** What may happen: the nine machines, their policy, facts, events and ports. No I/O, no clock, no database. */
export { AccountFacts, Card, Contact, Device, Network, unknownAccount } from './account.ts';
export { appealMachine } from './appeal.ts';
export { whyNot } from './availability.ts';
export { bankCardMachine } from './bank-card.ts';
export { biometricMachine } from './biometric.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { emergencyCodeMachine } from './emergency-code.ts';
export { defineEvent, type EventOf, type EventRegistry, events, type RecoveryEvent, type Sender } from './events.ts';
export { idCardMachine } from './id-card.ts';
export type { IneligibleReason, PathOutput, PathReason, RecoveryOutput, RefusalCode } from './outcome.ts';
export {
  definePort,
  type OwnAnswers,
  type OwnEvents,
  type PathTexts,
  type PortRegistry,
  type PortSpec,
  portActor,
  type SandboxView,
} from './own-parts.ts';
export {
  again,
  attemptsOn,
  attemptsToday,
  checkRegistry,
  endings,
  instantOf,
  isLastFailure,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Standing,
  shownBy,
} from './path.ts';
export { eventsOf, paths, portsOf } from './paths.ts';
export { type PaymentAsked, type PaymentMade, paymentRefusal } from './payments.ts';
export { Policy, type PolicyInput, policyOf, STRICT } from './policy.ts';
export { evidence, type PortInput, type PortName, type PortOutput, port, ports, secret } from './ports.ts';
export {
  createRecoveryMachine,
  type RecoveryContext,
  type RecoveryInput,
  recoveryMachine,
  recoveryMachineOf,
} from './recovery.ts';
export { securityContactsMachine } from './security-contacts.ts';
export { type EventIn, isIn, type PathEvent, type PathMachines, type PathState, type RecoveryState } from './states.ts';
export { transactionHistoryMachine } from './transaction-history.ts';
export { createPalmAndVoice, default as palmAndVoice, type PalmAndVoiceMachine } from './trial/palm-and-voice.ts';
export { voiceMachine } from './voice.ts';
