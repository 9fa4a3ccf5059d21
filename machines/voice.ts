import { assertEvent, assign, cancel, emit, enqueueActions, raise, setup } from 'xstate';
import { clockTime, timeOfDay, untilClockTime } from './calendar.ts';
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
  type Refusal,
  type Standing,
  shownBy,
  type Tag,
} from './path.ts';
import { type AnswerOf, type PortInput, port } from './ports.ts';

/**
 * Service call 客服语音 (spec section 3.7), for people with impaired sight or who cannot operate the app: the voice is
 * compared while it reads fresh digits, then the security questions are answered.
 */

interface Context extends PathContext {
  /** Whether the right key was pressed in this call. */
  keyChosen: boolean;
  /** Time in which a dropped call may be resumed: it runs from the first drop of an attempt and is not begun again. */
  resuming: 'notBegun' | 'running' | 'over';
}

type Events =
  | EventOf<'call.connected' | 'call.key' | 'voice.spoken' | 'answers.submit' | 'call.dropped' | 'path.leave'>
  | AnswerOf<'sendCode' | 'matchVoiceprint' | 'checkAnswers'>
  | { type: 'deadline.resume' };

const DIGITS_PURPOSE = 'voiceDigits';

type Where = Pick<Standing, 'account' | 'policy'>;
type When = Pick<PathContext, 'policy' | 'at'>;

/** Whether the line is open: from opening time on, up to but not at closing time; all day where the two are the same. */
function isOpen({ policy, at }: When): boolean {
  const now = timeOfDay(at, policy.timeZone);
  const opens = clockTime(policy.voice.opensAt);
  const closes = clockTime(policy.voice.closesAt);
  if (opens === closes) return true;
  return opens < closes ? now >= opens && now < closes : now >= opens || now < closes;
}

const msUntilOpen = ({ policy, at }: When) => untilClockTime(at, policy.voice.opensAt, policy.timeZone);
const msUntilClose = ({ policy, at }: When) => untilClockTime(at, policy.voice.closesAt, policy.timeZone);

/** Why the voice of the account's owner proves nothing. */
function unrecognisable({ account, policy }: Where): IneligibleReason | undefined {
  if (!account.voiceprint.enrolled) return 'voiceprintNotEnrolled';
  if (!policy.voice.dialects.includes(account.voiceprint.dialect)) return 'dialectNotSupported';
  return undefined;
}

function ineligible(where: Standing): IneligibleReason | undefined {
  const reason = unrecognisable(where);
  if (reason) return reason;
  if (attemptsToday(where, 'voice') >= where.policy.voice.attemptsPerDay) return 'dailyLimit';
  return undefined;
}

const digitsOrder = ({ context }: Args<Context, Events>): PortInput<'sendCode'> => ({
  accountId: context.account.accountId,
  purpose: DIGITS_PURPOSE,
  channel: 'call',
  to: context.account.phone,
});
const voiceQuestion = ({ context, event }: Args<Context, Events>): PortInput<'matchVoiceprint'> => {
  assertEvent(event, 'voice.spoken');
  return {
    accountId: context.account.accountId,
    captureRef: event.captureRef,
    dialect: context.account.voiceprint.dialect,
  };
};
const answersQuestion = ({ context, event }: Args<Context, Events>): PortInput<'checkAnswers'> => {
  assertEvent(event, 'answers.submit');
  return { accountId: context.account.accountId, answers: event.answers ?? {} };
};

/** What a dropped call leads to, from wherever in the call. */
const whenDropped = [
  {
    guard: 'resumeOver',
    target: '#voice.expired',
    actions: { type: 'end', params: { reason: 'callDropped' } },
  },
  { guard: 'resumeRunning', target: '#voice.dropped' },
  { target: '#voice.dropped', actions: ['beginResuming', 'startResumeDeadline'] },
] as const;

const refusedWhileClosed = {
  actions: { type: 'refuse', params: { code: 'tooEarly', reason: 'closed' } },
} as const;

