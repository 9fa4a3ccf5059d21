import type { RecoveryContext } from '../../machines/recovery.ts';
import {
  always,
  contextOf,
  type Exploration,
  endsReachable,
  leadsTo,
  never,
  neverAfter,
  neverFails,
  type Property,
  refusedChangesNothing,
  restartChangesNothing,
  type State,
  type Transition,
  waitsHaveTimeouts,
} from '../../src/testing/index.ts';
import { accountOf } from './accounts.ts';
import { LIMITS } from './recovery.ts';

/** What must hold of every recovery. Figures are those of the spec, written out: not read from the policy. */

const MINUTE = 60_000;

const context = ({ step }: State) => contextOf<RecoveryContext>(step) as RecoveryContext;
const isIn = (state: State, prefix: string) =>
  state.step.states.some((each) => each === prefix || each.startsWith(`${prefix}.`));
const asks = (port: string) => (transition: Transition) => transition.requests.some((request) => request.port === port);
const answers = (port: string, field: string) => (transition: Transition) =>
  transition.input.type === 'answer' &&
  transition.input.port === port &&
  (transition.input.answer as Record<string, unknown>)[field] === true;
const sends = (transition: Transition, type: string) =>
  transition.input.type === 'event' && transition.input.event.type === type;
/** Whether a transition ends a path, verified. */
const verifies = (path: string) => (transition: Transition) =>
  isIn(transition.from, `verifying.${path}`) && isIn(transition.to, 'verifying.rechecking');

/** The path and risk that a password is about to be set by, as the rules have it. */
const OPEN_AT_HIGH = ['idCard', 'securityContacts', 'appeal', 'emergencyCode'];
const CLOSED_AT_MEDIUM = ['transactionHistory'];
function isAllowed(path: string, { risk, account }: RecoveryContext): boolean {
  if (risk?.level === 'high') return OPEN_AT_HIGH.includes(path);
  const isUsual = account?.protectionMode && account.device.remembered;
  return risk?.level === 'low' || isUsual === true || !CLOSED_AT_MEDIUM.includes(path);
}

function isOpened({ from }: Transition, { pathTo }: Exploration): boolean {
  const way = pathTo(from);
  return context(from).proofs.some(
    ({ path }) => isAllowed(path, context(from)) && way.some((transition) => verifies(path)(transition)),
  );
}

const isLost = (state: State) => {
  const { account, path } = context(state);
  return path !== null && path !== 'appeal' && JSON.stringify(account) === JSON.stringify(accountOf(path, 'lost'));
};

const enters = ({ from, to }: Transition, state: string) => isIn(to, state) && !isIn(from, state);
const isReset = ({ step }: State) => (step.output as { outcome?: string } | undefined)?.outcome === 'reset';

const reset: Property[] = [
  never('no reset without a verified path that is allowed at the current risk', {
    transition: (transition, exploration) => asks('setPassword')(transition) && !isOpened(transition, exploration),
  }),
  never('eligibility holds at verification', {
    transition: (transition) => asks('setPassword')(transition) && isLost(transition.from),
  }),
  neverAfter('never two resets', answers('setPassword', 'ok'), asks('setPassword')),
  never('no reset without open sessions ended', {
    transition: (transition) =>
      enters(transition, 'settingPassword.notifying') && !answers('revokeSessions', 'ok')(transition),
  }),
  never('a reset ends with everyone told', {
    transition: ({ from, to }) => isReset(to) && !isIn(from, 'settingPassword.notifying'),
  }),
];

/** Attempts that a path has, as lowered for the exploration. */
const ATTEMPTS: Record<string, number> = {
  bankCard: LIMITS.bankCard.stateOwned.attemptsPerDay,
  idCard: LIMITS.idCard.maxComparisons,
  transactionHistory: LIMITS.transactionHistory.quizzesPerDay,
  securityContacts: LIMITS.contacts.attemptsPerDay,
  biometric: LIMITS.biometric.maxScans,
  voice: LIMITS.voice.attemptsPerDay,
};

/** The calendar day in Shanghai, which is 8 hours ahead all year. */
const dayOf = (instant: number) => Math.floor((instant + 480 * MINUTE) / (1_440 * MINUTE));

function spentToday(state: State, path: string): number {
  const child = contextOf<{ spent: number[] }>(state.step, path);
  const before = context(state).spent.filter((each) => each.path === path);
  const all = [...before.map((each) => each.at), ...(child?.spent ?? [])];
  return all.filter((instant) => dayOf(instant) === dayOf(state.at)).length;
}

const limits: Property[] = [
  always('no path goes past its attempt limit', (state) =>
    Object.entries(ATTEMPTS).every(([path, limit]) => spentToday(state, path) <= limit),
  ),
  always('no code is guessed at past the limits', (state) => {
    const child = contextOf<{ wrongCodes: number; sends: number }>(state.step, 'bankCard');
    return (
      context(state).wrongCodes + (child?.wrongCodes ?? 0) <= LIMITS.guessing.wrongCodesPerDay &&
      (child?.wrongCodes ?? 0) <= LIMITS.code.maxWrong &&
      (child?.sends ?? 0) <= LIMITS.code.maxSends
    );
  }),
];

interface Contacts {
  since: number;
  confirmations: Record<string, string>;
}
const contactsOf = (state: State) => contextOf<Contacts>(state.step, 'securityContacts');
const verifiedBy = (state: State) =>
  Object.values(contactsOf(state)?.confirmations ?? {}).filter((each) => each === 'verified').length;

