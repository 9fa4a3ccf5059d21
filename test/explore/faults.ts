import { type AnyStateMachine, StateMachine } from 'xstate';
import { bankCard } from '../../machines/bank-card.ts';
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
  after?: object;
}

/** The same machine without the timeouts of one state. */
function withoutAfter(machine: AnyStateMachine, state: string): AnyStateMachine {
  const { states = {}, ...config } = machine.config as Config;
  const { after: _, ...rest } = states[state] ?? {};
  return new StateMachine(
    { ...config, states: { ...states, [state]: rest } } as AnyStateMachine['config'],
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
    machine: withPath(bankCard, withoutAfter(bankCard.machine, 'selectingCard')),
    foundBy: 'every waiting state has a timeout',
  },
  {
    fault: 'a reset after a risk change',
    path: 'bankCard',
    machine: recoveryMachine.provide({ guards: { proofLost: () => false } }),
    foundBy: 'no reset without a verified path that is allowed at the current risk',
  },
];