/** Chart of the path `voice`. */
export const voiceMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent,
    tags: {} as Tag,
  },
  actors: {
    sendCode: port('sendCode'),
    matchVoiceprint: port('matchVoiceprint'),
    checkAnswers: port('checkAnswers'),
  },
  guards: {
    lastFailure: isLastFailure,
    withinHours: ({ context }) => isOpen(context),
    otherKey: ({ context, event }) => {
      assertEvent(event, 'call.key');
      return String(event.key) !== context.policy.voice.key;
    },
    keyChosen: ({ context }) => context.keyChosen,
    digitsRead: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.sendCode');
      return event.output.ok;
    },
    voiceMatched: ({ context, event }) => {
      assertEvent(event, 'xstate.done.actor.matchVoiceprint');
      const { match } = event.output;
      return typeof match === 'boolean' ? match : match >= context.policy.voice.matchThreshold;
    },
    answersRight: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.checkAnswers');
      return event.output.ok;
    },
    attemptsSpent: ({ context }) => attemptsOn(context.at, 'voice', context) >= context.policy.voice.attemptsPerDay,
    resumeRunning: ({ context }) => context.resuming === 'running',
    resumeOver: ({ context }) => context.resuming === 'over',
  },
  delays: {
    idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
    portTimeout: ({ context }) => context.policy.ports.timeout,
    untilOpen: ({ context }) => msUntilOpen(context),
    untilClose: ({ context }) => msUntilClose(context),
    resumeWithin: ({ context }) => context.policy.voice.resumeWithin,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    end: assign((_, ending: Ending) => ending),
    refuse: emit((_, refusal: Refusal): Refused => ({ type: 'refused', ...refusal })),
    noteInstant: assign({ at: ({ context, event }) => instantOf(event, context) }),
    noteOpening: assign({
      at: ({ context, event }) => instantOf(event, { at: context.at + msUntilOpen(context) }),
    }),
    noteClosing: assign({
      at: ({ context, event }) => instantOf(event, { at: context.at + msUntilClose(context) }),
    }),
    takeKey: assign({ keyChosen: true }),
    beginResuming: assign({ resuming: 'running' }),
    startResumeDeadline: raise({ type: 'deadline.resume' }, { id: 'resume', delay: 'resumeWithin' }),
    closeResuming: assign({ resuming: 'over' }),
    forgetResumeDeadline: cancel('resume'),
    forgetResuming: assign({ resuming: 'notBegun' }),
    spendAttempt: enqueueActions(({ enqueue, context, event }, { told }: { told: string }) => {
      const at = instantOf(event, context);
      enqueue.assign({ at, spent: [...context.spent, at], told });
      enqueue.emit({ type: 'attempt.spent', path: 'voice' });
    }),
    grant: assign({ factors: ['inherence:voice', 'knowledge:securityAnswers'] }),
  },
}).createMachine({
  id: 'voice',
  description: 'A call within service hours: the voice is compared, then the security questions are answered.',
  meta: { section: '3.7' },
  context: ({ input }) => ({ ...pathContext(input), keyChosen: false, resuming: 'notBegun' }),
  output: pathOutput('voice'),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    'deadline.resume': { actions: 'closeResuming' },
  },
  initial: 'checkingHours',
  states: {
    checkingHours: {
      description: 'Service hours decide whether a call can begin.',
      meta: { section: '3.7' },
      always: [{ guard: 'withinHours', target: 'inMenu' }, { target: 'closed' }],
    },
    closed: {
      description: 'Outside service hours; the line opens by itself.',
      meta: { section: '3.7' },
      tags: 'waitingForUser',
      on: {
        'call.connected': refusedWhileClosed,
        'call.key': refusedWhileClosed,
        'voice.spoken': refusedWhileClosed,
        'answers.submit': refusedWhileClosed,
        'call.dropped': refusedWhileClosed,
      },
      after: { untilOpen: { target: 'checkingHours', actions: 'noteOpening' } },
    },
    inMenu: {
      description: 'The line is open: a call, and the key for a lost password.',
      meta: { section: '3.7' },
      initial: 'calling',
      states: {
        calling: {
          description: 'The owner calls, before closing time.',
          meta: { section: '3.7' },
          tags: 'waitingForUser',
          on: {
            'call.connected': 'choosingKey',
          },
          after: {
            untilClose: { target: '#voice.checkingHours', actions: 'noteClosing' },
            idleTimeout: { target: '#voice.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
        choosingKey: {
          description: 'The menu is read; from here on the call may last beyond closing time.',
          meta: { section: '3.7' },
          tags: 'waitingForUser',
          on: {
            'call.key': [
              { guard: 'otherKey', actions: { type: 'refuse', params: { code: 'invalidEvent', field: 'key' } } },
              { target: '#voice.readingDigits', actions: 'takeKey' },
            ],
            'call.dropped': whenDropped,
          },
          after: {
            idleTimeout: { target: '#voice.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
      },
    },
    readingDigits: {
      description: 'A fresh random string of digits is read out, to be repeated.',
      meta: { section: '3.7' },
      on: { 'call.dropped': whenDropped },
      initial: 'speaking',
      states: {
        speaking: {
          description: 'Fresh digits are read to the owner; earlier ones are void.',
          meta: { section: '3.7' },
          tags: 'busy',
          invoke: {
            id: 'sendCode',
            src: 'sendCode',
            input: digitsOrder,
            onDone: [{ guard: 'digitsRead', target: 'listening' }, ...again('speaking')],
            onError: again('speaking'),
          },
          after: { portTimeout: again('speaking') },
        },
        listening: {
          description: 'The owner repeats the digits.',
          meta: { section: '3.7' },
          tags: 'waitingForUser',
          on: { 'voice.spoken': { target: '#voice.matchingVoiceprint', actions: 'noteInstant' } },
          after: {
            idleTimeout: { target: '#voice.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
      },
    },
    matchingVoiceprint: {
      description: 'The digits spoken and the voice are compared; if the port fails, fresh digits are read.',
      meta: { section: '3.7' },
      tags: 'busy',
      on: { 'call.dropped': whenDropped },
      invoke: {
        id: 'matchVoiceprint',
        src: 'matchVoiceprint',
        input: voiceQuestion,
        onDone: [
          { guard: 'voiceMatched', target: 'answeringQuestions' },
          {
            target: 'countingAttempts',
            actions: { type: 'spendAttempt', params: { told: 'voiceprintMismatch' } },
          },
        ],
        onError: again('readingDigits'),
      },
      after: { portTimeout: again('readingDigits') },
    },
    answeringQuestions: {
      description: 'The security questions; both they and the voice must be right.',
      meta: { section: '3.7' },
      on: { 'call.dropped': whenDropped },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner answers the security questions.',
          meta: { section: '3.7' },
          tags: 'waitingForUser',
          on: { 'answers.submit': { target: 'checking', actions: 'noteInstant' } },
          after: {
            idleTimeout: { target: '#voice.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
        checking: {
          description: 'The answers are compared with those on file.',
          meta: { section: '3.7' },
          tags: 'busy',
          invoke: {
            id: 'checkAnswers',
            src: 'checkAnswers',
            input: answersQuestion,
            onDone: [
              { guard: 'answersRight', target: '#voice.verified', actions: 'grant' },
              {
                target: '#voice.countingAttempts',
                actions: { type: 'spendAttempt', params: { told: 'answersWrong' } },
              },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    countingAttempts: {
      description: 'An attempt was spent: fresh digits in the same call while the day leaves one, else the path ends.',
      meta: { section: '3.7' },
      always: [
        { guard: 'attemptsSpent', target: 'rejected', actions: { type: 'end', params: { reason: 'dailyLimit' } } },
        { target: 'readingDigits', actions: ['forgetResumeDeadline', 'forgetResuming'] },
      ],
    },
    dropped: {
      description:
        'The call was cut off: the same attempt may be resumed with fresh digits, within a limit that runs on.',
      meta: { section: '3.7' },
      tags: 'waitingForUser',
      on: {
        'call.connected': [
          { guard: 'keyChosen', target: 'readingDigits', actions: 'noteInstant' },
          { target: 'inMenu.choosingKey', actions: 'noteInstant' },
        ],
        'deadline.resume': { target: 'expired', actions: { type: 'end', params: { reason: 'callDropped' } } },
      },
      after: { idleTimeout: { target: 'expired', actions: { type: 'end', params: { reason: 'callDropped' } } } },
    },
    ...endings('3.7'),
  },
});

/** Shown: `{ attemptsLeft: number }`. */
const shown = shownBy((context: PathContext) => ({
  attemptsLeft: Math.max(context.policy.voice.attemptsPerDay - attemptsOn(context.at, 'voice', context), 0),
}));

export const voice: RecoveryPath = {
  id: 'voice',
  title: { 'zh-CN': '客服语音', en: 'Service call' },
  section: '3.7',
  order: 'selfService',
  grants: ['inherence', 'knowledge'],
  machine: voiceMachine,
  ineligible,
  shown,
  stillHolds: (where) => unrecognisable(where) === undefined,
};