const contacts: Property[] = [
  never('the contacts’ entrance never opens before minute 45', {
    transition: (transition) =>
      verifies('securityContacts')(transition) &&
      transition.at - (contactsOf(transition.from)?.since ?? 0) < 45 * MINUTE,
  }),
  never('the contacts’ entrance never opens under the quorum', {
    transition: (transition) => verifies('securityContacts')(transition) && verifiedBy(transition.from) < 2,
  }),
];

const appeal: Property[] = [
  never('an appeal is never approved by a timer', {
    transition: (transition) =>
      verifies('appeal')(transition) && !(sends(transition, 'review.approve') || sends(transition, 'video.passed')),
  }),
  never('an appeal is never approved by who took the call', {
    transition: (transition) =>
      verifies('appeal')(transition) &&
      transition.input.type === 'event' &&
      transition.input.event.agentId === contextOf<{ callTaker?: string }>(transition.from.step, 'appeal')?.callTaker,
  }),
];

interface Payment {
  amountFen: number;
  category: string;
}
const payment = ({ requests }: Transition) =>
  requests.find(({ port }) => port === 'redeemEmergencyCode')?.input as Payment | undefined;

/** Instant at which the code was issued that is paid with. */
function issuedAt(state: State): number {
  for (let via = state.via; via; via = via.from.via) if (answers('issueEmergencyCode', 'ok')(via)) return via.at;
  return Number.NEGATIVE_INFINITY;
}

const emergencyCode: Property[] = [
  neverAfter(
    'an emergency code is spent at most once',
    answers('redeemEmergencyCode', 'accepted'),
    asks('redeemEmergencyCode'),
  ),
  never('an emergency code never pays above the limit', {
    transition: (transition) => (payment(transition)?.amountFen ?? 0) > 50_000,
  }),
  never('an emergency code never pays for virtual goods', {
    transition: (transition) => payment(transition)?.category === 'virtualGoods',
  }),
  never('an emergency code never pays after two hours', {
    transition: (transition) =>
      payment(transition) !== undefined && transition.at - issuedAt(transition.from) > 120 * MINUTE,
  }),
  never('no emergency code is issued while the account is observed', {
    transition: (transition) => {
      const until = contextOf<RecoveryContext>(transition.from.step, 'emergencyCode')?.account?.emergency.observedUntil;
      return asks('issueEmergencyCode')(transition) && Number(until ?? 0) > transition.at;
    },
  }),
];

const WAITING = ['waitingForUser', 'waitingForContacts', 'waitingForAgent', 'waitingForStaff', 'busy'];
/** The recovery's own deadline would cover for any other. */
const OVERALL = ['#recovery', '#revoke'];
/** Where cancelling would leave open whether money or a password has moved. */
const NOT_NOW = [
  'settingPassword.setting',
  'settingPassword.doubting',
  'settingPassword.revoking',
  'settingPassword.revokingLater',
  'settingPassword.notifying',
];
const isBeyondCancel = (state: State) => NOT_NOW.some((each) => isIn(state, each));
const settles = 'verifying.emergencyCode.active.redeeming';

export const GENERAL: readonly Property[] = [
  waitsHaveTimeouts('every waiting state has a timeout', ({ step }) => step.tags.some((tag) => WAITING.includes(tag)), {
    except: OVERALL,
  }),
  endsReachable(),
  leadsTo(
    'time alone ends whatever nobody decides',
    (state) => !isIn(state, 'verifying.appeal'),
    (state) => state.step.status === 'done' || isIn(state, 'verifying.appeal'),
    { ways: 'some', over: ({ input }) => input.type === 'timer' },
  ),
  refusedChangesNothing(),
  restartChangesNothing(),
  neverFails(),
  never('cancel works wherever the spec says', {
    transition: (transition) =>
      sends(transition, 'recovery.cancel') &&
      !isBeyondCancel(transition.from) &&
      !isIn(transition.from, settles) &&
      !isIn(transition.to, 'cancelled'),
  }),
  never('cancel is refused once a password may be set', {
    transition: (transition) =>
      sends(transition, 'recovery.cancel') && isBeyondCancel(transition.from) && transition.result !== 'refused',
  }),
  leadsTo(
    'what is cancelled while a payment is under way ends without a choice',
    (state) => context(state).cancelling && isIn(state, settles),
    (state) => state.step.status === 'done' || isIn(state, 'observing'),
    { ways: 'all' },
  ),
];

/** Kinds of proof that are kept: the part of a factor before its first colon. */
const kindsIn = (state: State) =>
  new Set(context(state).proofs.flatMap(({ factors }) => factors.map((each) => each.split(':')[0])));

/** What the profile `strict` asks for besides. */
export const STRICT_PROPERTIES: readonly Property[] = [
  never('no password by proofs of one kind alone', {
    transition: (transition) => asks('setPassword')(transition) && kindsIn(transition.from).size < 2,
  }),
  never('no password by what was proved more than 30 minutes ago', {
    transition: (transition) =>
      asks('setPassword')(transition) &&
      context(transition.from).proofs.filter(({ at }) => transition.at - at <= 30 * MINUTE).length < 2,
  }),
];

/** The properties of recoveries: those of every path, and those that only one path can break. */
export const PROPERTIES: readonly Property[] = [
  ...reset,
  ...limits,
  ...contacts,
  ...appeal,
  ...emergencyCode,
  ...GENERAL,
];
