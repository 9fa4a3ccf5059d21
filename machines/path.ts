import type { AnyStateMachine } from 'xstate';
import type { AccountFacts, Device, Network } from './account.ts';
import { dayOf } from './calendar.ts';
import { events as builtInEvents, type EventRegistry } from './events.ts';
import {
  type EndReason,
  FACTOR_KINDS,
  type Factor,
  type FactorKind,
  type PathOutput,
  type PathReason,
  type RefusalReason,
  type Refused,
} from './outcome.ts';
import type { PathTexts, PortRegistry } from './own-parts.ts';
import { type Policy, policyOf } from './policy.ts';
import { ports as builtInPorts } from './ports.ts';

/** What every path machine is given. Alone in a browser console `{ account }` is enough. */
export interface PathInput {
  account: AccountFacts;
  recoveryId?: string;
  policy?: Policy;
  device?: Device;
  network?: Network;
  /** Instant at which the path begins, in ms. */
  at?: number;
  /** Whether repeated failure asked for a manual review (spec section 2). */
  manualReview?: boolean;
  /** Quiz questions asked before in this recovery: they are not asked again. */
  asked?: string[];
}

/** What every path machine keeps. */
export interface PathContext {
  account: AccountFacts;
  policy: Policy;
  device: Device;
  /** Instant at which the path began: the account's attempts of today are those of that day. */
  since: number;
  /** The last instant that the machine was told of. */
  at: number;
  /** Port calls that failed; at `policy.ports.maxFailures` the path ends `unavailable`. */
  failures: number;
  /** Instants of the attempts spent in this run. */
  spent: number[];
  factors: Factor[];
  exhausted: boolean;
  reason?: EndReason;
  /** What the owner is told of the last try, such as `cardUnavailable`. */
  told?: string;
}

export function pathContext({ account, policy, device, at }: PathInput): PathContext {
  return {
    account,
    policy: policy ?? policyOf(),
    device: device ?? { deviceId: account.device.deviceId },
    since: at ?? 0,
    at: at ?? 0,
    failures: 0,
    spent: [],
    factors: [],
    exhausted: false,
  };
}

/** The instant of an event: the host's stamp, else the last one known. */
export function instantOf(event: object, context: { at: number }): number {
  return 'at' in event && typeof event.at === 'number' ? event.at : context.at;
}

/** Attempts at a path that the account has made today, as its facts stand. */
export const attemptsToday = ({ account }: { account: AccountFacts }, path: string) =>
  Number(account.attemptsToday[path] ?? 0);

/** Codes and links that may still be sent today, over all recoveries (R14). */
export const sendsLeftToday = ({ account, policy }: Pick<Standing, 'account' | 'policy'>, ordered = 0) =>
  Math.max(policy.code.sendsPerDay - account.codesSent - ordered, 0);

/** Attempts at a path on the calendar day of an instant: those known when it began, if that was the same day, and its own. */
export function attemptsOn(at: number, path: string, context: PathContext): number {
  const { policy, since, spent } = context;
  const day = dayOf(at, policy.timeZone);
  const isSameDay = (instant: number) => dayOf(instant, policy.timeZone) === day;
  const before = isSameDay(since) ? attemptsToday(context, path) : 0;
  return before + spent.filter(isSameDay).length;
}

/** The output of a path machine; each final state says its outcome. */
export const pathOutput =
  <C extends PathContext>(
    path: string,
    more: (context: C) => Pick<PathOutput, 'asked' | 'wrongCodes' | 'sends' | 'unavailable' | 'told'> = () => ({}),
  ) =>
  ({ context, event }: { context: C; event: object }): PathOutput => ({
    path,
    outcome: ('output' in event ? event.output : 'rejected') as PathOutput['outcome'],
    ...(context.reason === undefined ? {} : { reason: context.reason }),
    factors: context.factors,
    spent: context.spent,
    exhausted: context.exhausted,
    ...more(context),
  });

/** Whether the next failure of a port is the last that is borne (spec section 4). */
export const isLastFailure = ({ context }: { context: { failures: number; policy: Policy } }) =>
  context.failures + 1 >= context.policy.ports.maxFailures;

/** What to do when a port fails: try the step again, and after the last failure end the path as `unavailable`. */
export const again = <T extends string>(target: T) =>
  [
    { guard: 'lastFailure', target: '#unavailable' },
    { target, reenter: true, actions: 'countFailure' },
  ] as const;

/** What the functions of a chart are given. */
export interface Args<C, E> {
  context: C;
  event: E;
}

/** Tags of a state: for whom it waits. `busy` is a state that waits for a port. */
export type Tag = 'waitingForUser' | 'waitingForContacts' | 'waitingForAgent' | 'waitingForStaff' | 'busy';

/** Why a path ends, and whether for good in this recovery. */
export interface Ending {
  reason: EndReason;
  exhausted?: boolean;
}
/** Why an event is not taken. */
export interface Refusal extends Omit<Refused, 'type'> {
  reason?: RefusalReason;
}

