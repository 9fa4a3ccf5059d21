import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import { defineEvent, type EventOf } from '../events.ts';
import type { AttemptSpent, PathOutput, PathReason } from '../outcome.ts';
import { definePort, type OwnAnswers, type OwnEvents, portActor } from '../own-parts.ts';
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
} from '../path.ts';
import { type AnswerOf, evidence, type PortInput, port } from '../ports.ts';
import * as z from '../zod.ts';

/**
 * Palm vein and voiceprint together 声纹与掌静脉, which the source says is in trial (spec section 7): the palm is scanned, then
 * fresh digits are read to the owner, who speaks them. Both have to match, one after the other, in one attempt.
 *
 * It is not built in: give `[...paths, palmAndVoice]` to a host, or this module to the service (`REGAIN_PATHS`).
 */

const SECTION = '7';
/** The same purpose as in a service call: whoever speaks digits, they are fresh. */
const DIGITS_PURPOSE = 'voiceDigits';
const LIKENESS = 95; // percent, what a sandbox answers where a capture says nothing else
const STRANGER = 20;

/** The figures of this path. Each recovery keeps those that it began with. */
const Figures = z.strictObject({
  /** Likeness from which a palm or a voice is the owner's, in percent. */
  matchThreshold: z.prefault(z.number().check(z.minimum(0), z.maximum(100)), 90),
  attemptsPerDay: z.prefault(z.int().check(z.positive()), 3),
});
type Figures = z.infer<typeof Figures>;

const events = {
  'palm.scan': defineEvent('palm.scan', 'owner', {
    captureRef: evidence(z.string().check(z.minLength(1), z.maxLength(256))),
  }),
};

const ports = {
  matchPalmVein: definePort({
    does: 'compares the veins of a palm with those enrolled',
    input: z.object({ accountId: z.string(), captureRef: evidence(z.string()) }),
    output: z.object({ match: z.number().check(z.minimum(0), z.maximum(100)) }),
    tries: 1,
    sandbox: ({ captureRef }, { account, captured }) => {
      const { match, ofOwner } = captured(captureRef);
      const likeness = match ?? (ofOwner === false ? STRANGER : LIKENESS);
      return { match: account.others.palmVeinEnrolled === true ? likeness : 0 };
    },
  }),
};

interface Context extends PathContext {
  figures: Figures;
}
type Events =
  | OwnEvents<typeof events>
  | EventOf<'voice.spoken' | 'path.leave'>
  | OwnAnswers<typeof ports>
  | AnswerOf<'sendCode' | 'matchVoiceprint'>;

/** Why palm and voice of the account's owner prove nothing. */
function unrecognisable({ account, policy }: Pick<Standing, 'account' | 'policy'>): PathReason | undefined {
  if (account.others.palmVeinEnrolled !== true) return 'palmVeinNotEnrolled';
  if (!account.voiceprint.enrolled) return 'voiceprintNotEnrolled';
  if (!policy.voice.dialects.includes(account.voiceprint.dialect)) return 'dialectNotSupported';
  return undefined;
}

const isMatch = (match: boolean | number, { figures }: Context) =>
  typeof match === 'boolean' ? match : match >= figures.matchThreshold;

const palmQuestion = ({ context, event }: Args<Context, Events>) => {
  assertEvent(event, 'palm.scan');
  return { accountId: context.account.accountId, captureRef: event.captureRef };
};
const digitsOrder = ({ context }: Args<Context, Events>): PortInput<'sendCode'> => ({
  accountId: context.account.accountId,
  purpose: DIGITS_PURPOSE,
  channel: 'call',
  to: context.account.phone,
});
const voiceQuestion = ({ context, event }: Args<Context, Events>): PortInput<'matchVoiceprint'> => {
  assertEvent(event, 'voice.spoken');
  const { accountId, voiceprint } = context.account;
  return { accountId, captureRef: event.captureRef, dialect: voiceprint.dialect };
};

