import { assertEvent, assign, cancel, emit, raise, sendTo, setup } from 'xstate';
import { keptProofs, opensPassword, stillHeld, stillHolds, whyNot } from './availability.ts';
import { events } from './events.ts';
import type { Notice, Observed, PathReason, RecoveryOutput, Refused } from './outcome.ts';
import { checkRegistry, granted, instantOf, isLastFailure, type RecoveryPath, type Refusal, type Tag } from './path.ts';
import { paths as builtIn } from './paths.ts';
import { policyOf } from './policy.ts';
import { port } from './ports.ts';
import {
  account,
  type Emitted,
  type Ended,
  type Events,
  ended,
  fault,
  newPassword,
  OWN_EVENTS,
  outputOf,
  type RecoveryContext,
  type RecoveryInput,
  recoveryOutput,
  resetNotice,
  risk,
} from './recovery-context.ts';
import {
  assessAgain,
  chooseAgain,
  enqueued,
  lengthenWait,
  PASSWORD_IS_SET,
  passwordAgain,
  passwordDoubted,
  pathState,
  SESSIONS_ARE_OPEN,
  verifyAgain,
} from './recovery-parts.ts';

export { OWN_EVENTS, type RecoveryContext, type RecoveryInput } from './recovery-context.ts';

// The parent: which ways back are open, one of them at a time, and the new password (spec section 2).

/**
 * The parent over a list of paths. A ninth path is one more entry.
 * @param paths the registry; ids are unique.
 * @param version is raised with every change of a chart: a recovery goes on with the version that it began with.
 * @throws TypeError for a path that does not say what it grants.
 */
