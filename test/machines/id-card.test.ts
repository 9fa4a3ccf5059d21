import { describe, expect, test } from 'vitest';
import { idCard } from '../../machines/id-card.ts';
import type { PolicyInput } from '../../machines/policy.ts';
import { type Answer, Drive, MINUTE, standingWith, undescribed } from './drive.ts';

const DOCUMENT = { type: 'document.submit', frontRef: 'f1', backRef: 'b1' };
const FACE = { type: 'face.submit', captureRef: 'c1' };

const begin = (
  answers: { document?: Answer[]; face?: Answer[]; registry?: Answer[] } = {},
  over: { policy?: PolicyInput; account?: Record<string, unknown> } = {},
) =>
  new Drive(idCard, {
    ...over,
    answers: {
      checkDocument: answers.document ?? [{}],
      checkFace: answers.face ?? [{}],
      matchRegistry: answers.registry ?? [{ match: 95 }],
    },
  });

test('every state is described', () => expect(undescribed(idCard.machine)).toEqual([]));

test('verified: document, live face, registry', async () => {
  const drive = begin({ registry: ['hangs'] });
  expect(drive.state).toBe('capturingDocument.awaiting');
  await drive.send(DOCUMENT);
  expect(drive.state).toBe('capturingFace.awaiting');
  await drive.send(FACE);
  expect(drive.state).toBe('comparing');
  expect(drive.callsOf('matchRegistry')).toEqual([{ accountId: 'a1', frontRef: 'f1', captureRef: 'c1' }]);

  const answered = begin();
  await answered.send(DOCUMENT);
  await answered.send(FACE);
  expect(answered.output).toEqual({
    path: 'idCard',
    outcome: 'verified',
    factors: ['document:id', 'inherence:face'],
    spent: [],
    exhausted: false,
  });
});

test.each([
  [79.99, 'capturingFace.awaiting'],
  [80, 'verified'],
])('a match of %s leads to %s', async (match, state) => {
  const drive = begin({ registry: [{ match }] });
  await drive.send(DOCUMENT);
  await drive.send(FACE);
  expect(drive.state).toBe(state);
  expect(drive.context.told).toBe(state === 'verified' ? 'captureTaken' : 'matchBelowThreshold');
});

test('faults are reported all at once and spend nothing; the warnings of a good capture are kept', async () => {
  const drive = begin({
    document: [{ faults: ['glare', 'illegible'] }, {}],
    face: [{ faults: ['headCovered', 'poorLight'], warnings: ['glasses'], live: false }, { warnings: ['heavyMakeUp'] }],
    registry: ['hangs'],
  });
  await drive.send(DOCUMENT);
  expect(drive.state).toBe('capturingDocument.awaiting');
  expect(drive.context).toMatchObject({ faults: ['glare', 'illegible'], told: 'captureFaulty', spent: [] });
  await drive.send(DOCUMENT);
  await drive.send(FACE);
  expect(drive.state).toBe('capturingFace.awaiting');
  expect(drive.context).toMatchObject({ faults: ['headCovered', 'poorLight'], warnings: ['glasses'], spent: [] });
  await drive.send(FACE);
  expect(drive.state).toBe('comparing');
  expect(drive.context).toMatchObject({ faults: [], warnings: ['heavyMakeUp'], captures: 4 });
  expect(drive.emitted).toEqual([]);
});

test('an expired document ends the path', async () => {
  const drive = begin({ document: [{ expired: true }] });
  await drive.send(DOCUMENT);
  expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'documentExpired', exhausted: true, spent: [] });
});

