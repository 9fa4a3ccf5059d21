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
 * Device biometrics 设备生物特征 (spec section 3.6): a scan on the device where it was enrolled, then a cross-check of the
 * device itself.
 */

type Events = EventOf<'biometric.scan' | 'path.leave'> | AnswerOf<'scanBiometric' | 'crossCheckDevice'>;

type Where = Pick<Standing, 'account' | 'policy' | 'device'>;

function sensorSupported({ account, policy }: Where): boolean {
  const { sensors, falseAcceptsAtMost } = policy.biometric;
  const sensor = Object.hasOwn(sensors, account.biometric.sensor) ? sensors[account.biometric.sensor] : undefined;
  return sensor !== undefined && sensor.falseAccepts <= falseAcceptsAtMost;
}

/** The device of the recovery, the device on file and the device enrolled must be one. */
const onEnrolledDevice = ({ account, device }: Where) =>
  account.biometric.enrolledDeviceId === device.deviceId &&
  account.biometric.enrolledDeviceId === account.device.deviceId;

/** Why a scan on this device proves nothing. */
function untrustworthy(where: Where): IneligibleReason | undefined {
  const { account, policy } = where;
  if (account.device.loggedInDays <= policy.biometric.loggedInDaysOver) return 'deviceTooNew';
  if (account.recentAbnormalLogin) return 'abnormalLogin';
  if (!account.biometric.enabled) return 'biometricDisabled';
  if (!sensorSupported(where)) return 'sensorNotSupported';
  if (!onEnrolledDevice(where)) return 'rebindRequired';
  return undefined;
}

function ineligible(where: Standing): IneligibleReason | undefined {
  const { account, policy } = where;
  const reason = untrustworthy(where);
  if (reason) return reason;
  if (account.consecutiveWrongPasswords < policy.biometric.wrongPasswords) return 'notTriggered';
  if (attemptsToday(where, 'biometric') >= policy.biometric.maxScans) return 'dailyLimit';
  return undefined;
}

const scanQuestion = ({ context, event }: Args<PathContext, Events>): PortInput<'scanBiometric'> => {
  assertEvent(event, 'biometric.scan');
  return {
    accountId: context.account.accountId,
    deviceId: context.device.deviceId,
    sensor: context.account.biometric.sensor,
    captureRef: event.captureRef,
  };
};
const deviceQuestion = ({ context }: Args<PathContext, Events>): PortInput<'crossCheckDevice'> => ({
  accountId: context.account.accountId,
  device: context.device,
});

/** Chart of the path `biometric`. */
export const biometricMachine = setup({
  types: {
    context: {} as PathContext,
    events: {} as Events,
    input: {} as PathInput,
    output: {} as PathOutput,
    emitted: {} as Refused | AttemptSpent,
    tags: {} as Tag,
  },
  actors: {
    scanBiometric: port('scanBiometric'),
    crossCheckDevice: port('crossCheckDevice'),
  },
  guards: {
    lastFailure: isLastFailure,
    matched: ({ context, event }) => {
      assertEvent(event, 'xstate.done.actor.scanBiometric');
      const { match } = event.output;
      return typeof match === 'boolean' ? match : match >= context.policy.biometric.matchThreshold;
    },
    scansSpent: ({ context }) => attemptsOn(context.at, 'biometric', context) >= context.policy.biometric.maxScans,
    deviceConfirmed: ({ event }) => {
      assertEvent(event, 'xstate.done.actor.crossCheckDevice');
      return event.output.ok;
    },
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
      enqueue.emit({ type: 'attempt.spent', path: 'biometric' });
    }),
    grant: assign({ factors: ['inherence:biometric'] }),
  },
}).createMachine({
  id: 'biometric',
  description: 'A scan on the enrolled device, then the device and the behaviour on it are cross-checked.',
  meta: { section: '3.6' },
  context: ({ input }) => pathContext(input),
  output: pathOutput('biometric'),
  on: {
    'path.leave': { target: '.cancelled', actions: { type: 'end', params: { reason: 'left' } } },
  },
  initial: 'scanning',
  states: {
    scanning: {
      description: 'A scan, until one matches or none is left.',
      meta: { section: '3.6' },
      initial: 'awaiting',
      states: {
        awaiting: {
          description: 'The owner scans a finger or the face.',
          meta: { section: '3.6' },
          tags: 'waitingForUser',
          on: { 'biometric.scan': { target: 'checking', actions: 'noteInstant' } },
          after: {
            idleTimeout: { target: '#biometric.expired', actions: { type: 'end', params: { reason: 'timedOut' } } },
          },
        },
        checking: {
          description: 'The scan is compared with the one enrolled on this device.',
          meta: { section: '3.6' },
          tags: 'busy',
          invoke: {
            id: 'scanBiometric',
            src: 'scanBiometric',
            input: scanQuestion,
            onDone: [
              { guard: 'matched', target: '#biometric.crossChecking' },
              {
                target: '#biometric.countingScans',
                actions: { type: 'spendAttempt', params: { told: 'notMatched' } },
              },
            ],
            onError: again('awaiting'),
          },
          after: { portTimeout: again('awaiting') },
        },
      },
    },
    countingScans: {
      description: 'A scan missed: another one while any is left, else the path ends.',
      meta: { section: '3.6' },
      always: [
        {
          guard: 'scansSpent',
          target: 'rejected',
          actions: { type: 'end', params: { reason: 'notMatched', exhausted: true } },
        },
        { target: 'scanning' },
      ],
    },
    crossChecking: {
      description: 'The fingerprint of the device and the behaviour on it are compared with what is known.',
      meta: { section: '3.6' },
      tags: 'busy',
      invoke: {
        id: 'crossCheckDevice',
        src: 'crossCheckDevice',
        input: deviceQuestion,
        onDone: [
          { guard: 'deviceConfirmed', target: 'verified', actions: 'grant' },
          { target: 'rejected', actions: { type: 'end', params: { reason: 'deviceCheckFailed', exhausted: true } } },
        ],
        onError: again('crossChecking'),
      },
      after: { portTimeout: again('crossChecking') },
    },
    ...endings('3.6'),
  },
});

/** Shown: `{ scansLeft: number }`. */
const shown = shownBy((context: PathContext) => ({
  scansLeft: Math.max(context.policy.biometric.maxScans - attemptsOn(context.at, 'biometric', context), 0),
}));

export const biometric: RecoveryPath = {
  id: 'biometric',
  title: { 'zh-CN': '设备生物特征', en: 'Device biometrics' },
  section: '3.6',
  order: 'selfService',
  grants: ['inherence'],
  machine: biometricMachine,
  ineligible,
  shown,
  stillHolds: (where) => untrustworthy(where) === undefined,
};
