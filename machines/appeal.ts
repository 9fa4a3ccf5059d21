import {
  assertEvent,
  assign,
  cancel,
  type DoneActorEvent,
  type ErrorActorEvent,
  emit,
  raise,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import type { EventOf, events } from './events.ts';
import type { Notice, PathOutput, Refused } from './outcome.ts';
import {
  type Args,
  again,
  type Ending,
  endings,
  isLastFailure,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Refusal,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type PortInput, type PortOutput, port } from './ports.ts';

/**
 * Appeal 申诉工单 (spec section 3.5): a ticket, a call back from 95017, a review by people. Time never decides a ticket:
 * it raises its priority, then escalates it.
 */

interface Context extends PathContext {
  manualReview: boolean;
  /** Share of the seven items given, in percent. */
  completeness: number;
  ticketId: string;
  /** Calls that were not answered. */
  unanswered: number;
  mayCallAgain: boolean;
  /** The agent who reached the owner: someone else has to approve. */
  callTaker?: string;
  /** What the reviewer asks for. */
  items: string[];
  /** How often the ticket was escalated: each is a spawned call of its own. */
  escalations: number;
}

type Shown = Pick<Context, 'completeness' | 'ticketId' | 'items'>;

type EscalationId = `escalation.${number}`;
type Events =
  | EventOf<
      | 'appeal.file'
      | 'appeal.supplement'
      | 'callback.reached'
      | 'callback.unanswered'
      | 'review.approve'
      | 'review.reject'
      | 'review.requestSupplement'
      | 'review.requestVideo'
      | 'video.passed'
      | 'video.failed'
      | 'path.leave'
    >
  | AnswerOf<'openTicket'>
  | DoneActorEvent<PortOutput<'escalateTicket'>, EscalationId>
  | ErrorActorEvent<unknown, EscalationId>
  | { type: 'deadline.tier' | 'deadline.callBack' | 'deadline.callAgain' };

/** The seven items by which completeness is measured. */
const ITEMS = [
  'registrationMonth',
  'firstDeviceModel',
  'usedLocations',
  'pastPhones',
  'lastTopUps',
  'scenarios',
  'emailPrefix',
] as const satisfies readonly (keyof (typeof events)['appeal.file']['schema']['shape'])[];

type Filing = EventOf<'appeal.file'>;
/** Whether anything was said: blanks, and lists or records of nothing but blanks, say nothing. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'string') return value.trim().length > 0;
  return typeof value === 'object' ? Object.values(value).some(isGiven) : true;
}

/** Share of the seven items given, in percent. */
const completenessOf = (filing: Omit<Filing, 'type'>) =>
  (100 * ITEMS.filter((item) => isGiven(filing[item])).length) / ITEMS.length;

/** The agent's words, where an agent turned the appeal down. */
const agentsWords = ({ reason, told }: Context) => (reason === 'rejectedByAgent' && told !== undefined ? { told } : {});

const ticket = ({ context, event }: Args<Context, Events>): PortInput<'openTicket'> => {
  assertEvent(event, 'appeal.file');
  const { type: _, at: _at, ...form } = event;
  return {
    accountId: context.account.accountId,
    form,
    completeness: completenessOf(event),
    manualReview: context.manualReview,
  };
};
const escalation =
  (to: 'priority' | 'supervisor') =>
  ({ context }: Args<Context, Events>): PortInput<'escalateTicket'> => ({
    accountId: context.account.accountId,
    ticketId: context.ticketId,
    to,
  });
const escalationId = ({ context }: Args<Context, Events>): EscalationId => `escalation.${context.escalations}`;

/** Chart of the path `appeal`. */
export const appealMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | Notice,
    tags: {} as Tag,
    children: {} as { openTicket: 'openTicket' } & { [key: EscalationId]: 'escalateTicket' },
  },
  actors: {
    openTicket: port('openTicket'),
    escalateTicket: port('escalateTicket'),
  },
  guards: {
    lastFailure: isLastFailure,
    proofMissing: ({ context, event }) => {
      assertEvent(event, 'appeal.file');
      return context.manualReview && !isGiven(event.evidenceRefs);
    },
    callTooEarly: ({ context }) => !context.mayCallAgain,
    lastCall: ({ context }) => context.unanswered + 1 >= context.policy.appeal.calls,
    /** An approval needs an agent who is known and who did not take the call. */
    notAnotherAgent: ({ context, event }) => {
      assertEvent(event, ['review.approve', 'video.passed']);
      return (
        context.policy.appeal.approverTookNoCall && (event.agentId === undefined || event.agentId === context.callTaker)
      );
    },
  },
  delays: {
    filingTimeout: ({ context }) => context.policy.appeal.filingTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    tierTime: ({ context, event }) => {
      const completeness = event.type === 'appeal.file' ? completenessOf(event) : context.completeness;
      const tiers = [...context.policy.appeal.tiers].sort((a, b) => b.completenessFrom - a.completenessFrom);
      const tier = tiers.find(({ completenessFrom }) => completeness >= completenessFrom);
      return tier?.handledWithin ?? context.policy.appeal.callBackWithin;
    },
    callBackWithin: ({ context }) => context.policy.appeal.callBackWithin,
    callAgainAfter: ({ context }) => context.policy.appeal.callAgainAfter,
    reviewWithin: ({ context }) => context.policy.appeal.reviewWithin,
    supplementWithin: ({ context }) => context.policy.appeal.supplementWithin,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    startTierTime: raise({ type: 'deadline.tier' }, { id: 'tier', delay: 'tierTime' }),
    startCallBackTime: raise({ type: 'deadline.callBack' }, { id: 'callBack', delay: 'callBackWithin' }),
    startPause: raise({ type: 'deadline.callAgain' }, { id: 'callAgain', delay: 'callAgainAfter' }),
    forgetTierTime: cancel('tier'),
    forgetCallBackTime: cancel('callBack'),
    forgetPause: cancel('callAgain'),
    noteCompleteness: assign({
      completeness: ({ event }) => {
        assertEvent(event, 'appeal.file');
        return completenessOf(event);
      },
    }),
    noteTicket: assign({
      ticketId: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.openTicket');
        return event.output.ticketId;
      },
    }),
    countEscalation: assign({ escalations: ({ context }) => context.escalations + 1 }),
    raisePriority: spawnChild('escalateTicket', { id: escalationId, input: escalation('priority') }),
    handToSupervisor: spawnChild('escalateTicket', { id: escalationId, input: escalation('supervisor') }),
    tellOwner: emit({ type: 'notice', notice: 'appealLate', path: 'appeal' }),
    tellLate: assign({ told: 'appealLate' }),
    forgetEscalation: stopChild(({ event }) => ('actorId' in event ? event.actorId : '')),
    countCall: assign({ unanswered: ({ context }) => context.unanswered + 1, mayCallAgain: false }),
    allowCall: assign({ mayCallAgain: true }),
    noteCallTaker: assign(({ event }) => {
      assertEvent(event, 'callback.reached');
      return event.agentId === undefined ? {} : { callTaker: event.agentId };
    }),
    noteItems: assign({
      items: ({ event }) => {
        assertEvent(event, 'review.requestSupplement');
        return event.items;
      },
    }),
    endByAgent: assign(({ event }) => {
      assertEvent(event, 'review.reject');
      return { reason: 'rejectedByAgent', told: event.reason, exhausted: true };
    }),
    grant: assign({
      factors: ({ context }) => ['human:appeal' as const, `possession:phone:${context.account.phone}` as const],
    }),
  },
}).createMachine({
  id: 'appeal',
  description: 'People decide: a ticket is filed, the owner is called back, another agent reviews. It costs nothing.',
  meta: { section: '3.5' },
  context: ({ input }) => ({
    ...pathContext(input),
    manualReview: input.manualReview ?? false,
    completeness: 0,
    ticketId: '',
    unanswered: 0,
    mayCallAgain: true,
    items: [],
    escalations: 0,
  }),
  output: pathOutput('appeal', agentsWords),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'deadline.tier': { actions: ['countEscalation', 'raisePriority'] },
    'deadline.callBack': {
      actions: ['countEscalation', 'handToSupervisor', 'tellOwner', 'tellLate', 'startCallBackTime'],
    },
    'deadline.callAgain': { actions: 'allowCall' },
    'xstate.done.actor.escalation.*': { actions: 'forgetEscalation' },
    'xstate.error.actor.escalation.*': { actions: 'forgetEscalation' },
  },
  initial: 'filing',
  states: {
    filing: {
      description: 'The owner writes down what is known of the account. No fee is ever asked.',
      meta: { section: '3.5' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The form is open; every item may be left out.',
          meta: { section: '3.5' },
          tags: 'waitingForUser',
          on: {
            'appeal.file': [
              {
                guard: 'proofMissing',
                actions: {
                  type: 'refuse',
                  params: { code: 'notEligible', reason: 'proofRequired', field: 'evidenceRefs' },
                },
              },
              { target: 'opening', actions: ['noteCompleteness', 'startTierTime', 'startCallBackTime'] },
            ],
          },
          after: {
            filingTimeout: {
              target: '#appeal.expired',
              actions: { type: 'end', params: { reason: 'timedOut' } },
            },
          },
        },
        opening: {
          description: 'A ticket is opened for the agents.',
          meta: { section: '3.5' },
          tags: 'busy',
          invoke: {
            id: 'openTicket',
            src: 'openTicket',
            input: ticket,
            onDone: { target: '#appeal.queued', actions: 'noteTicket' },
            onError: again('unopened'),
          },
          after: { portTimeout: again('unopened') },
        },
        unopened: {
          description: 'No ticket was opened: its deadlines are taken back, the form may be sent again.',
          meta: { section: '4' },
          entry: ['forgetTierTime', 'forgetCallBackTime'],
          always: 'awaiting',
        },
      },
    },
    queued: {
      description: 'The ticket waits for the call back, due within 72 hours of filing whatever its tier.',
      meta: { section: '3.5' },
      tags: 'waitingForAgent',
      on: {
        'callback.reached': { target: 'reviewing', actions: 'noteCallTaker' },
        'callback.unanswered': 'tryingAgain',
      },
    },
    tryingAgain: {
      description: 'The owner did not answer: another call, or none left.',
      meta: { section: '3.5' },
      always: [
        {
          guard: 'lastCall',
          target: 'rejected',
          actions: { type: 'end', params: { reason: 'ownerUnreachable' } },
        },
        { target: 'callingBack', actions: ['countCall', 'startPause'] },
      ],
    },
    callingBack: {
      description: 'The owner was called and did not answer; the next call has to wait a while.',
      meta: { section: '3.5' },
      tags: 'waitingForAgent',
      on: {
        'callback.reached': { target: 'reviewing', actions: 'noteCallTaker' },
        'callback.unanswered': [
          { guard: 'callTooEarly', actions: { type: 'refuse', params: { code: 'tooEarly', reason: 'callAgain' } } },
          { target: 'tryingAgain' },
        ],
      },
    },
    reviewing: {
      description: 'An agent who did not take the call decides, or asks for more.',
      meta: { section: '3.5' },
      tags: 'waitingForAgent',
      entry: ['forgetCallBackTime', 'forgetPause'],
      on: {
        'review.approve': [
          {
            guard: 'notAnotherAgent',
            actions: { type: 'refuse', params: { code: 'notAuthorised', reason: 'anotherAgentRequired' } },
          },
          { target: 'verified', actions: 'grant' },
        ],
        'review.reject': { target: 'rejected', actions: 'endByAgent' },
        'review.requestSupplement': { target: 'awaitingSupplement', actions: 'noteItems' },
        'review.requestVideo': 'videoInterview',
      },
      after: {
        reviewWithin: { target: 'reviewing', reenter: true, actions: ['countEscalation', 'handToSupervisor'] },
      },
    },
    awaitingSupplement: {
      description: 'The owner brings what the agent asked for.',
      meta: { section: '3.5' },
      tags: 'waitingForUser',
      on: { 'appeal.supplement': 'reviewing' },
      after: {
        supplementWithin: { target: 'expired', actions: { type: 'end', params: { reason: 'noSupplement' } } },
      },
    },
    videoInterview: {
      description: 'The owner shows the original document in a video call; time escalates it, never decides.',
      meta: { section: '3.5' },
      tags: 'waitingForAgent',
      on: {
        'video.passed': [
          {
            guard: 'notAnotherAgent',
            actions: { type: 'refuse', params: { code: 'notAuthorised', reason: 'anotherAgentRequired' } },
          },
          { target: 'verified', actions: 'grant' },
        ],
        'video.failed': {
          target: 'rejected',
          actions: { type: 'end', params: { reason: 'interviewFailed', exhausted: true } },
        },
      },
      after: {
        reviewWithin: { target: 'videoInterview', reenter: true, actions: ['countEscalation', 'handToSupervisor'] },
      },
    },
    ...endings('3.5'),
  },
});

/** Shown: `{ completeness: number, ticketId: string, items: string[], noFee: 'noFeeIsEverAsked' }`; `noFee` keys a text. */
const shown = shownBy(({ completeness, ticketId, items }: Shown) => ({
  completeness,
  ticketId,
  items,
  noFee: 'noFeeIsEverAsked',
}));

export const appeal: RecoveryPath = {
  id: 'appeal',
  title: { 'zh-CN': '申诉工单', en: 'Appeal' },
  section: '3.5',
  order: 'appeal',
  grants: ['human', 'possession'],
  hasOwnDeadlines: true,
  machine: appealMachine,
  ineligible: () => undefined,
  shown,
};