/** The final states that every path shares. */
export const endings = (section: string) =>
  ({
    unavailable: {
      id: 'unavailable',
      description: 'A port failed too often: not the fault of the owner.',
      meta: { section: '4' },
      entry: { type: 'end', params: { reason: 'unavailable' } },
      always: 'rejected',
    },
    verified: {
      description: 'What had to be proved is proved.',
      meta: { section },
      type: 'final',
      output: 'verified',
    },
    rejected: { description: 'It was not proved.', meta: { section }, type: 'final', output: 'rejected' },
    expired: { description: 'Nobody acted in time.', meta: { section }, type: 'final', output: 'expired' },
    cancelled: { description: 'The owner left the path.', meta: { section }, type: 'final', output: 'cancelled' },
  }) as const;

/** What eligibility is judged by. */
export interface Standing {
  account: AccountFacts;
  policy: Policy;
  device: Device;
  at: number;
}

/** A way back: one file, and one line in the registry. */
export interface RecoveryPath {
  id: string;
  title: { 'zh-CN': string; en: string };
  /** Section of the spec. */
  section: string;
  /** `selfService` paths come first; `appeal` when none of them can serve; `lastResort` when nothing else can. */
  order: 'selfService' | 'appeal' | 'lastResort';
  /** Kinds of proof that it gives, none where it opens no password: a factor of another kind does not count (R19). */
  grants: readonly FactorKind[];
  machine: AnyStateMachine;
  /** Events of its own, beside those of `events.ts`. */
  events?: EventRegistry;
  /** Ports of its own, beside those of `ports.ts`: its machine invokes each under the port's name. */
  ports?: PortRegistry;
  /** Facts of its own (`others`) with which it is open: an account of a sandbox that has everything has them. */
  openWith?: AccountFacts['others'];
  /** What its states, its events and its reasons are called, where they are its own. */
  texts?: Readonly<Record<'zh-CN' | 'en', PathTexts>>;
  /** A path that this one yields to: while that one can be used, this one is not offered, with the reason given. */
  yieldsTo?: { path: string; reason: PathReason };
  /** Whether the recovery's own time limit does not apply while this path is under way. */
  hasOwnDeadlines?: boolean;
  /** Whether the path itself takes `recovery.cancel`, because something under way has to be settled first. */
  settlesCancel?: boolean;
  /** Whether too many wrong codes in it, the reason `wrongCodeLimit`, lock the recovery. */
  mayLock?: boolean;
  /** Why the account may not use this path now; undefined when it may. */
  ineligible(standing: Standing): PathReason | undefined;
  /** Whether the path could be carried through now, where that is less than eligible. */
  usable?(standing: Standing): boolean;
  /** Whether what was proved is still true of the account; checked again before the password may be set. */
  stillHolds?(standing: Standing, factors: readonly Factor[]): boolean;
  /** Those of its factors that are true still, where the path holds with less than all of them. */
  held?(standing: Standing, factors: readonly Factor[]): Factor[];
  /** What a client is shown of the path under way: an allow-list, never a grade or a secret. Made by `shownBy`. */
  shown?(context: unknown): Record<string, unknown>;
}

/** The function `shown` of a path, over the parts of its machine's context that it names. */
export const shownBy =
  <C>(show: (context: C) => Record<string, unknown>): NonNullable<RecoveryPath['shown']> =>
  (context) =>
    show(context as C);

/** The means of one kind among factors: `meansOf(factors, 'possession:card')` gives the card ids. */
export function meansOf(factors: readonly Factor[], prefix: string): string[] {
  return factors.filter((factor) => factor.startsWith(`${prefix}:`)).map((factor) => factor.slice(prefix.length + 1));
}

/** Factors of the kinds that a path may give. */
export const granted = ({ grants }: RecoveryPath, factors: readonly Factor[]): Factor[] =>
  factors.filter((factor) => grants.some((kind) => factor.startsWith(`${kind}:`)));

/**
 * Holds a registry to its rules: ids are unique, each path says what kinds of proof it gives (R19), and events and ports of
 * its own have names of their own.
 * @throws TypeError that names the path.
 */
export function checkRegistry(paths: readonly RecoveryPath[]): void {
  const ids = paths.map(({ id }) => id);
  const taken = { event: new Map<string, object>(), port: new Map<string, object>() };
  for (const [name, spec] of Object.entries(builtInEvents)) taken.event.set(name, spec);
  for (const [name, spec] of Object.entries(builtInPorts)) taken.port.set(name, spec);
  for (const [index, { id, grants, events = {}, ports = {} }] of paths.entries()) {
    if (ids.indexOf(id) !== index) throw new TypeError(`path '${id}': its id is taken`);
    if (!Array.isArray(grants) || !grants.every((kind) => FACTOR_KINDS.includes(kind))) {
      throw new TypeError(`path '${id}': grants has to list kinds of proof, of ${FACTOR_KINDS.join(', ')}`);
    }
    const own = { event: events, port: ports } as const;
    const internal = Object.keys(events).find((type) => /^(deadline|xstate)\./.test(type));
    if (internal)
      throw new TypeError(`path '${id}': event '${internal}' is called like one that charts send to themselves`);
    for (const kind of ['event', 'port'] as const) {
      for (const [name, spec] of Object.entries(own[kind])) {
        if ((taken[kind].get(name) ?? spec) !== spec) throw new TypeError(`path '${id}': ${kind} '${name}' is taken`);
        taken[kind].set(name, spec);
      }
    }
  }
}
