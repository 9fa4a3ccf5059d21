import { assertEvent, assign, emit, enqueueActions, setup } from 'xstate';
import type { EventOf } from './events.ts';
import type { EmergencyCodeIssued, IneligibleReason, Notice, Observed, PathOutput, Refused } from './outcome.ts';
import {
  type Args,
  again,
  type Ending,
  endings,
  instantOf,
  isLastFailure,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Refusal,
  type Standing,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type PortInput, port } from './ports.ts';

/**
 * Emergency code 紧急临时支付码 (spec section 3.8): an institution witnesses, risk control agrees, and one small payment
 * may be made within two hours. No password is reset.
 */

interface Context extends PathContext {
  institutionType: string;
  /** The code's time has passed while a payment was under way. */
  lapsed: boolean;
  /** The owner cancelled while a payment was under way. */
  cancelling: boolean;
  /** A payment whose result is not known: only that one may be tried again, as it was. */
  unresolved: Redemption | null;
  /** The last payment that was tried. */
  redemption: Redemption | null;
}

type Redemption = Pick<EventOf<'code.redeem'>, 'redemptionId' | 'amountFen' | 'category' | 'merchantRef'>;

type Events =
  | EventOf<'institution.scan' | 'identity.present' | 'code.redeem' | 'path.leave' | 'recovery.cancel'>
  | AnswerOf<
      'verifyInstitution' | 'verifyIdentityOnSite' | 'assessEmergency' | 'issueEmergencyCode' | 'redeemEmergencyCode'
    >;

function ineligible({ account, policy, at }: Standing): IneligibleReason | undefined {
  const { restricted, codesInWindow, observedUntil } = account.emergency;
  if (restricted || codesInWindow >= policy.emergencyCode.codesPerWindow) return 'restricted';
  if (observedUntil !== null && observedUntil > at) return 'observed';
  return undefined;
}

const institution = ({ context, event }: Args<Context, Events>): PortInput<'verifyInstitution'> => {
  assertEvent(event, 'institution.scan');
  return { accountId: context.account.accountId, institutionToken: event.institutionToken };
};
const identity = ({ context, event }: Args<Context, Events>): PortInput<'verifyIdentityOnSite'> => {
  assertEvent(event, 'identity.present');
  return { accountId: context.account.accountId, evidenceRef: event.evidenceRef };
};
const emergency = ({ context }: Args<Context, Events>): PortInput<'assessEmergency'> => ({
  accountId: context.account.accountId,
  device: context.device,
  institutionType: context.institutionType,
  deviceParameters: context.policy.emergencyCode.deviceParameters,
});
const issue = ({ context }: Args<Context, Events>): PortInput<'issueEmergencyCode'> => ({
  accountId: context.account.accountId,
  limitFen: context.policy.emergencyCode.limitFen,
  lifetimeMs: context.policy.emergencyCode.lifetime,
});
const redemptionOf = ({ amountFen, category, merchantRef, redemptionId }: Redemption): Redemption => ({
  amountFen,
  category,
  merchantRef,
  redemptionId,
});
const redemption = ({ context, event }: Args<Context, Events>): PortInput<'redeemEmergencyCode'> => {
  assertEvent(event, 'code.redeem');
  return { accountId: context.account.accountId, ...redemptionOf(event) };
};

/** The first part in which a payment differs from the one whose result is not known. */
const differsIn = (unresolved: Redemption, event: Redemption) =>
  (['redemptionId', 'amountFen', 'category', 'merchantRef'] as const).find((part) => unresolved[part] !== event[part]);

function redemptionRefusal({ policy, unresolved }: Context, event: EventOf<'code.redeem'>): Refusal | undefined {
  const { limitFen, excludedCategories } = policy.emergencyCode;
  if (!(event.amountFen >= 1)) return { code: 'invalidEvent', field: 'amountFen' };
  if (event.amountFen > limitFen) return { code: 'limitReached', reason: 'amount', field: 'amountFen' };
  if (excludedCategories.includes(event.category)) {
    return { code: 'notEligible', reason: 'category', field: 'category' };
  }
  const field = unresolved === null ? undefined : differsIn(unresolved, event);
  return field === undefined ? undefined : { code: 'conflict', reason: 'redemptionUnresolved', field };
}

/** It is used or not: it proves nothing. */
const { verified: _, ...ends } = endings('3.8');

