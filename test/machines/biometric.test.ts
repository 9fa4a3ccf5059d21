import { describe, expect, test } from 'vitest';
import { biometric } from '../../machines/biometric.ts';
import type { PolicyInput } from '../../machines/policy.ts';
import { type Answer, Drive, MINUTE, standingWith, undescribed } from './drive.ts';

const SCAN = { type: 'biometric.scan', captureRef: 's1' };

const begin = (
  answers: { scan?: Answer[]; device?: Answer[] } = {},
  over: { policy?: PolicyInput; account?: Record<string, unknown> } = {},
) =>
  new Drive(biometric, {
    ...over,
    answers: { scanBiometric: answers.scan ?? [{ match: true }], crossCheckDevice: answers.device ?? [{ ok: true }] },
  });

test('every state is described', () => expect(undescribed(biometric.machine)).toEqual([]));

test('verified: a scan, then the device', async () => {
  const drive = begin();
  expect(drive.state).toBe('scanning.awaiting');
  await drive.send(SCAN);
  expect(drive.calls).toEqual([
    {
      port: 'scanBiometric',
      input: { accountId: 'a1', deviceId: 'd1', sensor: 'structuredLight3d', captureRef: 's1' },
    },
    { port: 'crossCheckDevice', input: { accountId: 'a1', device: { deviceId: 'd1' } } },
  ]);
  expect(drive.output).toEqual({
    path: 'biometric',
    outcome: 'verified',
    factors: ['inherence:biometric'],
    spent: [],
    exhausted: false,
  });
  expect(drive.seen).not.toContain('s1');
});

test.each([
  [79.99, 'scanning.awaiting'],
  [80, 'verified'],
  [false, 'scanning.awaiting'],
  [true, 'verified'],
])('a match of %s leads to %s', async (match, state) => {
  const drive = begin({ scan: [{ match }] });
  await drive.send(SCAN);
  expect(drive.state).toBe(state);
});

describe('limits', () => {
  test('the fifth scan may match', async () => {
    const drive = begin({ scan: [...Array<Answer>(4).fill({ match: false }), { match: true }] });
    for (let i = 0; i < 5; i++) await drive.send(SCAN);
    expect(drive.output?.outcome).toBe('verified');
    expect(drive.output?.spent).toHaveLength(4);
  });

  test('five misses end the path', async () => {
    const drive = begin({ scan: [{ match: false }] });
    for (let i = 0; i < 4; i++) await drive.send(SCAN);
    expect(drive.state).toBe('scanning.awaiting');
    await drive.send(SCAN);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'notMatched', exhausted: true, factors: [] });
    expect(drive.emitted).toEqual(Array(5).fill({ type: 'attempt.spent', path: 'biometric' }));
  });

  test('misses of earlier today count', async () => {
    const drive = begin({ scan: [{ match: false }] }, { account: { attemptsToday: { biometric: 4 } } });
    await drive.send(SCAN);
    expect(drive.output?.reason).toBe('notMatched');
  });
});

test('a device that fails the cross-check ends the path', async () => {
  const drive = begin({ device: [{ ok: false }] });
  await drive.send(SCAN);
  expect(drive.output).toMatchObject({
    outcome: 'rejected',
    reason: 'deviceCheckFailed',
    exhausted: true,
    factors: [],
  });
});

test('ports that fail spend nothing: a scan is asked for again, the device is checked again', async () => {
  const drive = begin({ scan: ['hangs', { match: true }], device: [new Error('down'), { ok: true }] });
  await drive.send(SCAN);
  await drive.wait(30_000);
  expect(drive.state).toBe('scanning.awaiting');
  await drive.send(SCAN);
  expect(drive.output).toMatchObject({ outcome: 'verified', spent: [] });

  const down = begin({ device: ['hangs'] });
  await down.send(SCAN);
  await down.wait(30_000);
  await down.wait(30_000);
  expect(down.state).toBe('crossChecking');
  await down.wait(30_000);
  expect(down.output).toMatchObject({ outcome: 'rejected', reason: 'unavailable', spent: [] });
});

test('expired after the idle time; the owner may leave', async () => {
  const idle = begin();
  await idle.wait(30 * MINUTE - 1);
  expect(idle.state).toBe('scanning.awaiting');
  await idle.wait(1);
  expect(idle.output).toMatchObject({ outcome: 'expired', reason: 'timedOut' });
  const left = await begin().send({ type: 'path.leave' });
  expect(left.output).toMatchObject({ outcome: 'cancelled', reason: 'left' });
});

describe('eligibility', () => {
  const device = { deviceId: 'd1', loggedInDays: 90, remembered: true };
  const enrolled = { enabled: true, sensor: 'structuredLight3d', enrolledDeviceId: 'd1' };
  test.each([
    ['all in order', {}, undefined],
    ['31 days', { device: { ...device, loggedInDays: 31 } }, undefined],
    ['30 days', { device: { ...device, loggedInDays: 30 } }, 'deviceTooNew'],
    ['abnormal login', { recentAbnormalLogin: true }, 'abnormalLogin'],
    ['switched off', { biometric: { ...enrolled, enabled: false } }, 'biometricDisabled'],
    ['unknown sensor', { biometric: { ...enrolled, sensor: 'constructor' } }, 'sensorNotSupported'],
    ['another device enrolled', { biometric: { ...enrolled, enrolledDeviceId: 'd2' } }, 'rebindRequired'],
    ['none enrolled', { biometric: { ...enrolled, enrolledDeviceId: null } }, 'rebindRequired'],
    ['another device on file', { device: { ...device, deviceId: 'd2' } }, 'rebindRequired'],
    ['one wrong password', { consecutiveWrongPasswords: 1 }, 'notTriggered'],
    ['the first reason in order', { recentAbnormalLogin: true, consecutiveWrongPasswords: 0 }, 'abnormalLogin'],
  ])('%s', (_, over, reason) => {
    expect(biometric.ineligible(standingWith(over))).toBe(reason);
  });

  test('the recovery is on another device', () => {
    expect(biometric.ineligible(standingWith({}, {}, { deviceId: 'd2' }))).toBe('rebindRequired');
  });

  test('a sensor that accepts too many', () => {
    const falseAccepts = 0.0001;
    const sensors = (rate: number) => ({
      biometric: { sensors: { structuredLight3d: { falseAccepts: rate, seconds: 1, note: '' } } },
    });
    expect(biometric.ineligible(standingWith({}, sensors(falseAccepts)))).toBeUndefined();
    expect(biometric.ineligible(standingWith({}, sensors(falseAccepts * 1.01)))).toBe('sensorNotSupported');
  });

  test('what is judged again needs no wrong passwords', () => {
    expect(biometric.stillHolds?.(standingWith({ consecutiveWrongPasswords: 0 }), [])).toBe(true);
    expect(biometric.stillHolds?.(standingWith({ recentAbnormalLogin: true }), [])).toBe(false);
  });
});