const attemptsLeft = (context: Context) =>
  Math.max(context.figures.attemptsPerDay - attemptsOn(context.at, 'palmAndVoice', context), 0);

const timedOut = {
  target: '#palmAndVoice.expired',
  actions: { type: 'end', params: { reason: 'timedOut' } },
} as const;
const missed = {
  target: '#palmAndVoice.countingAttempts',
  actions: { type: 'spendAttempt', params: { told: 'notMatched' } },
} as const;

const chartOf = (figures: Figures) =>
  setup({
    types: {
      context: {} as Context,
      events: {} as Events,
      input: {} as PathInput,
      output: {} as PathOutput,
      emitted: {} as AttemptSpent,
      tags: {} as Tag,
    },
    actors: {
      matchPalmVein: portActor('matchPalmVein', ports.matchPalmVein),
      sendCode: port('sendCode'),
      matchVoiceprint: port('matchVoiceprint'),
    },
    guards: {
      lastFailure: isLastFailure,
      palmMatched: ({ context, event }) => {
        assertEvent(event, 'xstate.done.actor.matchPalmVein');
        return isMatch(event.output.match, context);
      },
      digitsRead: ({ event }) => {
        assertEvent(event, 'xstate.done.actor.sendCode');
        return event.output.ok;
      },
      voiceMatched: ({ context, event }) => {
        assertEvent(event, 'xstate.done.actor.matchVoiceprint');
        return isMatch(event.output.match, context);
      },
      attemptsSpent: ({ context }) => attemptsLeft(context) === 0,
    },
    delays: {
      idleTimeout: ({ context }) => context.policy.recovery.idleTimeout,
      portTimeout: ({ context }) => context.policy.ports.timeout,
    },
    actions: {
      countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
      end: assign((_, ending: Ending) => ending),
      noteInstant: assign({ at: ({ context, event }) => instantOf(event, context) }),
      spendAttempt: enqueueActions(({ enqueue, context, event }, { told }: { told: string }) => {
        const at = instantOf(event, context);
        enqueue.assign({ at, spent: [...context.spent, at], told });
        enqueue.emit({ type: 'attempt.spent', path: 'palmAndVoice' });
      }),
      grant: assign({ factors: ['inherence:palmVein', 'inherence:voice'] }),
    },
  }).createMachine({
    id: 'palmAndVoice',
    description: 'The veins of a palm, then a voice that speaks fresh digits: both have to be the owner’s.',
    meta: { section: SECTION },
    context: ({ input }) => ({ ...pathContext(input), figures }),
    output: pathOutput('palmAndVoice'),
    on: {
      'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
    },
    initial: 'scanning',
    states: {
      scanning: {
        description: 'A palm is scanned.',
        meta: { section: SECTION },
        initial: 'awaiting',
        states: {
          awaiting: {
            description: 'The owner holds a palm over the scanner.',
            meta: { section: SECTION },
            tags: 'waitingForUser',
            on: { 'palm.scan': { target: 'matching', actions: 'noteInstant' } },
            after: { idleTimeout: timedOut },
          },
          matching: {
            description: 'The veins are compared with those enrolled.',
            meta: { section: SECTION },
            tags: 'busy',
            invoke: {
              id: 'matchPalmVein',
              src: 'matchPalmVein',
              input: palmQuestion,
              onDone: [{ guard: 'palmMatched', target: '#palmAndVoice.speaking' }, missed],
              onError: again('awaiting'),
            },
            after: { portTimeout: again('awaiting') },
          },
        },
      },
      speaking: {
        description: 'Fresh digits are spoken: a recording of other words proves nothing.',
        meta: { section: SECTION },
        initial: 'reading',
        states: {
          reading: {
            description: 'Digits are read to the account’s phone.',
            meta: { section: SECTION },
            tags: 'busy',
            invoke: {
              id: 'sendCode',
              src: 'sendCode',
              input: digitsOrder,
              onDone: [{ guard: 'digitsRead', target: 'listening' }, ...again('reading')],
              onError: again('reading'),
            },
            after: { portTimeout: again('reading') },
          },
          listening: {
            description: 'The owner speaks the digits.',
            meta: { section: SECTION },
            tags: 'waitingForUser',
            on: { 'voice.spoken': { target: 'matching', actions: 'noteInstant' } },
            after: { idleTimeout: timedOut },
          },
          matching: {
            description:
              'Voice and digits are compared. Without an answer fresh digits are read, as these may be used up.',
            meta: { section: SECTION },
            tags: 'busy',
            invoke: {
              id: 'matchVoiceprint',
              src: 'matchVoiceprint',
              input: voiceQuestion,
              onDone: [{ guard: 'voiceMatched', target: '#palmAndVoice.verified', actions: 'grant' }, missed],
              onError: again('reading'),
            },
            after: { portTimeout: again('reading') },
          },
        },
      },
      countingAttempts: {
        description: 'An attempt is spent: another one while any is left today, both anew; else the path ends.',
        meta: { section: SECTION },
        always: [
          {
            guard: 'attemptsSpent',
            target: 'rejected',
            actions: { type: 'end', params: { reason: 'notMatched', exhausted: true } },
          },
          { target: 'scanning' },
        ],
      },
      ...endings(SECTION),
    },
  });

