import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../machines/policy.ts';
import { voice } from '../../machines/voice.ts';
import { type Answer, Drive, MINUTE, standingWith, undescribed } from './drive.ts';

const CONNECT = { type: 'call.connected' };
const KEY = { type: 'call.key', key: '3' };
const SPEAK = { type: 'voice.spoken', captureRef: 'v1' };
const ANSWERS = { type: 'answers.submit', answers: { school: 'MY-SECRET-SCHOOL' } };
const DROP = { type: 'call.dropped' };
const clock = (time: string) => Date.parse(`2026-03-02T${time}+08:00`);

const begin = (
  answers: { digits?: Answer[]; voice?: Answer[]; questions?: Answer[] } = {},
  over: { policy?: PolicyInput; account?: Record<string, unknown>; at?: number } = {},
) =>
  new Drive(voice, {
    ...over,
    answers: {
      sendCode: answers.digits ?? [{}],
      matchVoiceprint: answers.voice ?? [{ match: true }],
      checkAnswers: answers.questions ?? [{ ok: true }],
    },
  });

const sendAll = async (drive: Drive, ...events: { type: string }[]) => {
  for (const event of events) await drive.send(event);
};

test('every state is described', () => expect(undescribed(voice.machine)).toEqual([]));

test('verified: menu, digits, voice, questions', async () => {
  const drive = begin();
  expect(drive.state).toBe('inMenu.calling');
  await drive.send(CONNECT);
  expect(drive.state).toBe('inMenu.choosingKey');
  await drive.send(KEY);
  expect(drive.state).toBe('readingDigits.listening');
  expect(drive.callsOf('sendCode')).toEqual([
    { accountId: 'a1', purpose: 'voiceDigits', channel: 'call', to: '+8613800000000' },
  ]);
  await drive.send(SPEAK);
  expect(drive.callsOf('matchVoiceprint')).toEqual([{ accountId: 'a1', captureRef: 'v1', dialect: 'mandarin' }]);
  expect(drive.state).toBe('answeringQuestions.awaiting');
  await drive.send(ANSWERS);
  expect(drive.output).toEqual({
    path: 'voice',
    outcome: 'verified',
    factors: ['inherence:voice', 'knowledge:securityAnswers'],
    spent: [],
    exhausted: false,
  });
  expect(drive.seen).not.toContain('MY-SECRET-SCHOOL');
  expect(JSON.stringify(drive.persisted)).not.toContain('MY-SECRET-SCHOOL');
});

test.each([
  [79.99, 'readingDigits.listening'],
  [80, 'answeringQuestions.awaiting'],
  [false, 'readingDigits.listening'],
])('a match of %s leads to %s', async (match, state) => {
  const drive = begin({ voice: [{ match }] });
  await sendAll(drive, CONNECT, KEY, SPEAK);
  expect(drive.state).toBe(state);
});

