import type { AnyStateMachine, EventFromLogic, StateFrom } from 'xstate';
import type { appealMachine } from './appeal.ts';
import type { bankCardMachine } from './bank-card.ts';
import type { biometricMachine } from './biometric.ts';
import type { emergencyCodeMachine } from './emergency-code.ts';
import type { RecoveryEvent } from './events.ts';
import type { idCardMachine } from './id-card.ts';
import type { recoveryMachine } from './recovery.ts';
import type { OWN_EVENTS } from './recovery-context.ts';
import type { securityContactsMachine } from './security-contacts.ts';
import type { transactionHistoryMachine } from './transaction-history.ts';
import type { voiceMachine } from './voice.ts';

/**
 * Charts of the paths, by id. A path of one's own joins it, so that its states and events are known to the compiler:
 *
 *     declare module 'regain/machines' { interface PathMachines { palmVein: typeof palmVeinMachine } }
 */
export interface PathMachines {
  bankCard: typeof bankCardMachine;
  idCard: typeof idCardMachine;
  transactionHistory: typeof transactionHistoryMachine;
  securityContacts: typeof securityContactsMachine;
  appeal: typeof appealMachine;
  biometric: typeof biometricMachine;
  voice: typeof voiceMachine;
  emergencyCode: typeof emergencyCodeMachine;
}
type PathId = keyof PathMachines & string;

/** The innermost states of a value of XState's, as dotted paths. */
type Leaves<V> = V extends string ? V : { [K in keyof V & string]: `${K}.${Leaves<V[K]>}` }[keyof V & string];
type StatesOf<M extends AnyStateMachine> = Leaves<StateFrom<M>['value']>;

/** States of a path under way, as a recovery shows them: `verifying.bankCard.awaitingCode`. */
export type PathState<P extends PathId = PathId> = { [K in P]: `verifying.${K}.${StatesOf<PathMachines[K]>}` }[P];
/** Every state of a recovery: the parent's, the path, and the path's state, joined by dots. */
export type RecoveryState = StatesOf<typeof recoveryMachine> | PathState;

/** What the charts send to themselves, and what a host adds to an event. */
type Internal = `xstate.${string}` | `deadline.${string}`;
type Stamp = 'at' | 'agentId';
type Sent<E extends { type: string }> = E extends { type: Internal }
  ? never
  : Extract<RecoveryEvent, { type: E['type'] }> extends never
    ? Omit<E, Stamp>
    : Extract<RecoveryEvent, { type: E['type'] }>;

/** Events that a path knows, as a client sends them. */
export type PathEvent<P extends PathId> = { [K in P]: Sent<EventFromLogic<PathMachines[K]>> }[P];
type OwnEvent = Extract<RecoveryEvent, { type: (typeof OWN_EVENTS)[number] }>;

/** Events that may be sent in a state: the path's while it is under way, and the recovery's own. */
export type EventIn<S extends string> =
  | OwnEvent
  | (S extends `verifying.${infer P extends PathId}.${string}` ? PathEvent<P> : never);

/** Whether a recovery is in a state or below it; the compiler then knows which events may be sent. */
export const isIn = <V extends { state: string }, S extends string>(
  view: V,
  state: S,
): view is V & { state: Extract<V['state'], S | `${S}.${string}`> } =>
  view.state === state || view.state.startsWith(`${state}.`);