/** Chart of the path `palmAndVoice`. */
export type PalmAndVoiceMachine = ReturnType<typeof chartOf>;

/**
 * The path with figures of one's own.
 * @throws ZodError that names a wrong figure.
 */
export function createPalmAndVoice(
  given: z.input<typeof Figures> = {},
): RecoveryPath & { machine: PalmAndVoiceMachine } {
  const figures = Figures.parse(given);
  return {
    id: 'palmAndVoice',
    title: { 'zh-CN': '掌静脉与声纹', en: 'Palm vein and voice' },
    section: SECTION,
    order: 'selfService',
    grants: ['inherence'],
    machine: chartOf(figures),
    events,
    ports,
    openWith: { palmVeinEnrolled: true },
    ineligible: (where) => {
      const isSpent = attemptsToday(where, 'palmAndVoice') >= figures.attemptsPerDay;
      return unrecognisable(where) ?? (isSpent ? 'dailyLimit' : undefined);
    },
    stillHolds: (where) => unrecognisable(where) === undefined,
    shown: shownBy((context: Context) => ({ attemptsLeft: attemptsLeft(context) })),
    texts: { 'zh-CN': ZH_CN, en: EN },
  };
}

const ZH_CN = {
  states: {
    scanning: '请扫描手掌。',
    'scanning.awaiting': '请将手掌平放在扫描区上方。',
    'scanning.matching': '正在核对掌静脉，请稍候。',
    speaking: '请读出数字。',
    'speaking.reading': '正在拨打您的电话，为您播报数字。',
    'speaking.listening': '请读出刚才听到的数字。',
    'speaking.matching': '正在核对声音，请稍候。',
    countingAttempts: '没有匹配，正在确认剩余次数。',
  },
  events: { 'palm.scan': '扫描手掌' },
  reasons: { palmVeinNotEnrolled: '您没有录入过掌静脉。' },
};
const EN = {
  states: {
    scanning: 'Please scan your palm.',
    'scanning.awaiting': 'Please hold your palm flat over the scanner.',
    'scanning.matching': 'Comparing the veins of your palm. One moment, please.',
    speaking: 'Please speak the digits.',
    'speaking.reading': 'We are calling your phone to read you some digits.',
    'speaking.listening': 'Please speak the digits that you just heard.',
    'speaking.matching': 'Comparing your voice. One moment, please.',
    countingAttempts: 'That did not match. Seeing whether a try is left.',
  },
  events: { 'palm.scan': 'Scan your palm' },
  reasons: { palmVeinNotEnrolled: 'Your palm was never enrolled for this.' },
};

/** The path with the figures that it comes with. */
const palmAndVoice = createPalmAndVoice();
export default palmAndVoice;