describe('service hours', () => {
  test.each([
    ['07:59:59.999', 'closed'],
    ['08:00:00.000', 'inMenu.calling'],
    ['21:59:59.999', 'inMenu.calling'],
    ['22:00:00.000', 'closed'],
    ['23:30:00.000', 'closed'],
  ])('at %s: %s', (time, state) => expect(begin({}, { at: clock(time) }).state).toBe(state));

  test('closed opens by itself, whatever the idle time, and closes at closing time again', async () => {
    const policy = { recovery: { idleTimeout: '20h' } };
    const drive = begin({}, { at: clock('23:00:00'), policy });
    await drive.wait(9 * 60 * MINUTE - 1);
    expect(drive.state).toBe('closed');
    await drive.wait(1);
    expect(drive.state).toBe('inMenu.calling');
    await drive.wait(14 * 60 * MINUTE - 1);
    expect(drive.state).toBe('inMenu.calling');
    await drive.wait(1);
    expect(drive.state).toBe('closed');
    await drive.send({ type: 'path.leave' });
    expect(drive.output).toMatchObject({ outcome: 'cancelled', reason: 'left' });
  });

  test('what is sent while closed comes too early', async () => {
    const drive = begin({}, { at: clock('22:00:00') });
    await sendAll(drive, CONNECT, KEY, SPEAK, ANSWERS, DROP);
    expect(drive.state).toBe('closed');
    expect(drive.refused).toEqual(Array(5).fill({ type: 'refused', code: 'tooEarly', reason: 'closed' }));
  });

  test('a call begun before closing time may end after it, also over a drop', async () => {
    const drive = begin({}, { at: clock('21:59:00') });
    await drive.send(CONNECT);
    await drive.wait(2 * MINUTE);
    expect(drive.state).toBe('inMenu.choosingKey');
    await sendAll(drive, KEY, DROP, CONNECT, SPEAK, ANSWERS);
    expect(drive.output?.outcome).toBe('verified');
  });

  test('hours over midnight, and all day', () => {
    const overnight = { voice: { opensAt: '20:00', closesAt: '04:00' } };
    expect(begin({}, { at: clock('03:59:00'), policy: overnight }).state).toBe('inMenu.calling');
    expect(begin({}, { at: clock('04:00:00'), policy: overnight }).state).toBe('closed');
    const always = { voice: { opensAt: '00:00', closesAt: '00:00' } };
    expect(begin({}, { at: clock('03:00:00'), policy: always }).state).toBe('inMenu.calling');
  });
});

test('another key is refused', async () => {
  const drive = begin();
  await sendAll(drive, CONNECT, { type: 'call.key', key: '4' } as { type: string });
  expect(drive.refused).toEqual([{ type: 'refused', code: 'invalidEvent', field: 'key' }]);
  expect(drive.state).toBe('inMenu.choosingKey');
});

describe('attempts', () => {
  test('a miss and wrong answers each spend one, with fresh digits after; the third may pass', async () => {
    const drive = begin({ voice: [{ match: false }, { match: true }], questions: [{ ok: false }, { ok: true }] });
    await sendAll(drive, CONNECT, KEY, SPEAK);
    expect(drive.context.told).toBe('voiceprintMismatch');
    await sendAll(drive, SPEAK, ANSWERS);
    expect(drive.context.told).toBe('answersWrong');
    expect(drive.state).toBe('readingDigits.listening');
    expect(drive.callsOf('sendCode')).toHaveLength(3);
    await sendAll(drive, SPEAK, ANSWERS);
    expect(drive.output?.outcome).toBe('verified');
    expect(drive.emitted).toEqual(Array(2).fill({ type: 'attempt.spent', path: 'voice' }));
  });

  test('the third failure of a day ends the path, but not for good', async () => {
    const drive = begin({ voice: [{ match: false }] }, { account: { attemptsToday: { voice: 1 } } });
    await sendAll(drive, CONNECT, KEY, SPEAK);
    expect(drive.state).toBe('readingDigits.listening');
    await drive.send(SPEAK);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'dailyLimit', exhausted: false });
    expect(drive.output?.spent).toHaveLength(2);
  });
});

