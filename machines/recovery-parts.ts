import { type AnyStateMachine, enqueueActions } from 'xstate';
import { instantOf, type RecoveryPath } from './path.ts';
import { type Emitted, type Events, outputOf, pathInput, type RecoveryContext } from './recovery-context.ts';

/** Pieces of the parent's chart that recur: what to do when a port fails, and the state of a path. */

type Enqueue = typeof enqueueActions<RecoveryContext, Events, undefined, Events, never, never, never, never, Emitted>;
/** Several changes and messages at once. */
export const enqueued = (collect: Parameters<Enqueue>[0]): ReturnType<Enqueue> => enqueueActions(collect);

/** A failed path makes the next one wait, longer each time (R13); a port that failed is not the owner's fault. */
export const lengthenWait = enqueued(({ enqueue, context, event }) => {
  const output = outputOf(event);
  if (output?.reason === 'manualReview') enqueue.emit({ type: 'manualReview.required' });
  if (output?.outcome !== 'rejected' || output.reason === 'unavailable') return;
  const { firstWait, waitFactor, longestWait } = context.policy.guessing;
  const wait = Math.min(firstWait * waitFactor ** context.failedPaths, longestWait);
  const failedPaths = context.failedPaths + 1;
  const waitUntil = instantOf(event, context) + wait;
  enqueue.assign({ failedPaths, waitUntil: Math.max(context.waitUntil, waitUntil) });
  if (wait > 0) enqueue.emit({ type: 'path.failed', until: waitUntil, count: failedPaths });
});

/** From here on the recovery only runs to its end. */
export const PASSWORD_IS_SET = {
  'recovery.cancel': { actions: { type: 'refuse', params: { code: 'notAccepted', reason: 'passwordIsSet' } } },
  'deadline.recovery': {},
} as const;

export const SESSIONS_ARE_OPEN = { ...PASSWORD_IS_SET, 'deadline.revoke': { actions: 'noteRevokeLate' } } as const;

const failed = {
  guard: 'lastFailure',
  target: '#recovery.failed',
  actions: { type: 'end', params: { outcome: 'failed', reason: 'unavailable' } },
} as const;

export function assessAgain<T extends string>(target: T) {
  return [failed, { target, reenter: true, actions: 'countFailure' }] as const;
}

export function chooseAgain() {
  return [
    { guard: 'lastFailure', target: 'offering', actions: 'recordUnavailable' },
    { target: 'rechecking', reenter: true, actions: 'countFailure' },
  ] as const;
}

export function verifyAgain<T extends string>(target: T) {
  return [
    {
      guard: 'lastFailure',
      target: '#recovery.choosing',
      actions: ['recordUnavailable', { type: 'notify', params: { notice: 'failed' } }],
    },
    { target, reenter: true, actions: 'countFailure' },
  ] as const;
}

/** No result came of setting the password. */
export const passwordDoubted = {
  target: 'doubting',
  actions: ['countFailure', { type: 'tell', params: { told: 'unavailable' } }],
} as const;

export function passwordAgain() {
  return [{ ...failed, guard: 'failuresSpent' }, { target: 'awaiting' }] as const;
}

const codeUsed = { guard: 'pathCodeUsed', target: '#recovery.observing', actions: 'recordPath' } as const;
const cancelledMeanwhile = { guard: 'cancelling', target: '#recovery.cancelled', actions: 'recordPath' } as const;
const codeUnused = {
  guard: 'pathCodeUnused',
  target: '#recovery.completed',
  actions: ['recordPath', { type: 'end', params: { outcome: 'emergencyCodeUnused' } }],
} as const;
/** The deadlines of the path's own are not the recovery's time, which begins anew. */
const verifiedInItsOwnTime = {
  guard: 'pathVerified',
  target: '#recovery.verifying.rechecking',
  actions: ['recordPath', 'recordProof', 'forgetLate', 'forgetRecoveryTime', 'startRecoveryTime'],
} as const;
const verified = {
  guard: 'pathVerified',
  target: '#recovery.verifying.rechecking',
  actions: ['recordPath', 'recordProof'],
} as const;

const locked = { guard: 'pathLocked', target: '#recovery.locked', actions: ['recordPath', 'endLocked'] } as const;

/** Whether a machine has a transition for an event, in whatever state. */
const takes = ({ events }: AnyStateMachine, type: string) =>
  events.some(
    (each) => each === type || each === '*' || (each.endsWith('.*') && `${type}.`.startsWith(each.slice(0, -1))),
  );

/**
 * The state under which a path is invoked: it is named after the path, and so is the child. It has what its path can make
 * happen, and no more.
 * @param events types that are the paths' own: those that its machine takes go to it.
 */
export function pathState(path: RecoveryPath, events: readonly string[]) {
  const mayBeLate = path.hasOwnDeadlines || path.settlesCancel;
  const forwarded = events.filter((type) => takes(path.machine, type)).map((type) => [type, { actions: 'toPath' }]);
  return {
    description: `${path.title.en} ${path.title['zh-CN']}`,
    meta: { section: path.section, path: path.id },
    on: {
      ...Object.fromEntries(forwarded),
      ...(mayBeLate ? { 'deadline.recovery': { actions: 'noteLate' } } : {}),
      ...(path.settlesCancel ? { 'recovery.cancel': { actions: ['noteCancelling', 'toPath'] } } : {}),
    },
    invoke: {
      id: path.id,
      src: path.id,
      input: pathInput,
      onDone: [
        ...(path.grants.length === 0 ? [codeUsed] : []),
        ...(path.settlesCancel ? [cancelledMeanwhile] : []),
        ...(path.grants.length === 0 ? [codeUnused] : [path.hasOwnDeadlines ? verifiedInItsOwnTime : verified]),
        ...(path.mayLock ? [locked] : []),
        {
          target: '#recovery.choosing',
          actions: ['recordPath', 'lengthenWait', { type: 'notify', params: { notice: 'failed' } }],
        },
      ],
    },
  };
}