describe('limits', () => {
  test('the tenth capture may still be good, no eleventh is taken', async () => {
    const faulty: Answer = { faults: ['occluded'] };
    const good = begin({ face: [...Array<Answer>(8).fill(faulty), {}] });
    await good.send(DOCUMENT);
    for (let i = 0; i < 9; i++) await good.send(FACE);
    expect(good.output?.outcome).toBe('verified');

    const spent = begin({ face: [faulty] });
    await spent.send(DOCUMENT);
    for (let i = 0; i < 8; i++) await spent.send(FACE);
    expect(spent.state).toBe('capturingFace.awaiting');
    await spent.send(FACE);
    expect(spent.output).toMatchObject({ outcome: 'rejected', reason: 'tooManyCaptures', exhausted: true, spent: [] });
  });

  test('a tenth picture that is a good document leaves no capture for the face', async () => {
    const drive = begin({ document: [...Array<Answer>(9).fill({ faults: ['glare'] }), {}] });
    for (let i = 0; i < 10; i++) await drive.send(DOCUMENT);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'tooManyCaptures' });
  });

  test('three failed comparisons, live or not, need a manual review', async () => {
    const drive = begin({ face: [{ live: false }, {}], registry: [{ match: 79 }] });
    await drive.send(DOCUMENT);
    await drive.send(FACE);
    expect(drive.context.told).toBe('notLive');
    expect(drive.callsOf('matchRegistry')).toEqual([]);
    await drive.send(FACE);
    expect(drive.state).toBe('capturingFace.awaiting');
    await drive.send(FACE);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'manualReview', exhausted: true, factors: [] });
    expect(drive.output?.spent).toHaveLength(3);
    expect(drive.emitted).toEqual(Array(3).fill({ type: 'attempt.spent', path: 'idCard' }));
  });

  test('comparisons that failed earlier today count', async () => {
    const drive = begin({ registry: [{ match: 0 }] }, { account: { attemptsToday: { idCard: 2 } } });
    await drive.send(DOCUMENT);
    await drive.send(FACE);
    expect(drive.output?.reason).toBe('manualReview');
  });
});

describe('what is not the fault of the owner', () => {
  test('the registry has 15 minutes; then the face is asked for again and nothing is spent', async () => {
    const drive = begin({ registry: ['hangs'] });
    await drive.send(DOCUMENT);
    await drive.send(FACE);
    await drive.wait(15 * MINUTE - 1);
    expect(drive.state).toBe('comparing');
    await drive.wait(1);
    expect(drive.state).toBe('capturingFace.awaiting');
    expect(drive.context).toMatchObject({ failures: 1, spent: [] });
  });

  test('three failures of ports end the path as unavailable', async () => {
    const drive = begin({ document: [new Error('down'), 'hangs', new Error('down')] });
    await drive.send(DOCUMENT);
    await drive.send(DOCUMENT);
    await drive.wait(30_000);
    expect(drive.state).toBe('capturingDocument.awaiting');
    await drive.send(DOCUMENT);
    expect(drive.output).toMatchObject({ outcome: 'rejected', reason: 'unavailable', exhausted: false, spent: [] });
  });
});

test('nobody acts: expired after the idle time, at each waiting state', async () => {
  const document = await begin().wait(30 * MINUTE);
  expect(document.output).toMatchObject({ outcome: 'expired', reason: 'timedOut' });
  const face = begin();
  await face.wait(29 * MINUTE);
  await face.send(DOCUMENT);
  await face.wait(30 * MINUTE - 1);
  expect(face.state).toBe('capturingFace.awaiting');
  await face.wait(1);
  expect(face.output?.outcome).toBe('expired');
});

test('the owner may leave, also while a port is asked', async () => {
  const drive = begin({ document: ['hangs'] });
  await drive.send(DOCUMENT);
  await drive.send({ type: 'path.leave' });
  expect(drive.output).toMatchObject({ outcome: 'cancelled', reason: 'left', spent: [] });
});

test('eligibility', () => {
  const realName = { verified: true, documentExpired: false, birthDate: '1990-04-01' };
  expect(idCard.ineligible(standingWith())).toBeUndefined();
  expect(idCard.ineligible(standingWith({ realName: { ...realName, verified: false, documentExpired: true } }))).toBe(
    'notRealName',
  );
  const expired = standingWith({ realName: { ...realName, documentExpired: true } });
  expect(idCard.ineligible(expired)).toBe('documentExpired');
  expect(idCard.stillHolds?.(expired, ['document:id'])).toBe(false);
});
