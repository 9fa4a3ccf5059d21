import type { AnyEventObject } from 'xstate';
import type { AccountFacts } from '../../machines/account.ts';
import { dayOf } from '../../machines/calendar.ts';
import { paths } from '../../machines/paths.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import type { ExploreOptions, Outcome, Persisted } from '../../src/testing/index.ts';
import { accountOf, accountWith, EVERYTHING } from './accounts.ts';
import { EVENTS, OWN, PORTS } from './inputs.ts';

/** How recoveries are explored: one path at a time, or all of them. */

const START = Date.parse('2026-03-02T10:00:00+08:00');

/**
 * Limits that only count are lowered, so that their end is met soon: what is shown of two tries holds of five, as the charts
 * compare counts with the policy alone. Spans, sums and thresholds are those of the source.
 */
export const LIMITS = {
  ports: { maxFailures: 2 },
  code: { maxWrong: 2, maxSends: 2, sendsPerDay: 3 },
  guessing: { wrongCodesPerDay: 3 },
  bankCard: { stateOwned: { attemptsPerDay: 2 } },
  idCard: { maxComparisons: 2, maxCaptures: 4 },
  transactionHistory: { questions: { amount: 1, merchant: 1, time: 0 }, quizzesPerDay: 2, passScore: 85 },
  contacts: { attemptsPerDay: 2 },
  appeal: { calls: 2 },
  biometric: { maxScans: 2 },
  voice: { attemptsPerDay: 2 },
} satisfies PolicyInput;
const POLICY = policyOf(LIMITS);

/** Deadlines that shorter ones, taken again and again, would keep from ever falling due. */
const ANYTIME = [
  '#recovery',
  '#revoke',
  '.choosingTimeout.recovery.choosing',
  '.passwordTimeout.recovery.settingPassword',
  '/code',
  '#code',
  '#resend',
  '#quiz',
  '#resume',
  '#tier',
  '#callBack',
  '#callAgain',
];

/** Paths with rules about an instant: what comes 1 ms before it is tried, too. */
export const EXACT = ['securityContacts', 'emergencyCode'];

const risks = (...levels: string[]): Outcome[] => [
  ...levels.map((level) => ({ answer: { level, signals: [] } })),
  { throws: 'out of order' },
];
const facts = (...accounts: AccountFacts[]): Outcome[] => [
  ...accounts.map((answer) => ({ answer })),
  { throws: 'out of order' },
];

const days = new Map<number, string>();
function day(instant: number): string {
  const known = days.get(instant) ?? dayOf(instant, POLICY.timeZone);
  days.set(instant, known);
  return known;
}
/** On which side of midnight an instant is: of attempts only the day matters. */
const side = (instant: number, at: number) => (day(instant) === day(at) ? 'today' : 'before');

type Parts = Record<string, unknown>;

/**
 * What tells recoveries apart: of spent attempts the day, of an end how it ended. What never changes, what is only told and
 * when the account was read (its own attempts of the day are none) is left out.
 */
function project(snapshot: Persisted, at: number): unknown {
  const {
    policy: _p,
    device: _d,
    network: _n,
    at: _a,
    accountAt: _r,
    attempts: _t,
    told: _o,
    asked: _q,
    ...kept
  } = snapshot.context as Parts & { outcome: string; waitUntil: number; spent: { path: string; at: number }[] };
  if (snapshot.status === 'done') return [snapshot.value, kept.outcome, kept.reason];
  const children = Object.entries(snapshot.children ?? {}).map(([id, child]) => [id, ofPath(id, child.snapshot, at)]);
  const context = {
    ...kept,
    failedPaths: 0, // it only lengthens waits, of which this policy has none
    waitUntil: kept.waitUntil > at,
    spent: kept.spent.map((each) => `${each.path} ${side(each.at, at)}`).sort(),
  };
  return { ...snapshot, context, children: Object.fromEntries(children) };
}

/** Paths whose attempts are counted by the day. */
const COUNTED = ['bankCard', 'idCard', 'transactionHistory', 'securityContacts', 'biometric', 'voice', 'palmAndVoice'];

/** Escalations are counted without an end, and each is a call of its own: they decide nothing. */
function ofPath(path: string, snapshot: Persisted, at: number): unknown {
  if (typeof snapshot.context !== 'object') return snapshot;
  const {
    policy: _p,
    device: _d,
    at: _a,
    told: _o,
    escalations: _e,
    since,
    ...kept
  } = snapshot.context as Parts & {
    since: number;
    spent: number[];
    failures: number;
  };
  const children = Object.entries(snapshot.children ?? {}).filter(([id]) => !id.startsWith('escalation.'));
  const context = {
    ...kept,
    since: COUNTED.includes(path) ? side(since, at) : '',
    failures: Math.min(kept.failures, LIMITS.ports.maxFailures), // more than the last that is borne is no more
    spent: kept.spent.map((each) => side(each, at)),
  };
  return { ...snapshot, context, children: Object.fromEntries(children) };
}

const common = {
  at: START,
  input: {
    recoveryId: 'r1',
    accountId: 'a1',
    device: { deviceId: 'd1' },
    network: {},
    policy: POLICY,
    at: START,
  },
  stamp: (event: AnyEventObject, at: number) => ({ ...event, at }),
  isRefusal: ({ type }: AnyEventObject) => type === 'refused',
  clocks: 'ordered',
  anytime: ANYTIME,
  project,
} as const satisfies ExploreOptions;

/** One path under the parent: nothing else is chosen, and each of its events is tried everywhere. */
export const onePath = (path: string) =>
  ({
    ...common,
    waits: EXACT.includes(path) ? 'justBefore' : 'none',
    events: [{ type: 'path.choose', path }, ...OWN, ...(EVENTS[path] ?? [])],
    ports: {
      ...PORTS,
      loadAccount: path === 'appeal' ? facts(accountOf(path)) : facts(accountOf(path), accountOf(path, 'lost')),
      assessRisk: path === 'transactionHistory' ? risks('low', 'medium') : risks('low', 'high'),
    },
  }) satisfies ExploreOptions;

/** Two paths under the `strict` profile, where neither opens the password by itself. */
export function twoPaths(pair: readonly [string, string], more: PolicyInput = {}): ExploreOptions {
  const policy = policyOf({ ...LIMITS, ...more }, 'strict');
  return {
    ...common,
    input: { ...common.input, policy },
    events: [
      ...pair.map((path) => ({ type: 'path.choose', path })),
      ...OWN,
      ...pair.flatMap((path) => EVENTS[path] ?? []),
    ],
    ports: { ...PORTS, loadAccount: facts(accountWith(...pair)), assessRisk: risks('low') },
  };
}

/** All paths, of an account to which all but the last resorts are open. */
export const allPaths = (): ExploreOptions => ({
  ...common,
  events: [...paths.map(({ id }) => ({ type: 'path.choose', path: id })), ...OWN, ...Object.values(EVENTS).flat()],
  ports: { ...PORTS, loadAccount: facts(EVERYTHING), assessRisk: risks('low', 'high') },
});