/** Chart of the path `emergencyCode`. */
export const emergencyCodeMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | Notice | EmergencyCodeIssued | Observed,
    tags: {} as Tag,
  },
  actors: {
    verifyInstitution: port('verifyInstitution'),
    verifyIdentityOnSite: port('verifyIdentityOnSite'),
    assessEmergency: port('assessEmergency'),
    issueEmergencyCode: port('issueEmergencyCode'),
    redeemEmergencyCode: port('redeemEmergencyCode'),
  },
  guards: {
    lastFailure: isLastFailure,
    institutionValid: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.verifyInstitution');
      return event.output.valid;
    },
    identityConfirmed: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.verifyIdentityOnSite');
      return event.output.ok;
    },
    riskAgrees: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.assessEmergency');
      const { place, device, behaviour } = event.output;
      return place && device && behaviour;
    },
    issued: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.issueEmergencyCode');
      return event.output.ok;
    },
    redemptionRefused: ({ context, event }) => {
      assertEvent(event, 'code.redeem');
      return redemptionRefusal(context, event) !== undefined;
    },
    redeemed: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.redeemEmergencyCode');
      return event.output.accepted;
    },
    cancelling: ({ context }) => context.cancelling,
    lapsed: ({ context }) => context.lapsed,
    lapsedUnresolved: ({ context }) => context.lapsed && context.unresolved !== null,
  },
  delays: {
    idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    lifetime: ({ context }) => context.policy.emergencyCode.lifetime,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    refuseRedemption: emit(({ context, event }): Refused => {
      assertEvent(event, 'code.redeem');
      return { type: 'refused', ...(redemptionRefusal(context, event) ?? { code: 'notEligible' }) };
    }),
    tell: assign((_, { told }: { told: string }) => ({ told })),
    noteInstitution: assign({
      institutionType: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.verifyInstitution');
        return event.output.type;
      },
    }),
    /** From here on a code may exist: it counts before the answer comes. */
    countCode: emit({ type: 'emergencyCode.issued' }),
    tellIssued: emit({ type: 'notice', notice: 'emergencyCodeIssued', path: 'emergencyCode' }),
    tellUnused: emit({ type: 'notice', notice: 'emergencyCodeUnused', path: 'emergencyCode' }),
    noteRedemption: assign({
      redemption: ({ event }) => {
        assertEvent(event, 'code.redeem');
        return redemptionOf(event);
      },
    }),
    noteLapsed: assign({ lapsed: true }),
    noteCancelling: assign({ cancelling: true }),
    settle: assign({ unresolved: null }),
    /** The money may have moved: the account is watched as after a payment. */
    leaveUnresolved: enqueueActions(({ enqueue, context, event }) => {
      enqueue.assign({ unresolved: context.redemption, told: 'redemptionUnresolved' });
      enqueue.emit({
        type: 'account.observed',
        until: instantOf(event, context) + context.policy.emergencyCode.observation,
      });
    }),
  },
}).createMachine({
  id: 'emergencyCode',
  description: 'One small payment in need, witnessed by an institution. The password stays as it is.',
  meta: { section: '3.8' },
  context: ({ input }) => ({
    ...pathContext(input),
    institutionType: '',
    lapsed: false,
    cancelling: false,
    unresolved: null,
    redemption: null,
  }),
  output: pathOutput('emergencyCode'),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'recovery.cancel': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
  },
  initial: 'institutionCheck',
  states: {
    institutionCheck: {
      description: 'Staff of the institution scan to witness.',
      meta: { section: '3.8' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'No valid token was scanned yet.',
          meta: { section: '3.8' },
          tags: 'waitingForStaff',
          on: { 'institution.scan': 'checking' },
          after: {
            idleTimeout: {
              target: '#emergencyCode.expired',
              actions: { type: 'end', params: { reason: 'timedOut' } },
            },
          },
        },
        checking: {
          description: 'The institution’s token is checked.',
          meta: { section: '3.8' },
          tags: 'busy',
          invoke: {
            id: 'verifyInstitution',
            src: 'verifyInstitution',
            input: institution,
            onDone: [
              { guard: 'institutionValid', target: '#emergencyCode.identityCheck', actions: 'noteInstitution' },
              { target: 'awaiting', actions: { type: 'tell', params: { told: 'institutionInvalid' } } },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    identityCheck: {
      description: 'The owner shows the original document on site.',
      meta: { section: '3.8' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'Staff have not seen the document yet.',
          meta: { section: '3.8' },
          tags: 'waitingForStaff',
          on: { 'identity.present': 'checking' },
          after: {
            idleTimeout: {
              target: '#emergencyCode.expired',
              actions: { type: 'end', params: { reason: 'timedOut' } },
            },
          },
        },
        checking: {
          description: 'The evidence is recorded and compared with the person on file.',
          meta: { section: '3.8' },
          tags: 'busy',
          invoke: {
            id: 'verifyIdentityOnSite',
            src: 'verifyIdentityOnSite',
            input: identity,
            onDone: [
              { guard: 'identityConfirmed', target: '#emergencyCode.riskControl' },
              {
                target: '#emergencyCode.rejected',
                actions: { type: 'end', params: { reason: 'identityNotConfirmed', exhausted: true } },
              },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    riskControl: {
      description: 'Place, device and behaviour have to agree, all three.',
      meta: { section: '3.8' },
      tags: 'busy',
      invoke: {
        id: 'assessEmergency',
        src: 'assessEmergency',
        input: emergency,
        onDone: [
          { guard: 'riskAgrees', target: 'issuing', actions: 'countCode' },
          { target: 'rejected', actions: { type: 'end', params: { reason: 'riskControl', exhausted: true } } },
        ],
        onError: again('riskControl'),
      },
      after: { portTimeout: again('riskControl') },
    },
    issuing: {
      description: 'A token is made and handed to the owner; only a keyed hash of it is kept.',
      meta: { section: '3.8' },
      tags: 'busy',
      invoke: {
        id: 'issueEmergencyCode',
        src: 'issueEmergencyCode',
        input: issue,
        onDone: [{ guard: 'issued', target: 'active', actions: 'tellIssued' }, ...again('issuing')],
        onError: again('issuing'),
      },
      after: { portTimeout: again('issuing') },
    },
    active: {
      description: 'The code can pay once, up to the limit, until its time is over.',
      meta: { section: '3.8' },
      after: { lifetime: { actions: 'noteLapsed' } },
      initial: 'ready',
      states: {
        ready: {
          description: 'The code has not paid yet.',
          meta: { section: '3.8' },
          tags: 'waitingForUser',
          always: [
            {
              guard: 'lapsedUnresolved',
              target: '#emergencyCode.rejected',
              actions: { type: 'end', params: { reason: 'redemptionUnresolved', exhausted: true } },
            },
            { guard: 'lapsed', target: '#emergencyCode.codeUnused' },
          ],
          on: {
            'path.leave': {
              target: '#emergencyCode.cancelled',
              actions: ['tellUnused', { type: 'end', params: { reason: 'left' } }],
            },
            'recovery.cancel': {
              target: '#emergencyCode.cancelled',
              actions: ['tellUnused', { type: 'end', params: { reason: 'left' } }],
            },
            'code.redeem': [
              { guard: 'redemptionRefused', actions: 'refuseRedemption' },
              { target: 'redeeming', actions: 'noteRedemption' },
            ],
          },
        },
        redeeming: {
          description: 'A payment is under way: no second one, and no way out until its result is known.',
          meta: { section: '3.8' },
          tags: 'busy',
          on: {
            'code.redeem': { actions: { type: 'refuse', params: { code: 'conflict', reason: 'redeeming' } } },
            'path.leave': { actions: { type: 'refuse', params: { code: 'conflict', reason: 'redeeming' } } },
            'recovery.cancel': { actions: 'noteCancelling' },
          },
          invoke: {
            id: 'redeemEmergencyCode',
            src: 'redeemEmergencyCode',
            input: redemption,
            onDone: [
              { guard: 'redeemed', target: '#emergencyCode.codeUsed' },
              {
                guard: 'cancelling',
                target: '#emergencyCode.cancelled',
                actions: ['tellUnused', { type: 'end', params: { reason: 'left' } }],
              },
              { target: 'ready', actions: ['settle', { type: 'tell', params: { told: 'redemptionRefused' } }] },
            ],
            onError: unresolved(),
          },
          after: { portTimeout: unresolved() },
        },
      },
    },
    codeUsed: {
      description: 'The code has paid and is void.',
      meta: { section: '3.8' },
      type: 'final',
      output: 'codeUsed',
    },
    codeUnused: {
      description: 'The code’s time passed; it is void.',
      meta: { section: '3.8' },
      type: 'final',
      entry: 'tellUnused',
      output: 'codeUnused',
    },
    ...ends,
  },
});

/** The result of a payment is not known: the same one may be tried again, no other. */
function unresolved() {
  return [
    { guard: 'lastFailure', target: '#unavailable', actions: 'leaveUnresolved' },
    { guard: 'cancelling', target: '#emergencyCode.cancelled', actions: 'leaveUnresolved' },
    { target: 'ready', actions: ['countFailure', 'leaveUnresolved'] },
  ] as const;
}

/** Shown: `{ limitFen: number }`, the most that one payment may be. */
const shown = shownBy(({ policy }: Pick<Context, 'policy'>) => ({ limitFen: policy.emergencyCode.limitFen }));

export const emergencyCode: RecoveryPath = {
  id: 'emergencyCode',
  title: { 'zh-CN': '紧急临时支付码', en: 'Emergency code' },
  section: '3.8',
  order: 'lastResort',
  grants: [],
  settlesCancel: true,
  machine: emergencyCodeMachine,
  ineligible,
  shown,
};
