import { type AnyStateMachine, StateMachine } from 'xstate';
import { appeal, appealMachine } from '../../machines/appeal.ts';
import { bankCard, bankCardMachine } from '../../machines/bank-card.ts';
import { biometric, biometricMachine } from '../../machines/biometric.ts';
import { emergencyCode, emergencyCodeMachine } from '../../machines/emergency-code.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths } from '../../machines/paths.ts';
import { createRecoveryMachine, recoveryMachine } from '../../machines/recovery.ts';
import { securityContacts, securityContactsMachine } from '../../machines/security-contacts.ts';

/** Copies of the machines, each with one fault that a person might make. */

/** The parent with one path put in the place of its own. */
const withPath = (path: RecoveryPath, machine: AnyStateMachine): AnyStateMachine =>
  createRecoveryMachine(paths.map((each) => (each.id === path.id ? { ...path, machine } : each)));

interface Config {
  states?: Record<string, Config>;
}

/** The same machine with a part of one state replaced. */
function changed(machine: AnyStateMachine, state: string, part: object): AnyStateMachine {
  const { states = {}, ...config } = machine.config as Config;
  return new StateMachine(
    { ...config, states: { ...states, [state]: { ...states[state], ...part } } } as AnyStateMachine['config'],
    machine.implementations as AnyStateMachine['implementations'],
  );
}

interface Asked {
  context: { confirmations: Record<string, string> };
}
const anyone = ({ context }: Asked) => Object.values(context.confirmations).includes('verified');

export interface Fault {
  fault: string;
  path: string;
  machine: AnyStateMachine;
  /** The property that finds it. */
  foundBy: string;
}

export const FAULTS: readonly Fault[] = [
  {
    fault: 'a quorum of 1',
    path: 'securityContacts',
    machine: withPath(
      securityContacts,
      securityContactsMachine.provide({ guards: { quorumReceived: anyone, quorumVerified: anyone } }),
    ),
    foundBy: 'the contacts’ entrance never opens under the quorum',
  },
  {
    fault: 'an entrance at minute 30',
    path: 'securityContacts',
    machine: withPath(securityContacts, securityContactsMachine.provide({ delays: { opensAt: 0 } })),
    foundBy: 'the contacts’ entrance never opens before minute 45',
  },
  {
    fault: 'a limit of 50 001 fen',
    path: 'emergencyCode',
    machine: withPath(
      emergencyCode,
      emergencyCodeMachine.provide({
        guards: {
          redemptionRefused: ({ event }) =>
            event.type === 'code.redeem' && (event.amountFen > 50_001 || event.category === 'virtualGoods'),
        },
      }),
    ),
    foundBy: 'an emergency code never pays above the limit',
  },
  {
    fault: 'a missing timeout',
    path: 'bankCard',
    machine: withPath(bankCard, changed(bankCardMachine, 'selectingCard', { after: {} })),
    foundBy: 'every waiting state has a timeout',
  },
  {
    fault: 'a reset after a risk change',
    path: 'bankCard',
    machine: recoveryMachine.provide({ guards: { proofLost: () => false } }),
    foundBy: 'no reset without a verified path that is allowed at the current risk',
  },
  {
    fault: 'a reset after the account changed',
    path: 'biometric',
    machine: recoveryMachine.provide({ guards: { proofLost: () => false } }),
    foundBy: 'eligibility holds at verification',
  },
  {
    fault: 'a password that is set and taken for refused',
    path: 'biometric',
    machine: recoveryMachine.provide({ guards: { passwordSet: () => false } }),
    foundBy: 'never two resets',
  },
  {
    fault: 'sessions that stay open',
    path: 'biometric',
    machine: recoveryMachine.provide({ guards: { sessionsEnded: () => true } }),
    foundBy: 'no reset without open sessions ended',
  },
  {
    fault: 'scans without end',
    path: 'biometric',
    machine: withPath(biometric, biometricMachine.provide({ guards: { scansSpent: () => false } })),
    foundBy: 'no path goes past its attempt limit',
  },
  {
    fault: 'codes guessed at without end',
    path: 'bankCard',
    machine: withPath(
      bankCard,
      bankCardMachine.provide({ guards: { lastWrongCode: () => false, wrongCodeLimit: () => false } }),
    ),
    foundBy: 'no code is guessed at past the limits',
  },
  {
    fault: 'a code that pays and is not void',
    path: 'emergencyCode',
    machine: withPath(emergencyCode, emergencyCodeMachine.provide({ guards: { redeemed: () => false } })),
    foundBy: 'an emergency code is spent at most once',
  },
  {
    fault: 'a code that pays for anything',
    path: 'emergencyCode',
    machine: withPath(emergencyCode, emergencyCodeMachine.provide({ guards: { redemptionRefused: () => false } })),
    foundBy: 'an emergency code never pays for virtual goods',
  },
  {
    fault: 'a code of three hours',
    path: 'emergencyCode',
    machine: withPath(emergencyCode, emergencyCodeMachine.provide({ delays: { lifetime: 10_800_000 } })),
    foundBy: 'an emergency code never pays after two hours',
  },
  {
    fault: 'a code while the account is observed',
    path: 'emergencyCode',
    machine: withPath({ ...emergencyCode, ineligible: () => undefined }, emergencyCodeMachine),
    foundBy: 'no emergency code is issued while the account is observed',
  },
  {
    fault: 'a review that time approves',
    path: 'appeal',
    machine: withPath(appeal, changed(appealMachine, 'reviewing', { after: { reviewWithin: 'verified' } })),
    foundBy: 'an appeal is never approved by a timer',
  },
  {
    fault: 'an approval by who took the call',
    path: 'appeal',
    machine: withPath(appeal, appealMachine.provide({ guards: { notAnotherAgent: () => false } })),
    foundBy: 'an appeal is never approved by who took the call',
  },
  {
    fault: 'a cancel that goes nowhere',
    path: 'biometric',
    machine: changed(recoveryMachine, 'choosing', { on: { 'recovery.cancel': {} } }),
    foundBy: 'cancel works wherever the spec says',
  },
];