describe('a dropped call', () => {
  test('may be resumed within two minutes, at fresh digits, without spending an attempt', async () => {
    const drive = begin();
    await sendAll(drive, CONNECT, KEY, SPEAK, DROP);
    expect(drive.state).toBe('dropped');
    await drive.wait(2 * MINUTE - 1);
    await drive.send(CONNECT);
    expect(drive.state).toBe('readingDigits.listening');
    expect(drive.callsOf('sendCode')).toHaveLength(2);
    expect(drive.context.spent).toEqual([]);
  });

  test('is over after two minutes', async () => {
    const drive = begin();
    await sendAll(drive, CONNECT, KEY, DROP);
    await drive.wait(2 * MINUTE);
    expect(drive.output).toMatchObject({ outcome: 'expired', reason: 'callDropped', spent: [], exhausted: false });
  });

  test('before the key leads back to the menu', async () => {
    const drive = begin();
    await sendAll(drive, CONNECT, DROP, CONNECT);
    expect(drive.state).toBe('inMenu.choosingKey');
  });

  test('dropping again does not extend the two minutes; after them a drop ends the path', async () => {
    const again = begin();
    await sendAll(again, CONNECT, KEY, DROP);
    await again.wait(MINUTE);
    await sendAll(again, CONNECT, DROP);
    await again.wait(MINUTE - 1);
    expect(again.state).toBe('dropped');
    await again.wait(1);
    expect(again.output?.reason).toBe('callDropped');

    const later = begin();
    await sendAll(later, CONNECT, KEY, DROP, CONNECT);
    await later.wait(3 * MINUTE);
    expect(later.state).toBe('readingDigits.listening');
    await later.send(DROP);
    expect(later.output).toMatchObject({ outcome: 'expired', reason: 'callDropped' });
  });

  test('a new attempt may be resumed anew', async () => {
    const drive = begin({ voice: [{ match: false }] });
    await sendAll(drive, CONNECT, KEY, DROP, CONNECT);
    await drive.wait(3 * MINUTE);
    await sendAll(drive, SPEAK, DROP);
    expect(drive.state).toBe('dropped');
    await drive.wait(2 * MINUTE - 1);
    expect(drive.state).toBe('dropped');
  });

  test('while a port is asked: its answer is not waited for', async () => {
    const drive = begin({ voice: ['hangs', { match: true }] });
    await sendAll(drive, CONNECT, KEY, SPEAK, DROP, CONNECT, SPEAK);
    expect(drive.state).toBe('answeringQuestions.awaiting');
  });
});

test('ports that fail spend nothing; a failed comparison asks for fresh digits', async () => {
  const drive = begin({
    voice: [new Error('down'), { match: true }],
    questions: ['hangs', { ok: true }],
  });
  await sendAll(drive, CONNECT, KEY, SPEAK);
  expect(drive.state).toBe('readingDigits.listening');
  expect(drive.callsOf('sendCode')).toHaveLength(2);
  await sendAll(drive, SPEAK, ANSWERS);
  await drive.wait(30_000);
  expect(drive.state).toBe('answeringQuestions.awaiting');
  await drive.send(ANSWERS);
  expect(drive.output).toMatchObject({ outcome: 'verified', spent: [] });

  const down = begin({ digits: [new Error('down')] });
  await sendAll(down, CONNECT, KEY);
  expect(down.output).toMatchObject({ outcome: 'rejected', reason: 'unavailable', spent: [] });
});

test.each([
  ['calling', []],
  ['the key', [CONNECT]],
  ['the digits', [CONNECT, KEY]],
  ['the answers', [CONNECT, KEY, SPEAK]],
])('nobody acts at %s: expired after the idle time', async (_, events) => {
  const drive = begin();
  await sendAll(drive, ...events);
  await drive.wait(30 * MINUTE - 1);
  expect(drive.output).toBeUndefined();
  await drive.wait(1);
  expect(drive.output).toMatchObject({ outcome: 'expired', reason: 'timedOut' });
});

test('eligibility', () => {
  const reason = (over: Record<string, unknown>) => voice.ineligible(standingWith(over));
  expect(reason({ voiceprint: { enrolled: true, dialect: 'cantonese' } })).toBeUndefined();
  expect(reason({ voiceprint: { enrolled: false, dialect: 'hakka' } })).toBe('voiceprintNotEnrolled');
  expect(reason({ voiceprint: { enrolled: true, dialect: 'hakka' } })).toBe('dialectNotSupported');
  expect(reason({ attemptsToday: { voice: 2 } })).toBeUndefined();
  expect(reason({ attemptsToday: { voice: 3 } })).toBe('dailyLimit');
  expect(voice.stillHolds?.(standingWith({ attemptsToday: { voice: 3 } }), [])).toBe(true);
  expect(voice.stillHolds?.(standingWith({ voiceprint: { enrolled: false, dialect: 'mandarin' } }), [])).toBe(false);
});
