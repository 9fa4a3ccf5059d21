import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import type { EventOf } from './events.ts';
import type { AttemptSpent, IneligibleReason, PathOutput, Refused } from './outcome.ts';
import {
  type Args,
  again,
  attemptsOn,
  attemptsToday,
  type Ending,
  endings,
  instantOf,
  isLastFailure,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Standing,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type PortInput, port } from './ports.ts';

/**
 * Identity document 身份证实名认证 (spec section 3.2): pictures of the document and a live capture of the face are compared
 * with the public registry.
 */

interface Context extends PathContext {
  frontRef: string;
  captureRef: string;
  /** Captures looked at so far, of the document and of the face together. */
  captures: number;
  /** What was wrong with the last capture, all at once; empty when it could be used. */
  faults: string[];
  /** What may lower the match without spoiling the last capture, such as glasses. */
  warnings: string[];
}

type Shown = Pick<Context, 'faults' | 'warnings' | 'captures' | 'policy'>;

type Events =
  | EventOf<'document.submit' | 'face.submit' | 'path.leave'>
  | AnswerOf<'checkDocument' | 'checkFace' | 'matchRegistry'>;

type Where = Pick<Standing, 'account'>;

/** Why a document of the account's owner proves nothing. */
function unprovable({ account }: Where): IneligibleReason | undefined {
  if (!account.realName.verified) return 'notRealName';
  if (account.realName.documentExpired) return 'documentExpired';
  return undefined;
}

function ineligible(where: Standing): IneligibleReason | undefined {
  const reason = unprovable(where);
  if (reason) return reason;
  return attemptsToday(where, 'idCard') >= where.policy.idCard.maxComparisons ? 'dailyLimit' : undefined;
}

const documentQuestion = ({ context, event }: Args<Context, Events>): PortInput<'checkDocument'> => {
  assertEvent(event, 'document.submit');
  return { accountId: context.account.accountId, frontRef: event.frontRef, backRef: event.backRef };
};
const faceQuestion = ({ context }: Args<Context, Events>): PortInput<'checkFace'> => ({
  accountId: context.account.accountId,
  captureRef: context.captureRef,
});
const registryQuestion = ({ context }: Args<Context, Events>): PortInput<'matchRegistry'> => ({
  accountId: context.account.accountId,
  frontRef: context.frontRef,
  captureRef: context.captureRef,
});