export function createRecoveryMachine(paths: readonly RecoveryPath[] = builtIn, version = '1') {
  checkRegistry(paths);
  const pathOf = (id: string | null) => paths.find((path) => path.id === id);
  const why = (context: RecoveryContext, id: string, at: number): PathReason | undefined => {
    const path = pathOf(id);
    return path ? whyNot(path, paths, context, at) : 'unknownPath';
  };
  /** The first proof that no longer holds. */
  const lost = (context: RecoveryContext) => {
    for (const proof of keptProofs(context, context.at)) {
      const path = pathOf(proof.path);
      const reason = path ? stillHolds(path, proof.factors, context, context.at) : 'noLongerEligible';
      if (reason) return { path: proof.path, reason };
    }
    return undefined;
  };
  const pathEvents = [
    ...Object.keys(events).filter((type) => !OWN_EVENTS.some((own) => own === type)),
    ...paths.flatMap((path) => Object.keys(path.events ?? {})),
  ];

  return setup({
    types: {
      context: {} as RecoveryContext,
      events: {} as Events,
      input: {} as RecoveryInput,
      output: {} as RecoveryOutput,
      emitted: {} as Emitted,
      tags: {} as Tag,
    },
    actors: {
      loadAccount: port('loadAccount'),
      assessRisk: port('assessRisk'),
      setPassword: port('setPassword'),
      revokeSessions: port('revokeSessions'),
      notify: port('notify'),
      ...(Object.fromEntries(paths.map((path) => [path.id, path.machine])) as object),
    },
    guards: {
      lastFailure: isLastFailure,
      late: ({ context }) => context.late,
      passwordLate: ({ context }) => context.passwordLate,
      revokeLate: ({ context }) => context.revokeLate,
      failuresSpent: ({ context }) => context.failures >= context.policy.ports.maxFailures,
      mustWait: ({ context, event }) => instantOf(event, context) < context.waitUntil,
      choiceRefused: ({ context, event }) => {
        assertEvent(event, 'path.choose');
        return why(context, event.path, instantOf(event, context)) !== undefined;
      },
      isChosen: ({ context }, { path }: { path: string }) => context.path === path,
      choiceLost: ({ context }) => why(context, context.path ?? '', context.at) !== undefined,
      pathVerified: ({ event }) => outputOf(event)?.outcome === 'verified',
      pathCodeUsed: ({ event }) => outputOf(event)?.outcome === 'codeUsed',
      pathCodeUnused: ({ event }) => outputOf(event)?.outcome === 'codeUnused',
      pathLocked: ({ event }) => outputOf(event)?.reason === 'wrongCodeLimit',
      cancelling: ({ context }) => context.cancelling,
      proofLost: ({ context }) => lost(context) !== undefined,
      proofComplete: ({ context }) => opensPassword(context, context.at),
      passwordRefused: ({ context, event }) => {
        assertEvent(event, 'password.submit');
        return fault(context, event) !== undefined;
      },
      passwordSet: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.setPassword');
        return event.output.ok;
      },
      sessionsEnded: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.revokeSessions');
        return event.output.ok;
      },
      proofLostAtHost: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.setPassword');
        return !event.output.ok && event.output.reason === 'noLongerEligible';
      },
    },
    delays: {
      choosingTimeout: ({ context }) => context.policy.recovery.choosingTimeout,
      passwordTimeout: ({ context }) => context.policy.recovery.passwordTimeout,
      recoveryTimeout: ({ context }) => context.policy.recovery.timeout,
      revokeWithin: ({ context }) => context.policy.recovery.revokeWithin,
      revokeRetryAfter: ({ context }) => context.policy.recovery.revokeRetryAfter,
      portTimeout: ({ context }) => context.policy.ports.timeout,
      observation: ({ context }) => context.policy.emergencyCode.observation,
    },
    actions: {
      startRecoveryTime: raise({ type: 'deadline.recovery' }, { id: 'recovery', delay: 'recoveryTimeout' }),
      forgetRecoveryTime: cancel('recovery'),
      countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
      forgetFailures: assign({ failures: 0 }),
      noteLate: assign({ late: true }),
      forgetLate: assign({ late: false }),
      startRevokeTime: raise({ type: 'deadline.revoke' }, { id: 'revoke', delay: 'revokeWithin' }),
      noteRevokeLate: assign({ revokeLate: true }),
      notePasswordUncertain: assign({ passwordUncertain: true }),
      forgetPasswordUncertain: assign({ passwordUncertain: false }),
      startPasswordTime: assign({ passwordLate: false }),
      notePasswordLate: assign({ passwordLate: true }),
      noteCancelling: assign({ cancelling: true }),
      noteAccount: assign(({ context, event }) => {
        assertEvent(event, 'xstate.done.actor.loadAccount');
        const at = instantOf(event, context);
        const { waitUntil, failedPaths, manualReview } = event.output;
        return {
          account: event.output,
          accountAt: at,
          at,
          waitUntil: Math.max(context.waitUntil, waitUntil),
          failedPaths: Math.max(context.failedPaths, failedPaths),
          manualReview: context.manualReview || manualReview,
        };
      }),
      noteRisk: assign(({ context, event }) => {
        assertEvent(event, 'xstate.done.actor.assessRisk');
        return { risk: event.output, at: instantOf(event, context) };
      }),
      noteChoice: assign(({ context, event }) => {
        assertEvent(event, 'path.choose');
        return { path: event.path, at: instantOf(event, context) };
      }),
      tell: assign((_, { told }: { told: string }) => ({ told })),
      tellChoiceLost: assign(({ context }) => {
        const told = why(context, context.path ?? '', context.at);
        return told === undefined ? {} : { told };
      }),
      toPath: sendTo(
        ({ context }) => context.path ?? '',
        ({ event }) => event,
      ),
      refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
      refuseChoice: emit(({ context, event }): Refused => {
        assertEvent(event, 'path.choose');
        const reason = why(context, event.path, instantOf(event, context)) ?? 'unknownPath';
        return { type: 'refused', code: 'notEligible', reason, field: 'path' };
      }),
      refusePassword: emit(({ context, event }): Refused => {
        assertEvent(event, 'password.submit');
        return { type: 'refused', code: 'invalidEvent', ...(fault(context, event) ?? {}) };
      }),
      notify: emit(({ context }, { notice }: { notice: string }): Notice => {
        const { path, reason } = context;
        return { type: 'notice', notice, ...(path === null ? {} : { path }), ...(reason ? { reason } : {}) };
      }),
      /** What every path leaves behind, however it ended. */
      recordPath: assign(({ context, event }) => {
        const output = outputOf(event);
        if (!output) return {};
        const { path, outcome, reason, spent } = output;
        return {
          at: instantOf(event, context),
          asked: [...new Set([...context.asked, ...(output.asked ?? [])])],
          spent: [...context.spent, ...spent.map((instant) => ({ path, at: instant }))],
          wrongCodes: context.wrongCodes + (output.wrongCodes ?? 0),
          sends: (context.sends ?? 0) + (output.sends ?? 0),
          unavailable: [...new Set([...(context.unavailable ?? []), ...(output.unavailable ?? [])])],
          exhausted: output.exhausted ? [...context.exhausted, path] : context.exhausted,
          manualReview: context.manualReview || reason === 'manualReview',
          attempts:
            outcome === 'verified'
              ? context.attempts
              : [...context.attempts, { path, outcome, ...(reason === undefined ? {} : { reason }) }],
          ...(reason === undefined ? {} : { told: output.told ?? reason }),
        };
      }),
      lengthenWait,
      recordProof: assign(({ context, event }) => {
        const output = outputOf(event);
        if (!output) return {};
        const path = pathOf(output.path);
        const factors = path ? granted(path, output.factors) : [];
        const proof = { path: output.path, factors, at: instantOf(event, context) };
        const others = context.proofs.filter(({ path }) => path !== output.path);
        return { proofs: factors.length > 0 ? [...others, proof] : others };
      }),
      recordVerified: assign({
        attempts: ({ context }) => [...context.attempts, { path: context.path ?? '', outcome: 'verified' as const }],
      }),
      recordUnavailable: assign(({ context }) => ({
        proofs: context.proofs.filter(({ path }) => path !== context.path),
        attempts: [
          ...context.attempts,
          { path: context.path ?? '', outcome: 'rejected' as const, reason: 'unavailable' as const },
        ],
        failures: 0,
        told: 'unavailable',
      })),
      /** The path that was under way has verified, where it is an earlier proof that is lost. */
      dropLostProof: enqueued(({ enqueue, context }) => {
        const proof = lost(context);
        if (!proof) return;
        const { path, attempts, proofs } = context;
        const rejected = { path: proof.path, outcome: 'rejected' as const, reason: proof.reason };
        const isEarlier = path !== null && path !== proof.path;
        if (isEarlier) enqueue.emit({ type: 'notice', notice: 'verified', path });
        enqueue.emit({ type: 'notice', notice: 'failed', path: proof.path });
        enqueue.assign({
          proofs: proofs.filter((each) => each.path !== proof.path),
          attempts: [...attempts, ...(isEarlier ? [{ path, outcome: 'verified' as const }] : []), rejected],
          told: proof.reason,
        });
      }),
      /** What a path holds without, does not open the password either. */
      dropLostFactors: assign({
        proofs: ({ context }) =>
          context.proofs.map((proof) => ({
            ...proof,
            factors: stillHeld(pathOf(proof.path), proof.factors, context, context.at),
          })),
      }),
      dropAllProofs: enqueued(({ enqueue, context }) => {
        const rejected = keptProofs(context, context.at).map(({ path }) => ({
          path,
          outcome: 'rejected' as const,
          reason: 'noLongerEligible' as const,
        }));
        for (const { path } of rejected) enqueue.emit({ type: 'notice', notice: 'failed', path });
        enqueue.assign({ proofs: [], attempts: [...context.attempts, ...rejected], told: 'noLongerEligible' });
      }),
      useUpProofs: assign({ proofs: [] }),
      tellPasswordRefused: assign(({ event }) => {
        assertEvent(event, 'xstate.done.actor.setPassword');
        return { told: event.output.reason ?? 'passwordRefused' };
      }),
      observe: emit(
        ({ context }): Observed => ({
          type: 'account.observed',
          until: context.at + context.policy.emergencyCode.observation,
        }),
      ),
      end: assign(({ context }, ending: Ended) => ended(context, ending)),
      endLocked: assign(({ context, event }) => {
        const reason = outputOf(event)?.reason;
        return ended(context, { outcome: 'locked', ...(reason === undefined ? {} : { reason }) });
      }),
    },
  }).createMachine({
    id: 'recovery',
    version,
    description: 'From a forgotten password to a new one, or to one small payment in need.',
    meta: { section: '2' },
    context: ({ input }) => ({
      recoveryId: input.recoveryId,
      accountId: input.accountId,
      device: input.device,
      network: input.network,
      policy: input.policy ?? policyOf(),
      at: input.at ?? 0,
      account: null,
      risk: null,
      path: null,
      attempts: [],
      spent: [],
      wrongCodes: 0,
      sends: 0,
      unavailable: [],
      exhausted: [],
      proofs: [],
      asked: [],
      manualReview: false,
      failures: 0,
      failedPaths: 0,
      waitUntil: 0,
      late: false,
      passwordLate: false,
      revokeLate: false,
      passwordUncertain: false,
      cancelling: false,
      outcome: 'failed',
    }),
    output: recoveryOutput,
    entry: ['startRecoveryTime', { type: 'notify', params: { notice: 'started' } }],
    on: {
      'recovery.cancel': '.cancelled',
      'deadline.recovery': {
        target: '.expired',
        actions: { type: 'end', params: { outcome: 'expired', reason: 'timedOut' } },
      },
    },
    initial: 'assessing',
    states: {
      assessing: {
        description: 'The account is read and the risk rated.',
        meta: { section: '2' },
        tags: 'busy',
        initial: 'loading',
        states: {
          loading: {
            description: 'The facts of the account are read.',
            meta: { section: '5' },
            invoke: {
              id: 'loadAccount',
              src: 'loadAccount',
              input: account,
              onDone: { target: 'rating', actions: ['noteAccount', 'forgetFailures'] },
              onError: assessAgain('loading'),
            },
            after: { portTimeout: assessAgain('loading') },
          },
          rating: {
            description: 'Device and network are rated.',
            meta: { section: '2' },
            invoke: {
              id: 'assessRisk',
              src: 'assessRisk',
              input: risk,
              onDone: { target: '#recovery.choosing', actions: 'noteRisk' },
              onError: assessAgain('rating'),
            },
            after: { portTimeout: assessAgain('rating') },
          },
        },
      },
      choosing: {
        description: 'Every path is listed, open or closed with the reason; the owner picks one.',
        meta: { section: '2' },
        after: {
          choosingTimeout: {
            target: 'expired',
            actions: { type: 'end', params: { outcome: 'expired', reason: 'timedOut' } },
          },
        },
        initial: 'offering',
        states: {
          offering: {
            description: 'The owner may pick a path that is open.',
            meta: { section: '2' },
            tags: 'waitingForUser',
            always: {
              guard: 'late',
              target: '#recovery.expired',
              actions: { type: 'end', params: { outcome: 'expired', reason: 'timedOut' } },
            },
            on: {
              'path.choose': [
                { guard: 'mustWait', actions: { type: 'refuse', params: { code: 'tooEarly', reason: 'wait' } } },
                { guard: 'choiceRefused', actions: 'refuseChoice' },
                { target: 'rechecking', actions: ['noteChoice', 'forgetFailures'] },
              ],
            },
          },
          rechecking: {
            description: 'The account is read again: the path has to be open now.',
            meta: { section: '2' },
            tags: 'busy',
            invoke: {
              id: 'loadAccount',
              src: 'loadAccount',
              input: account,
              onDone: { target: 'deciding', actions: ['noteAccount', 'forgetFailures'] },
              onError: chooseAgain(),
            },
            after: { portTimeout: chooseAgain() },
          },
          deciding: {
            description: 'The path begins, or is open no more.',
            meta: { section: '2' },
            always: [
              { guard: 'choiceLost', target: 'offering', actions: 'tellChoiceLost' },
              ...paths.map((path) => ({
                guard: { type: 'isChosen', params: { path: path.id } } as const,
                target: `#recovery.verifying.${path.id}`,
                actions: { type: 'notify', params: { notice: 'chosen' } } as const,
              })),
            ],
          },
        },
      },
      verifying: {
        description: 'One path is under way.',
        meta: { section: '3' },
        initial: 'rechecking',
        states: {
          ...(Object.fromEntries(paths.map((path) => [path.id, pathState(path, pathEvents)])) as unknown as Record<
            never,
            object
          >),
          rechecking: {
            description: 'What was proved has to be true of the account still.',
            meta: { section: '2' },
            tags: 'busy',
            invoke: {
              id: 'loadAccount',
              src: 'loadAccount',
              input: account,
              onDone: { target: 'rerating', actions: ['noteAccount', 'forgetFailures'] },
              onError: verifyAgain('rechecking'),
            },
            after: { portTimeout: verifyAgain('rechecking') },
          },
          rerating: {
            description: 'The path has to be allowed at the risk as it is now.',
            meta: { section: '2' },
            tags: 'busy',
            invoke: {
              id: 'assessRisk',
              src: 'assessRisk',
              input: risk,
              onDone: { target: 'deciding', actions: ['noteRisk', 'forgetFailures'] },
              onError: verifyAgain('rerating'),
            },
            after: { portTimeout: verifyAgain('rerating') },
          },
          deciding: {
            description: 'The proof opens the password, or more proof is needed, or it is void.',
            meta: { section: '7' },
            always: [
              {
                guard: 'proofLost',
                target: '#recovery.choosing',
                actions: 'dropLostProof',
              },
              {
                guard: 'proofComplete',
                target: '#recovery.settingPassword',
                actions: ['dropLostFactors', 'recordVerified', { type: 'notify', params: { notice: 'verified' } }],
              },
              {
                target: '#recovery.choosing',
                actions: [
                  'dropLostFactors',
                  'recordVerified',
                  { type: 'tell', params: { told: 'moreProof' } },
                  { type: 'notify', params: { notice: 'verified' } },
                ],
              },
            ],
          },
        },
      },
      settingPassword: {
        description: 'The proof permits one thing: one new password.',
        meta: { section: '2' },
        entry: 'startPasswordTime',
        after: { passwordTimeout: { actions: 'notePasswordLate' } },
        initial: 'awaiting',
        states: {
          awaiting: {
            description: 'The owner enters the new password twice.',
            meta: { section: '2' },
            tags: 'waitingForUser',
            always: {
              guard: 'passwordLate',
              target: '#recovery.expired',
              actions: { type: 'end', params: { outcome: 'expired', reason: 'timedOut' } },
            },
            on: {
              'password.submit': [{ guard: 'passwordRefused', actions: 'refusePassword' }, { target: 'setting' }],
            },
          },
          setting: {
            description: 'The password is being set: no way back until the result is known.',
            meta: { section: '2' },
            tags: 'busy',
            on: {
              'recovery.cancel': {
                actions: { type: 'refuse', params: { code: 'notAccepted', reason: 'settingPassword' } },
              },
              'deadline.recovery': { actions: 'noteLate' },
            },
            invoke: {
              id: 'setPassword',
              src: 'setPassword',
              input: newPassword,
              onDone: [
                {
                  guard: 'passwordSet',
                  target: 'revoking',
                  actions: [
                    'useUpProofs',
                    'forgetPasswordUncertain',
                    'startRevokeTime',
                    { type: 'notify', params: { notice: 'passwordSet' } },
                  ],
                },
                { guard: 'proofLostAtHost', target: '#recovery.choosing', actions: 'dropAllProofs' },
                { target: 'awaiting', actions: 'tellPasswordRefused' },
              ],
              onError: passwordDoubted,
            },
            after: { portTimeout: passwordDoubted },
          },
          doubting: {
            description: 'The password may have been set: everyone is told, and open sessions end whatever is true.',
            meta: { section: '4' },
            tags: 'busy',
            entry: ['notePasswordUncertain', { type: 'notify', params: { notice: 'passwordUncertain' } }],
            on: {
              'recovery.cancel': {
                actions: { type: 'refuse', params: { code: 'notAccepted', reason: 'settingPassword' } },
              },
              'deadline.recovery': { actions: 'noteLate' },
            },
            invoke: {
              id: 'revokeSessions',
              src: 'revokeSessions',
              input: account,
              onDone: passwordAgain(),
              onError: passwordAgain(),
            },
            after: { portTimeout: passwordAgain() },
          },
          revoking: {
            description: 'All sessions, remembered devices and open payment tokens end.',
            meta: { section: '2' },
            tags: 'busy',
            on: SESSIONS_ARE_OPEN,
            invoke: {
              id: 'revokeSessions',
              src: 'revokeSessions',
              input: account,
              onDone: [{ guard: 'sessionsEnded', target: 'notifying' }, { target: 'revokingLater' }],
              onError: 'revokingLater',
            },
            after: { portTimeout: 'revokingLater' },
          },
          revokingLater: {
            description: 'Sessions could not be ended: not done until they are, tried again after a pause.',
            meta: { section: '2' },
            tags: 'busy',
            on: SESSIONS_ARE_OPEN,
            always: {
              guard: 'revokeLate',
              target: '#recovery.failed',
              actions: { type: 'end', params: { outcome: 'failed', reason: 'sessionsNotRevoked' } },
            },
            after: { revokeRetryAfter: 'revoking' },
          },
          notifying: {
            description: 'Everyone on file is told of the new password.',
            meta: { section: '2' },
            tags: 'busy',
            on: PASSWORD_IS_SET,
            invoke: {
              id: 'notify',
              src: 'notify',
              input: resetNotice,
              onDone: { target: '#recovery.completed', actions: { type: 'end', params: { outcome: 'reset' } } },
              onError: { target: '#recovery.completed', actions: { type: 'end', params: { outcome: 'reset' } } },
            },
            after: {
              portTimeout: { target: '#recovery.completed', actions: { type: 'end', params: { outcome: 'reset' } } },
            },
          },
        },
      },
      observing: {
        description: 'An emergency code was spent: the account is watched for 15 days.',
        meta: { section: '3.8' },
        entry: ['observe', { type: 'notify', params: { notice: 'emergencyCodeUsed' } }],
        on: { 'deadline.recovery': {} },
        after: {
          observation: {
            target: 'completed',
            actions: { type: 'end', params: { outcome: 'emergencyCodeUsed' } },
          },
        },
      },
      completed: { description: 'The recovery has reached its aim.', meta: { section: '2' }, type: 'final' },
      cancelled: {
        description: 'The owner ended the recovery; nothing was changed by it.',
        meta: { section: '2' },
        type: 'final',
        entry: [
          { type: 'end', params: { outcome: 'cancelled' } },
          { type: 'notify', params: { notice: 'cancelled' } },
        ],
      },
      expired: {
        description: 'Nobody acted in time.',
        meta: { section: '2' },
        type: 'final',
        entry: { type: 'notify', params: { notice: 'expired' } },
      },
      failed: {
        description: 'The service could not go on; the fault is not the owner’s.',
        meta: { section: '2' },
        type: 'final',
        entry: { type: 'notify', params: { notice: 'failed' } },
      },
      locked: {
        description: 'Too many wrong codes over all recoveries: this one is over.',
        meta: { section: '2' },
        type: 'final',
        entry: { type: 'notify', params: { notice: 'locked' } },
      },
    },
  });
}

/** The parent over the eight paths that are built in. */
export const recoveryMachine = createRecoveryMachine();

const made = new WeakMap<readonly RecoveryPath[], typeof recoveryMachine>();

/**
 * The parent over a list of paths, made once a list. Its version is that of the built-in one, followed by the ids of paths that
 * are not built in: `1+palmAndVoice`.
 * @throws TypeError for a list that breaks the rules of a registry.
 */
export function recoveryMachineOf(paths: readonly RecoveryPath[]): typeof recoveryMachine {
  const known = made.get(paths);
  if (known) return known;
  const isBuiltIn = paths.length === builtIn.length && paths.every((path, index) => path === builtIn[index]);
  const own = paths.filter((path) => !builtIn.includes(path)).map(({ id }) => id);
  const machine = isBuiltIn
    ? recoveryMachine
    : createRecoveryMachine(paths, [recoveryMachine.version, ...own].join('+'));
  made.set(paths, machine);
  return machine;
}
