import { assertEvent, assign, cancel, emit, enqueueActions, raise, setup } from 'xstate';
import type { Card } from './account.ts';
import type { EventOf } from './events.ts';
import type {
  AttemptSpent,
  CodeSent,
  CodeWrong,
  IneligibleReason,
  PathOutput,
  RefusalReason,
  Refused,
} from './outcome.ts';
import {
  type Args,
  again,
  attemptsOn,
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
import { type AnswerOf, type PortInput, port } from './ports.ts';

/** Bank card 绑定银行卡 (spec section 3.1): the bank confirms a bound card, then a code goes to the account's phone. */

interface Context extends PathContext {
  cardId?: string;
  /** Cards that the bank called unusable in this run. */
  unavailable: string[];
  /** Codes that were ordered in this run; an order tried again after the port failed is one. */
  ordered: number;
  /** Codes that the port has sent. */
  sends: number;
  wrongCodes: number;
  codeExpired: boolean;
  mayResend: boolean;
}

type Shown = Pick<Context, 'told' | 'unavailable' | 'account' | 'policy' | 'ordered' | 'sends'>;

type Events =
  | EventOf<'bankCard.submit' | 'code.submit' | 'code.resend' | 'path.leave'>
  | AnswerOf<'verifyBankCard' | 'sendCode' | 'checkCode'>
  | { type: 'deadline.code' | 'deadline.resend' };

const CODE_PURPOSE = 'bankCard';

type Where = Pick<Standing, 'account' | 'policy'>;

const limitOf = (card: Card, { policy }: Where) => policy.bankCard[card.bankType].attemptsPerDay;

/** The special rule of the card's bank that it does not meet. */
function brokenRule(card: Card, { policy }: Where): RefusalReason | undefined {
  const { stateOwned, jointStock, cityRural } = policy.bankCard;
  if (card.bankType === 'stateOwned' && stateOwned.quickPayRequired && !card.quickPay) return 'quickPayRequired';
  if (card.kind !== 'credit') return undefined;
  if (card.bankType === 'cityRural' && cityRural.debitOnly) return 'debitOnly';
  if (card.bankType === 'jointStock' && jointStock.creditNeedsSupport && !card.creditSupported) {
    return 'creditNotSupported';
  }
  return undefined;
}

function ineligible(where: Standing): IneligibleReason | undefined {
  const { account, policy } = where;
  const onPhone = account.cards.filter((card) => card.reservedPhone === account.phone);
  const active = onPhone.filter((card) => card.status === 'active');
  if (account.cards.length === 0) return 'noCard';
  if (onPhone.length === 0) return 'phoneMismatch';
  if (active.length === 0) return 'cardUnavailable';
  if (active.every((card) => attemptsToday(where, 'bankCard') >= limitOf(card, where))) return 'dailyLimit';
  if (account.wrongCodes >= policy.guessing.wrongCodesPerDay) return 'wrongCodeLimit';
  return undefined;
}

/** A card with which the path could be carried through now: active, on the account's phone, within the rules of its bank, which verifies. */
function usable(where: Standing): boolean {
  return (
    ineligible(where) === undefined &&
    sendsLeftToday(where) > 0 &&
    where.account.cards.some(
      (card) =>
        card.status === 'active' &&
        card.reservedPhone === where.account.phone &&
        card.onlinePayment &&
        attemptsToday(where, 'bankCard') < limitOf(card, where) &&
        brokenRule(card, where) === undefined,
    )
  );
}

const cardOf = (context: Context) => context.account.cards.find((card) => card.cardId === context.cardId);

/** Why a submitted card is not taken. */
function cardRefusal(context: Context, cardId: string, at: number): Refusal | undefined {
  const card = context.account.cards.find((each) => each.cardId === cardId);
  const notEligible = (reason: RefusalReason) => ({ code: 'notEligible', reason, field: 'cardId' }) as const;
  if (!card) return notEligible('cardUnknown');
  if (card.status !== 'active' || context.unavailable.includes(cardId)) return notEligible('cardUnavailable');
  if (card.reservedPhone !== context.account.phone) return notEligible('phoneMismatch');
  const rule = brokenRule(card, context);
  if (rule) return notEligible(rule);
  if (attemptsOn(at, 'bankCard', context) >= limitOf(card, context))
    return { code: 'limitReached', reason: 'dailyLimit' };
  if (sendsLeftToday(context, context.ordered) === 0) return { code: 'limitReached', reason: 'sends' };
  return undefined;
}

/** Cards that the bank may still be asked about. */
const cardsWithin = (context: Context, at: number) =>
  context.account.cards.filter(
    (card) =>
      card.status === 'active' &&
      card.reservedPhone === context.account.phone &&
      attemptsOn(at, 'bankCard', context) < limitOf(card, context),
  );

const leftBehind = ({ wrongCodes, ordered, unavailable }: Context) => ({ wrongCodes, sends: ordered, unavailable });

const bankQuestion = ({ context, event }: Args<Context, Events>): PortInput<'verifyBankCard'> => {
  assertEvent(event, 'bankCard.submit');
  return { accountId: context.account.accountId, cardId: event.cardId, holderRef: event.holderRef };
};
const codeOrder = ({ context }: Args<Context, Events>): PortInput<'sendCode'> => ({
  accountId: context.account.accountId,
  purpose: CODE_PURPOSE,
  channel: 'sms',
  to: context.account.phone,
});
const codeQuestion = ({ context, event }: Args<Context, Events>): PortInput<'checkCode'> => {
  assertEvent(event, 'code.submit');
  return { accountId: context.account.accountId, purpose: CODE_PURPOSE, code: event.code };
};

/** Chart of the path `bankCard`. */
export const bankCardMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent | CodeSent | CodeWrong,
    tags: {} as Tag,
  },
  actors: {
    verifyBankCard: port('verifyBankCard'),
    sendCode: port('sendCode'),
    checkCode: port('checkCode'),
  },
  guards: {
    lastFailure: isLastFailure,
    cardRefused: ({ context, event }) => {
      assertEvent(event, 'bankCard.submit');
      return cardRefusal(context, event.cardId, instantOf(event, context)) !== undefined;
    },
    verified: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.verifyBankCard');
      return event.output.status === 'verified';
    },
    mismatched: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.verifyBankCard');
      return event.output.status === 'mismatch';
    },
    attemptsSpent: ({ context }) => cardsWithin(context, context.at).length === 0,
    codeIsSent: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.sendCode');
      return event.output.ok;
    },
    codeMalformed: ({ context, event }) => {
      assertEvent(event, 'code.submit');
      return event.code.length !== context.policy.code.digits;
    },
    codeExpired: ({ context }) => context.codeExpired,
    codeRight: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.checkCode');
      return event.output.ok;
    },
    lastWrongCode: ({ context }) => context.wrongCodes + 1 >= context.policy.code.maxWrong,
    wrongCodeLimit: ({ context }) =>
      context.account.wrongCodes + context.wrongCodes + 1 >= context.policy.guessing.wrongCodesPerDay,
    sendsSpent: ({ context }) =>
      context.sends >= context.policy.code.maxSends || sendsLeftToday(context, context.ordered) === 0,
    resendTooEarly: ({ context }) => !context.mayResend,
  },
  delays: {
    idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    bankWindow: ({ context }) => context.policy.bankCard[cardOf(context)?.bankType ?? 'stateOwned'].within,
    codeLifetime: ({ context }) => context.policy.code.lifetime,
    resendAfter: ({ context }) => context.policy.code.resendAfter,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    refuseCard: emit(({ context, event }): Refused => {
      assertEvent(event, 'bankCard.submit');
      const refusal = cardRefusal(context, event.cardId, instantOf(event, context));
      return { type: 'refused', ...(refusal ?? { code: 'notEligible' }) };
    }),
    takeCard: assign(({ context, event }) => {
      assertEvent(event, 'bankCard.submit');
      return { cardId: event.cardId, at: instantOf(event, context) };
    }),
    spendAttempt: enqueueActions(({ enqueue, context, event }, { told }: { told: string }) => {
      const at = instantOf(event, context);
      enqueue.assign({ at, spent: [...context.spent, at], told });
      enqueue.emit({ type: 'attempt.spent', path: 'bankCard' });
    }),
    setCardAside: assign(({ context, event }) => {
      assertEvent(event, 'xstate.done.actor.verifyBankCard');
      const { status } = event.output;
      const gone = status === 'cardUnavailable' && context.cardId !== undefined ? [context.cardId] : [];
      return { told: status, unavailable: [...context.unavailable, ...gone] };
    }),
    orderCode: enqueueActions(({ enqueue, context }) => {
      enqueue.assign({ ordered: context.ordered + 1 });
      enqueue.emit({ type: 'code.sent' });
    }),
    codeSent: assign({
      sends: ({ context }) => context.sends + 1,
      codeExpired: false,
      mayResend: false,
    }),
    forgetCodeDeadline: cancel('code'),
    startCodeDeadline: raise({ type: 'deadline.code' }, { id: 'code', delay: 'codeLifetime' }),
    startResendDelay: raise({ type: 'deadline.resend' }, { id: 'resend', delay: 'resendAfter' }),
    expireCode: assign({ codeExpired: true, told: 'codeExpired' }),
    allowResend: assign({ mayResend: true }),
    countWrongCode: enqueueActions(({ enqueue, context }) => {
      enqueue.assign({ wrongCodes: context.wrongCodes + 1, told: 'wrongCode' });
      enqueue.emit({ type: 'code.wrong' });
    }),
    grant: assign(({ context }) => ({
      factors: [
        `possession:phone:${context.account.phone}` as const,
        ...(context.cardId === undefined ? [] : [`possession:card:${context.cardId}` as const]),
      ],
    })),
  },
}).createMachine({
  id: 'bankCard',
  description: 'The bank confirms a card that is bound to the account, then a code sent to its phone is entered.',
  meta: { section: '3.1' },
  context: ({ input }) => ({
    ...pathContext(input),
    unavailable: [],
    ordered: 0,
    sends: 0,
    wrongCodes: 0,
    codeExpired: false,
    mayResend: false,
  }),
  output: pathOutput('bankCard', leftBehind),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'deadline.code': { actions: 'expireCode' },
    'deadline.resend': { actions: 'allowResend' },
  },
  initial: 'selectingCard',
  states: {
    selectingCard: {
      description: 'The owner picks a bound card and says who holds it.',
      meta: { section: '3.1' },
      tags: 'waitingForUser',
      on: {
        'bankCard.submit': [
          { guard: 'cardRefused', actions: 'refuseCard' },
          { target: 'verifyingCard', actions: 'takeCard' },
        ],
      },
      after: { idleTimeout: { target: 'expired', actions: { type: 'end', params: { reason: 'timedOut' } } } },
    },
    verifyingCard: {
      description: 'The bank compares card and holder, within the time of its kind of bank.',
      meta: { section: '3.1' },
      tags: 'busy',
      invoke: {
        id: 'verifyBankCard',
        src: 'verifyBankCard',
        input: bankQuestion,
        onDone: [
          { guard: 'verified', target: 'sendingCode', actions: 'orderCode' },
          {
            guard: 'mismatched',
            target: 'countingAttempts',
            actions: { type: 'spendAttempt', params: { told: 'mismatch' } },
          },
          { target: 'selectingCard', actions: 'setCardAside' },
        ],
        onError: again('selectingCard'),
      },
      after: {
        bankWindow: { target: 'countingAttempts', actions: { type: 'spendAttempt', params: { told: 'bankTimeout' } } },
      },
    },
    countingAttempts: {
      description: 'An attempt was spent: another card or try while the day leaves one, else the path ends.',
      meta: { section: '3.1' },
      always: [
        { guard: 'attemptsSpent', target: 'rejected', actions: { type: 'end', params: { reason: 'dailyLimit' } } },
        { target: 'selectingCard' },
      ],
    },
    sendingCode: {
      description: 'A fresh code goes to the phone of the account; earlier ones are void.',
      meta: { section: '3.1' },
      tags: 'busy',
      invoke: {
        id: 'sendCode',
        src: 'sendCode',
        input: codeOrder,
        onDone: [
          {
            guard: 'codeIsSent',
            target: 'awaitingCode',
            actions: ['codeSent', 'forgetCodeDeadline', 'startCodeDeadline', 'startResendDelay'],
          },
          ...again('sendingCode'),
        ],
        onError: again('sendingCode'),
      },
      after: { portTimeout: again('sendingCode') },
    },
    awaitingCode: {
      description: 'The owner enters the code, or asks for another one.',
      meta: { section: '3.1' },
      tags: 'waitingForUser',
      on: {
        'code.submit': [
          { guard: 'codeMalformed', actions: { type: 'refuse', params: { code: 'invalidEvent', field: 'code' } } },
          { guard: 'codeExpired', actions: { type: 'refuse', params: { code: 'tooLate', reason: 'codeExpired' } } },
          { target: 'checkingCode' },
        ],
        'code.resend': [
          { guard: 'sendsSpent', actions: { type: 'refuse', params: { code: 'limitReached', reason: 'sends' } } },
          { guard: 'resendTooEarly', actions: { type: 'refuse', params: { code: 'tooEarly', reason: 'resend' } } },
          { target: 'sendingCode', actions: 'orderCode' },
        ],
      },
      after: { idleTimeout: { target: 'expired', actions: { type: 'end', params: { reason: 'timedOut' } } } },
    },
    checkingCode: {
      description: 'The code is compared and, when it is right, used up.',
      meta: { section: '3.1' },
      tags: 'busy',
      invoke: {
        id: 'checkCode',
        src: 'checkCode',
        input: codeQuestion,
        onDone: [
          { guard: 'codeRight', target: 'verified', actions: 'grant' },
          {
            guard: 'wrongCodeLimit',
            target: 'rejected',
            actions: ['countWrongCode', { type: 'end', params: { reason: 'wrongCodeLimit' } }],
          },
          {
            guard: 'lastWrongCode',
            target: 'rejected',
            actions: [
              'countWrongCode',
              { type: 'spendAttempt', params: { told: 'wrongCode' } },
              { type: 'end', params: { reason: 'tooManyWrongCodes' } },
            ],
          },
          { target: 'awaitingCode', actions: 'countWrongCode' },
        ],
        onError: again('awaitingCode'),
      },
      after: { portTimeout: again('awaitingCode') },
    },
    ...endings('3.1'),
  },
});

/** Shown: `{ told?: string, unavailable: string[], sendsLeft: number }`: cards set aside, and codes that may still be sent. */
const shown = shownBy(({ told, unavailable, ordered, sends, ...where }: Shown) => ({
  ...(told === undefined ? {} : { told }),
  unavailable,
  sendsLeft: Math.min(Math.max(where.policy.code.maxSends - sends, 0), sendsLeftToday(where, ordered)),
}));

export const bankCard: RecoveryPath = {
  id: 'bankCard',
  title: { 'zh-CN': '绑定银行卡', en: 'Bank card' },
  section: '3.1',
  order: 'selfService',
  grants: ['possession'],
  mayLock: true,
  machine: bankCardMachine,
  ineligible,
  usable,
  shown,
  stillHolds: ({ account }, factors) =>
    meansOf(factors, 'possession:phone').every((phone) => phone === account.phone) &&
    meansOf(factors, 'possession:card').every((cardId) =>
      account.cards.some(
        (card) => card.cardId === cardId && card.status === 'active' && card.reservedPhone === account.phone,
      ),
    ),
};
