import { assertEvent } from 'xstate';
import type { AccountFacts, Device, Network } from './account.ts';
import { keptProofs, type Situation, standingAt } from './availability.ts';
import type { EventOf } from './events.ts';
import type {
  AttemptSpent,
  CodeSent,
  CodeWrong,
  EmergencyCodeIssued,
  EndReason,
  ManualReviewRequired,
  Notice,
  Observed,
  PathFailed,
  PathOutput,
  RecoveryOutput,
  Refused,
} from './outcome.ts';
import { type PasswordFault, passwordFault } from './password.ts';
import { type Args, instantOf, type PathInput } from './path.ts';
import type { Policy } from './policy.ts';
import type { AnswerOf, PortInput } from './ports.ts';

/** What the parent is given, keeps, asks of its ports and ends with (spec section 2). */

export interface RecoveryInput {
  recoveryId: string;
  accountId: string;
  device: Device;
  network: Network;
  policy?: Policy;
  /** Instant of the start, in ms. */
  at?: number;
}

export interface RecoveryContext extends Situation {
  recoveryId: string;
  accountId: string;
  network: Network;
  at: number;
  /** The path under way, or the last one. */
  path: string | null;
  attempts: RecoveryOutput['attempts'];
  asked: string[];
  failures: number;
  /** Paths that failed one after the other: each lengthens the wait. */
  failedPaths: number;
  waitUntil: number;
  /** The recovery's own time has passed while something was under way that has a deadline of its own. */
  late: boolean;
  /** The same for the time to set the password. */
  passwordLate: boolean;
  /** The same for the time to end open sessions. */
  revokeLate: boolean;
  /** A call that was to set the password gave no result: it may have been set (R50). */
  passwordUncertain: boolean;
  cancelling: boolean;
  outcome: RecoveryOutput['outcome'];
  reason?: EndReason;
  told?: string;
}

export type Events =
  | EventOf<'path.choose' | 'path.leave' | 'recovery.cancel' | 'password.submit'>
  | AnswerOf<'loadAccount' | 'assessRisk' | 'setPassword' | 'revokeSessions' | 'notify'>
  | { type: 'path.done'; output: PathOutput; at?: number }
  | { type: 'deadline.recovery' | 'deadline.revoke' };

/** Events that the parent takes itself; every other goes to the path under way. */
export const OWN_EVENTS = ['path.choose', 'recovery.cancel', 'password.submit'] as const;

export type Emitted =
  | Refused
  | Notice
  | AttemptSpent
  | CodeSent
  | CodeWrong
  | EmergencyCodeIssued
  | Observed
  | PathFailed
  | ManualReviewRequired;

export type Ended = Pick<RecoveryOutput, 'outcome' | 'reason'>;
/** How a recovery ends; where the password may have been set, any end but a reset says so (R50). */
export const ended = (context: RecoveryContext, { outcome, reason }: Ended): Ended => {
  const said = context.passwordUncertain && outcome !== 'reset' ? 'passwordUncertain' : reason;
  return { outcome, ...(said === undefined ? {} : { reason: said }) };
};

export const account = ({ context }: Args<RecoveryContext, Events>): PortInput<'loadAccount'> => ({
  accountId: context.accountId,
});
export const risk = ({ context }: Args<RecoveryContext, Events>): PortInput<'assessRisk'> => ({
  accountId: context.accountId,
  device: context.device,
  network: context.network,
});
export const newPassword = ({ context, event }: Args<RecoveryContext, Events>): PortInput<'setPassword'> => {
  assertEvent(event, 'password.submit');
  return {
    accountId: context.accountId,
    password: event.password,
    factors: keptProofs(context, context.at).flatMap(({ factors }) => factors),
  };
};
export const resetNotice = ({ context }: Args<RecoveryContext, Events>): PortInput<'notify'> => ({
  accountId: context.accountId,
  notice: 'reset',
  ...(context.path === null ? {} : { path: context.path }),
});

/** What a path is started with. */
export const pathInput = ({ context, event }: Args<RecoveryContext, Events>): PathInput => ({
  account: standingAt({ ...context, account: context.account as AccountFacts }, context.at).account,
  recoveryId: context.recoveryId,
  policy: context.policy,
  device: context.device,
  network: context.network,
  at: instantOf(event, context),
  manualReview: context.manualReview,
  asked: context.asked,
});

export function fault(context: RecoveryContext, event: EventOf<'password.submit'>): PasswordFault | undefined {
  return passwordFault(event, context.account, context.policy);
}

export const recoveryOutput = ({ context }: { context: RecoveryContext }): RecoveryOutput => ({
  outcome: context.outcome,
  ...(context.path === null ? {} : { path: context.path }),
  ...(context.reason === undefined ? {} : { reason: context.reason }),
  attempts: context.attempts,
});

export const outputOf = (event: object): PathOutput | undefined =>
  'output' in event ? (event.output as PathOutput | undefined) : undefined;