/** Chart of the path `idCard`. */
export const idCardMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent,
    tags: {} as Tag,
  },
  actors: {
    checkDocument: port('checkDocument'),
    checkFace: port('checkFace'),
    matchRegistry: port('matchRegistry'),
  },
  guards: {
    lastFailure: isLastFailure,
    documentExpired: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.checkDocument');
      return event.output.expired;
    },
    faulty: ({ event }) => {
      assertEvent(event, ['xstate.done.actor.checkDocument', 'xstate.done.actor.checkFace']);
      return event.output.faults.length > 0;
    },
    notLive: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.checkFace');
      return !event.output.live;
    },
    matched: ({ context, event }) => {
      assertEvent(event, 'xstate.done.actor.matchRegistry');
      return event.output.match >= context.policy.idCard.matchThreshold;
    },
    capturesSpent: ({ context }) => context.captures >= context.policy.idCard.maxCaptures,
    /** Of this run, or of this day. */
    comparisonsSpent: ({ context }) =>
      Math.max(context.spent.length, attemptsOn(context.at, 'idCard', context)) >= context.policy.idCard.maxComparisons,
  },
  delays: {
    idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    registryTimeout: ({ context }) => context.policy.idCard.registryTimeout,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    takeDocument: assign(({ context, event }) => {
      assertEvent(event, 'document.submit');
      return { frontRef: event.frontRef, at: instantOf(event, context) };
    }),
    takeFace: assign(({ context, event }) => {
      assertEvent(event, 'face.submit');
      return { captureRef: event.captureRef, at: instantOf(event, context) };
    }),
    noteFindings: assign(({ context, event }) => {
      assertEvent(event, ['xstate.done.actor.checkDocument', 'xstate.done.actor.checkFace']);
      const { faults, warnings } = event.output;
      return {
        captures: context.captures + 1,
        faults: [...faults],
        warnings: [...warnings],
        told: faults.length > 0 ? 'captureFaulty' : 'captureTaken',
      };
    }),
    spendAttempt: enqueueActions(({ enqueue, context, event }, { told }: { told: string }) => {
      const at = instantOf(event, context);
      enqueue.assign({ at, spent: [...context.spent, at], told });
      enqueue.emit({ type: 'attempt.spent', path: 'idCard' });
    }),
    grant: assign({ factors: ['document:id', 'inherence:face'] }),
  },
}).createMachine({
  id: 'idCard',
  description: 'The document and a live face are compared with the registry, for the person on file.',
  meta: { section: '3.2' },
  context: ({ input }) => ({
    ...pathContext(input),
    frontRef: '',
    captureRef: '',
    captures: 0,
    faults: [],
    warnings: [],
  }),
  output: pathOutput('idCard'),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
  },
  initial: 'capturingDocument',
  states: {
    capturingDocument: {
      description: 'Pictures of both sides of the document, until they can be read.',
      meta: { section: '3.2' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner takes pictures of the document, as long as captures are left.',
          meta: { section: '3.2' },
          tags: 'waitingForUser',
          always: {
            guard: 'capturesSpent',
            target: '#idCard.rejected',
            actions: { type: 'end', params: { reason: 'tooManyCaptures', exhausted: true } },
          },
          on: { 'document.submit': { target: 'checking', actions: 'takeDocument' } },
          after: {
            idleTimeout: { target: '#idCard.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
        checking: {
          description: 'All faults of the pictures are looked for at once; a fault spends no attempt.',
          meta: { section: '3.2' },
          tags: 'busy',
          invoke: {
            id: 'checkDocument',
            src: 'checkDocument',
            input: documentQuestion,
            onDone: [
              {
                guard: 'documentExpired',
                target: '#idCard.rejected',
                actions: { type: 'end', params: { reason: 'documentExpired', exhausted: true } },
              },
              { guard: 'faulty', target: 'awaiting', actions: 'noteFindings' },
              { target: '#idCard.capturingFace', actions: 'noteFindings' },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    capturingFace: {
      description: 'A capture of the face, until it can be used and is live.',
      meta: { section: '3.2' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner captures the face, as long as captures are left.',
          meta: { section: '3.2' },
          tags: 'waitingForUser',
          always: {
            guard: 'capturesSpent',
            target: '#idCard.rejected',
            actions: { type: 'end', params: { reason: 'tooManyCaptures', exhausted: true } },
          },
          on: { 'face.submit': { target: 'checking', actions: 'takeFace' } },
          after: {
            idleTimeout: { target: '#idCard.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
        checking: {
          description: 'All faults of the capture are looked for at once, then whether it is live.',
          meta: { section: '3.2' },
          tags: 'busy',
          invoke: {
            id: 'checkFace',
            src: 'checkFace',
            input: faceQuestion,
            onDone: [
              { guard: 'faulty', target: 'awaiting', actions: 'noteFindings' },
              {
                guard: 'notLive',
                target: '#idCard.countingComparisons',
                actions: ['noteFindings', { type: 'spendAttempt', params: { told: 'notLive' } }],
              },
              { target: '#idCard.comparing', actions: 'noteFindings' },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    comparing: {
      description: 'The registry compares face and document.',
      meta: { section: '3.2' },
      tags: 'busy',
      invoke: {
        id: 'matchRegistry',
        src: 'matchRegistry',
        input: registryQuestion,
        onDone: [
          { guard: 'matched', target: 'verified', actions: 'grant' },
          {
            target: 'countingComparisons',
            actions: { type: 'spendAttempt', params: { told: 'matchBelowThreshold' } },
          },
        ],
        onError: again('capturingFace'),
      },
      after: { registryTimeout: again('capturingFace') },
    },
    countingComparisons: {
      description: 'A comparison failed: another face while tries are left, else a person has to look at it.',
      meta: { section: '3.2' },
      always: [
        {
          guard: 'comparisonsSpent',
          target: 'rejected',
          actions: { type: 'end', params: { reason: 'manualReview', exhausted: true } },
        },
        { target: 'capturingFace' },
      ],
    },
    ...endings('3.2'),
  },
});

/** Shown: `{ faults: string[], warnings: string[], capturesLeft: number }`. */
const shown = shownBy(({ faults, warnings, captures, policy }: Shown) => ({
  faults,
  warnings,
  capturesLeft: Math.max(policy.idCard.maxCaptures - captures, 0),
}));

export const idCard: RecoveryPath = {
  id: 'idCard',
  title: { 'zh-CN': '身份证实名认证', en: 'Identity document' },
  section: '3.2',
  order: 'selfService',
  grants: ['document', 'inherence'],
  machine: idCardMachine,
  yieldsTo: { path: 'bankCard', reason: 'cardPathAvailable' },
  ineligible,
  shown,
  stillHolds: (where) => unprovable(where) === undefined,
};
