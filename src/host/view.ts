import type { AnyStateMachine } from 'xstate';
import { keptProofs, reasonsAt } from '../../machines/availability.ts';
import type { IneligibleReason, RecoveryOutput } from '../../machines/outcome.ts';
import type { PathContext, RecoveryPath } from '../../machines/path.ts';
import { OWN_EVENTS, type RecoveryContext } from '../../machines/recovery.ts';
import type { RecoveryState } from '../../machines/states.ts';
import { type Instant, inspect, type Timer } from '../core/index.ts';
import type { RecoveryRecord } from '../store/types.ts';

/** A recovery as it is shown: what it waits for, what may be done, until when. It holds no secret. */
export interface RecoveryView {
  recoveryId: string;
  /** Empty once the personal data were erased. */
  accountId: string;
  version: number;
  status: RecoveryRecord['status'];
  /** The parent's state, the path, and the path's state, joined by dots. */
  state: RecoveryState;
  tags: string[];
  /** Paths that may be chosen now. */
  eligible: string[];
  /** Why the others may not. */
  ineligible: Record<string, IneligibleReason>;
  /** Types of events that the recovery takes in this state. */
  allowed: string[];
  /** What falls due by itself, the earliest first; `at` in ms. */
  deadlines: { name: string; at: Instant }[];
  /** Whether the owner may be told of the account: which paths are open, and why not (R16). */
  disclosed: boolean;
  /** What the owner is told of the last try. */
  told?: string;
  risk?: string;
  /** What the path under way has to show: quiz questions, faults of a picture, what an agent asks for. */
  details?: Record<string, unknown>;
  output?: RecoveryOutput;
  createdAt: Instant;
  updatedAt: Instant;
}

const isRefusal = (action: string) => action === 'refuse';

/** The name of a deadline: the delay's, or the event's where it spans states. */
export function deadlineOf(timer: Timer): string {
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(timer.event.type) ?? [];
  const name = delay ?? timer.event.type.replace(/^deadline\./, '');
  return timer.source === '' ? name : `${timer.source}.${name}`;
}

export function viewOf(
  machine: AnyStateMachine,
  paths: readonly RecoveryPath[],
  recovery: RecoveryRecord,
  timers: readonly Timer[],
  now: Instant,
): RecoveryView {
  const snapshot = recovery.snapshot as { context: RecoveryContext; output?: RecoveryOutput };
  const { context } = snapshot;
  const machines = recovery.status === 'active' ? inspect(machine, recovery, isRefusal) : [];
  const child = machines.find(({ path }) => path.length === 1);
  const underWay = paths.find(({ id }) => id === child?.path[0]);
  const told = (child?.context as PathContext | undefined)?.told ?? context.told;
  const why = context.account ? reasonsAt(paths, context, now) : () => undefined;
  const reasons = paths.map((path) => [path.id, why(path)] as const);
  const root = machines[0]?.events.filter((type) => OWN_EVENTS.some((own) => own === type)) ?? [];
  return {
    recoveryId: recovery.id,
    accountId: recovery.accountId,
    version: recovery.version,
    status: recovery.status,
    state: recovery.state as RecoveryState,
    tags: [...new Set(machines.flatMap(({ tags }) => tags))].sort(),
    eligible: context.account ? reasons.flatMap(([id, reason]) => (reason === undefined ? [id] : [])) : [],
    ineligible: Object.fromEntries(
      reasons.filter((entry): entry is [string, IneligibleReason] => entry[1] !== undefined),
    ),
    allowed: [...new Set([...(child?.events ?? []), ...root])].filter((type) => !type.startsWith('deadline.')).sort(),
    deadlines: timers.map((timer) => ({ name: deadlineOf(timer), at: timer.dueAt })).sort((a, b) => a.at - b.at),
    disclosed: context.policy.disclosure === 'always' || keptProofs(context, now).length > 0,
    ...(told === undefined ? {} : { told }),
    ...(context.risk ? { risk: context.risk.level } : {}),
    ...(child && underWay?.shown ? { details: underWay.shown(child.context) } : {}),
    ...(snapshot.output ? { output: snapshot.output } : {}),
    createdAt: recovery.createdAt,
    updatedAt: recovery.updatedAt,
  };
}

/** The view of a recovery whose machine is not known here: what its record says by itself, and nothing to be done. */
export function viewOfRecord(recovery: RecoveryRecord): RecoveryView {
  const { output } = (recovery.snapshot ?? {}) as { output?: RecoveryOutput };
  const { id, accountId, version, status, state, createdAt, updatedAt } = recovery;
  return {
    recoveryId: id,
    accountId,
    version,
    status,
    state: state as RecoveryState,
    tags: [],
    eligible: [],
    ineligible: {},
    allowed: [],
    deadlines: [],
    disclosed: false,
    ...(output ? { output } : {}),
    createdAt,
    updatedAt,
  };
}

/** The view of an owner who has proved nothing yet: every path looks the same. */
export function undisclosed(view: RecoveryView, paths: readonly RecoveryPath[]): RecoveryView {
  const { risk: _, ...shown } = view;
  return { ...shown, eligible: view.eligible.length === 0 ? [] : paths.map(({ id }) => id), ineligible: {} };
}

/** A recovery as it stands in a list. */
export function summaryOf({
  snapshot: _,
  calls: _calls,
  ...summary
}: RecoveryRecord): Omit<RecoveryRecord, 'snapshot' | 'calls'> {
  return summary;
}
