import {
  assertEvent,
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  emit,
  enqueueActions,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import type { Contact } from './account.ts';
import type { EventOf } from './events.ts';
import type {
  AttemptSpent,
  CodeSent,
  Factor,
  IneligibleReason,
  PathOutput,
  RefusalReason,
  Refused,
} from './outcome.ts';
import {
  type Args,
  attemptsToday,
  type Ending,
  endings,
  instantOf,
  isLastFailure,
  meansOf,
  type PathContext,
  type PathInput,
  pathContext,
  pathOutput,
  type RecoveryPath,
  type Refusal,
  type Standing,
  sendsLeftToday,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type PortInput, type PortOutput, port } from './ports.ts';

/**
 * Security contacts 安全联系人 (spec section 3.4). A fixed timetable from the path's start: the owner says who is asked,
 * the contacts confirm, the system verifies, and only then the entrance opens, however early the quorum was reached.
 */

interface Context extends PathContext {
  asked: string[];
  /** Whether the service is still asking them. */
  asking: boolean;
  /** Confirmations that came in time: `received` until the token was found right. */
  confirmations: Record<string, 'received' | 'verified'>;
  denied: string[];
}

type Shown = Pick<Context, 'asked' | 'confirmations'>;

type CheckId = `confirmation.${string}`;
type Events =
  | EventOf<'contacts.request' | 'contact.confirm' | 'contact.deny' | 'path.leave'>
  | AnswerOf<'requestConfirmation'>
  | ErrorActorEvent<unknown, 'requestConfirmation'>
  | DoneActorEvent<PortOutput<'checkConfirmation'>, CheckId>
  | ErrorActorEvent<unknown, CheckId>;

type Where = Pick<Standing, 'account' | 'policy'>;

/** A phone number without the spaces and dashes in which it may be written. */
const plainPhone = (phone: string) => phone.replace(/[\s-]/g, '');

/** Real-name verified, known long enough, and to be reached on a phone of their own. */
const qualifies = (contact: Contact, { account, policy }: Where) =>
  contact.realNameVerified &&
  contact.knownDays > policy.contacts.knownDaysOver &&
  (contact.phone === undefined || plainPhone(contact.phone) !== plainPhone(account.phone));

/** How many people contacts are: those who share a known phone are one person (R21, R26). */
function peopleAmong(contactIds: readonly string[], { account }: Where): number {
  const people = contactIds.map((id) => {
    const phone = account.contacts.find(({ contactId }) => contactId === id)?.phone;
    return phone === undefined ? `contact:${id}` : `phone:${plainPhone(phone)}`;
  });
  return new Set(people).size;
}

/** Contacts that may vouch for the owner. */
export const qualifiedIds = (where: Where) =>
  where.account.contacts.filter((contact) => qualifies(contact, where)).map((contact) => contact.contactId);

function ineligible(where: Standing): IneligibleReason | undefined {
  const { account, policy } = where;
  if (account.contacts.length < policy.contacts.minPreset) return 'tooFewContacts';
  if (peopleAmong(qualifiedIds(where), where) < policy.contacts.minQualified) return 'contactsNotQualified';
  if (attemptsToday(where, 'securityContacts') >= policy.contacts.attemptsPerDay) return 'dailyLimit';
  return undefined;
}

function requestRefusal(context: Context, contactIds: readonly string[]): Refusal | undefined {
  const wrong = (reason: RefusalReason): Refusal => ({ code: 'notEligible', reason, field: 'contactIds' });
  if (contactIds.some((id) => !context.account.contacts.some((contact) => contact.contactId === id))) {
    return wrong('contactUnknown');
  }
  if (contactIds.some((id) => !qualifiedIds(context).includes(id))) return wrong('contactsNotQualified');
  if (new Set(contactIds).size > context.policy.contacts.maxPreset) return wrong('tooManyContacts');
  if (sendsLeftToday(context) === 0) return { code: 'limitReached', reason: 'sends' };
  return undefined;
}

function confirmationRefusal(context: Context, contactId: string): Refusal | undefined {
  if (!context.asked.includes(contactId)) {
    return { code: 'notEligible', reason: 'contactNotAsked', field: 'contactId' };
  }
  if (context.confirmations[contactId] || context.denied.includes(contactId)) {
    return { code: 'duplicate', field: 'contactId' };
  }
  return undefined;
}

const contactOf = (actorId: string) => actorId.slice('confirmation.'.length);
/** Contacts whose confirmation is in one of the states. */
const confirmedBy = ({ confirmations }: Context, ...states: ('received' | 'verified')[]) =>
  Object.entries(confirmations)
    .filter(([, state]) => states.includes(state))
    .map(([contactId]) => contactId);
const quorumOf = (context: Context, ...states: ('received' | 'verified')[]) =>
  peopleAmong(confirmedBy(context, ...states), context) >= context.policy.contacts.quorum;

/** Whether a confirmation came whose token was not checked yet. */
const isReceived = (context: Context) => Object.values(context.confirmations).includes('received');

const request = ({ context }: Args<Context, Events>): PortInput<'requestConfirmation'> => ({
  accountId: context.account.accountId,
  contactIds: context.asked,
});
const check = ({ context, event }: Args<Context, Events>): PortInput<'checkConfirmation'> => {
  assertEvent(event, 'contact.confirm');
  const { contactId, method, token } = event;
  return { accountId: context.account.accountId, contactId, method, token };
};

const askAgain = [
  { guard: 'lastFailure', target: '.unavailable' },
  { actions: ['forgetRequest', 'countFailure', 'askContacts'] },
] as const;

/** Chart of the path `securityContacts`. */
export const securityContactsMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent | CodeSent,
    tags: {} as Tag,
    children: {} as { requestConfirmation: 'requestConfirmation' } & { [key: CheckId]: 'checkConfirmation' },
  },
  actors: {
    requestConfirmation: port('requestConfirmation'),
    checkConfirmation: port('checkConfirmation'),
  },
  guards: {
    lastFailure: isLastFailure,
    /** The port failed, or has not answered yet. */
    portFailed: ({ context }) => context.failures > 0 || context.asking || isReceived(context),
    requestRefused: ({ context, event }) => {
      assertEvent(event, 'contacts.request');
      return requestRefusal(context, event.contactIds) !== undefined;
    },
    areAsked: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.requestConfirmation');
      return event.output.ok;
    },
    askedAnyone: ({ context }) => context.asked.length > 0,
    confirmationRefused: ({ context, event }) => {
      assertEvent(event, 'contact.confirm');
      return confirmationRefusal(context, event.contactId) !== undefined;
    },
    denierNotAsked: ({ context, event }) => {
      assertEvent(event, 'contact.deny');
      return !context.asked.includes(event.contactId);
    },
    deniedBefore: ({ context, event }) => {
      assertEvent(event, 'contact.deny');
      return context.denied.includes(event.contactId);
    },
    denialIgnored: ({ context }) => context.policy.contacts.onDenial === 'ignore',
    tokenRight: ({ event }) => 'output' in event && event.output.ok,
    quorumReceived: ({ context }) => quorumOf(context, 'received', 'verified'),
    quorumVerified: ({ context }) => quorumOf(context, 'verified'),
  },
  delays: {
    askUntil: ({ context }) => context.policy.contacts.askUntil,
    collectUntil: ({ context }) => context.policy.contacts.collectUntil - context.policy.contacts.askUntil,
    opensAt: ({ context }) => context.policy.contacts.opensAt - context.policy.contacts.collectUntil,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    refuseRequest: emit(({ context, event }): Refused => {
      assertEvent(event, 'contacts.request');
      return { type: 'refused', ...(requestRefusal(context, event.contactIds) ?? { code: 'notEligible' }) };
    }),
    refuseConfirmation: emit(({ context, event }): Refused => {
      assertEvent(event, 'contact.confirm');
      return { type: 'refused', ...(confirmationRefusal(context, event.contactId) ?? { code: 'duplicate' }) };
    }),
    takeRequest: assign(({ event }) => {
      assertEvent(event, 'contacts.request');
      return { asked: [...new Set(event.contactIds)], asking: true };
    }),
    /** Each contact gets one link: one message an address, however many they are (R14). */
    countSend: emit({ type: 'code.sent' }),
    askContacts: spawnChild('requestConfirmation', { id: 'requestConfirmation', input: request }),
    forgetRequest: stopChild('requestConfirmation'),
    noteAsked: assign({ asking: false, failures: 0 }),
    receiveConfirmation: assign({
      confirmations: ({ context, event }) => {
        assertEvent(event, 'contact.confirm');
        return { ...context.confirmations, [event.contactId]: 'received' as const };
      },
    }),
    checkToken: spawnChild('checkConfirmation', {
      id: ({ event }: Args<Context, Events>): CheckId => {
        assertEvent(event, 'contact.confirm');
        return `confirmation.${event.contactId}`;
      },
      input: check,
    }),
    /** A denial wins over a confirmation that is still being checked. */
    stopCheck: stopChild(({ event }) => ('contactId' in event ? `confirmation.${event.contactId}` : '')),
    forgetCheck: stopChild(({ event }) => ('actorId' in event ? event.actorId : '')),
    countConfirmation: assign({
      confirmations: ({ context, event }) => ({
        ...context.confirmations,
        ...('actorId' in event ? { [contactOf(event.actorId)]: 'verified' as const } : {}),
      }),
    }),
    /** A token that is not right confirms nothing: the contact may still confirm with the right one. */
    dropConfirmation: assign({
      confirmations: ({ context, event }) => {
        const { [contactOf('actorId' in event ? event.actorId : '')]: _, ...kept } = context.confirmations;
        return kept;
      },
    }),
    noteDenial: assign(({ context, event }) => {
      assertEvent(event, 'contact.deny');
      const { [event.contactId]: _, ...kept } = context.confirmations;
      return { denied: [...context.denied, event.contactId], confirmations: kept };
    }),
    spendAttempt: enqueueActions(({ enqueue, context, event }) => {
      enqueue.assign({ spent: [...context.spent, instantOf(event, context)] });
      enqueue.emit({ type: 'attempt.spent', path: 'securityContacts' });
    }),
    grant: assign({
      factors: ({ context }) =>
        confirmedBy(context, 'verified').map((contactId): Factor => `vouching:contact:${contactId}`),
    }),
  },
}).createMachine({
  id: 'securityContacts',
  description: 'Contacts chosen long before vouch for the owner, on a fixed timetable of 0, 5, 30 and 45 minutes.',
  meta: { section: '3.4' },
  context: ({ input }) => ({ ...pathContext(input), asked: [], asking: false, confirmations: {}, denied: [] }),
  output: pathOutput('securityContacts', ({ asked }: Context) => ({ sends: asked.length > 0 ? 1 : 0 })),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'contact.deny': [
      {
        guard: 'denierNotAsked',
        actions: { type: 'refuse', params: { code: 'notEligible', reason: 'contactNotAsked', field: 'contactId' } },
      },
      { guard: 'deniedBefore', actions: { type: 'refuse', params: { code: 'duplicate', field: 'contactId' } } },
      { guard: 'denialIgnored', actions: ['noteDenial', 'stopCheck'] },
      {
        target: '.rejected',
        actions: ['spendAttempt', { type: 'end', params: { reason: 'deniedByContact', exhausted: true } }],
      },
    ],
    'xstate.done.actor.requestConfirmation': [
      { guard: 'areAsked', actions: ['forgetRequest', 'noteAsked'] },
      ...askAgain,
    ],
    'xstate.error.actor.requestConfirmation': askAgain,
    'xstate.done.actor.confirmation.*': [
      { guard: 'tokenRight', actions: ['countConfirmation', 'forgetCheck'] },
      { actions: ['dropConfirmation', 'forgetCheck'] },
    ],
    'xstate.error.actor.confirmation.*': { actions: ['dropConfirmation', 'forgetCheck', 'countFailure'] },
  },
  initial: 'initiating',
  states: {
    initiating: {
      description: 'The owner confirms who is asked; the contacts cannot confirm yet.',
      meta: { section: '3.4' },
      on: {
        'contact.confirm': { actions: { type: 'refuse', params: { code: 'tooEarly', reason: 'notOpenYet' } } },
      },
      after: {
        askUntil: [
          { guard: 'askedAnyone', target: 'collecting' },
          { target: 'expired', actions: { type: 'end', params: { reason: 'notAsked' } } },
        ],
      },
      initial: 'selecting',
      states: {
        selecting: {
          description: 'Nobody was asked yet.',
          meta: { section: '3.4' },
          tags: 'waitingForUser',
          on: {
            'contacts.request': [
              { guard: 'requestRefused', actions: 'refuseRequest' },
              { target: 'requested', actions: ['takeRequest', 'countSend', 'askContacts'] },
            ],
          },
        },
        requested: {
          description: 'The contacts are asked; their time begins when the owner’s ends.',
          meta: { section: '3.4' },
          tags: 'waitingForContacts',
        },
      },
    },
    collecting: {
      description: 'Each contact may confirm once, by scan or by link.',
      meta: { section: '3.4' },
      tags: 'waitingForContacts',
      on: {
        'contact.confirm': [
          { guard: 'confirmationRefused', actions: 'refuseConfirmation' },
          { actions: ['receiveConfirmation', 'checkToken'] },
        ],
      },
      after: {
        collectUntil: [
          { guard: 'quorumReceived', target: 'checking' },
          { guard: 'portFailed', target: 'unavailable' },
          {
            target: 'rejected',
            actions: ['spendAttempt', { type: 'end', params: { reason: 'quorumNotReached' } }],
          },
        ],
      },
    },
    checking: {
      description: 'The system verifies the confirmations; the entrance does not open before its time.',
      meta: { section: '3.4' },
      tags: 'busy',
      on: {
        'contact.confirm': { actions: { type: 'refuse', params: { code: 'tooLate', reason: 'collectingOver' } } },
      },
      after: {
        opensAt: [
          { guard: 'quorumVerified', target: 'verified', actions: 'grant' },
          { guard: 'portFailed', target: 'unavailable' },
          {
            target: 'rejected',
            actions: ['spendAttempt', { type: 'end', params: { reason: 'quorumNotReached' } }],
          },
        ],
      },
    },
    ...endings('3.4'),
  },
});

/** Shown: `{ asked: string[], confirmed: number }`; who of them confirmed is not. */
const shown = shownBy(({ asked, confirmations }: Shown) => ({
  asked,
  confirmed: Object.keys(confirmations).length,
}));

/** A contact who may vouch no more does not count; the others do. */
const held = (where: Standing, factors: readonly Factor[]) =>
  factors.filter((factor) => meansOf([factor], 'vouching:contact').every((id) => qualifiedIds(where).includes(id)));

export const securityContacts: RecoveryPath = {
  id: 'securityContacts',
  title: { 'zh-CN': '安全联系人', en: 'Security contacts' },
  section: '3.4',
  order: 'selfService',
  grants: ['vouching'],
  machine: securityContactsMachine,
  ineligible,
  usable: (where) => ineligible(where) === undefined && sendsLeftToday(where) > 0,
  shown,
  stillHolds: (where, factors) =>
    peopleAmong(meansOf(held(where, factors), 'vouching:contact'), where) >= where.policy.contacts.quorum,
  held,
};
