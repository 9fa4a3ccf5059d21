import { expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { MACHINES } from '../../visualizer/src/chart/machines.ts';
import { coverageMarks, overlaid, shareOf } from '../../visualizer/src/overlays/coverage.ts';
import { figureMarks } from '../../visualizer/src/overlays/figures.ts';
import { readTrails } from '../../visualizer/src/overlays/files.ts';
import { combined } from '../../visualizer/src/overlays/marks.ts';
import { statisticsOf } from '../../visualizer/src/overlays/statistics.ts';
import { words } from './words.ts';

const trail = (...moves: [at: number, to?: string][]) => moves.map(([at, to]) => ({ at, to }));

test('counts entries and takes the median of the times that are over', () => {
  const { machines, recoveries, entries } = statisticsOf(recoveryMachine, [
    trail(
      [0, 'choosing.offering'],
      [10, 'verifying.bankCard.awaitingCode'],
      [15],
      [40, 'choosing.offering'],
      [70, 'cancelled'],
    ),
    trail([0, 'choosing.offering'], [100, 'expired']),
    trail([5, 'choosing.offering']),
  ]);
  expect([recoveries, entries]).toEqual([3, 8]);
  expect(machines.get('recovery')?.get('recovery.choosing.offering')).toEqual({
    entered: 4,
    within: 1,
    median: 30,
    longest: 100,
  });
  expect(machines.get('recovery')?.get('recovery')).toMatchObject({ entered: 3, within: 3 });
  expect(machines.get('recovery')?.get('recovery')).not.toHaveProperty('median');
});

test('takes the mean of the two in the middle, and counts states of a path in its own chart', () => {
  const { machines } = statisticsOf(recoveryMachine, [
    trail([0, 'verifying.bankCard.awaitingCode'], [4, 'verifying.bankCard.checkingCode'], [6, 'choosing.offering']),
    trail([0, 'verifying.bankCard.awaitingCode'], [10, 'choosing.offering']),
  ]);
  const bankCard = machines.get('bankCard');
  expect(bankCard?.get('bankCard.awaitingCode')).toEqual({ entered: 2, within: 0, median: 7, longest: 10 });
  expect(bankCard?.get('bankCard')).toMatchObject({ entered: 2, median: 8 });
});

test('passes over states that the chart does not have', () => {
  const { machines } = statisticsOf(recoveryMachine, [trail([0, 'of.yore'], [1, 'choosing.offering'])]);
  expect([...(machines.get('recovery')?.keys() ?? [])]).not.toContain('of');
});

test('figures are marks in words', () => {
  const [recovery] = MACHINES;
  if (!recovery) throw new Error('there is no parent');
  const statistics = statisticsOf(recoveryMachine, [trail([0, 'choosing.offering'], [180_000, 'cancelled'])]);
  const marks = figureMarks(recovery.definition, statistics, words);
  expect(marks.get('recovery.choosing.offering')).toEqual({ text: '1 × 3 min', level: 'plain' });
  expect(marks.get('recovery.cancelled')?.text).toBe('1 ×');
});

test('trails are read as regain inspect and the service write them, and lists of them', () => {
  const entry = { seq: 1, at: 5, kind: 'start', data: { to: 'choosing.offering', secret: 'x' } };
  const read = [{ at: 5, to: 'choosing.offering' }];
  expect(readTrails(JSON.stringify({ recovery: {}, audit: [entry] }))).toEqual([read]);
  expect(readTrails(JSON.stringify([{ ...entry, at: '1970-01-01T00:00:00.005Z' }]))).toEqual([read]);
  expect(readTrails(JSON.stringify([{ audit: [entry] }, { history: [{ at: 6, data: {} }] }]))).toEqual([
    read,
    [{ at: 6 }],
  ]);
  for (const text of ['{}', '[]', '{"audit":{}}', '[{"at":"soon","data":{}}]']) {
    expect(() => readTrails(text), text).toThrow(/^no audit trail/);
  }
});

test('coverage marks every state and transition; an arrow shows what of it was never met', () => {
  const [recovery] = MACHINES;
  if (!recovery) throw new Error('there is no parent');
  const hits = { states: { 'recovery.choosing': 3 }, transitions: { 'recovery.choosing deadline.recovery 0': 2 } };
  const none = { configurations: {}, events: {}, guards: {}, delays: {}, pairs: {} };
  const data = { format: 'regain-coverage', version: 1, machines: { recovery: { ...none, ...hits } } } as const;
  const marks = coverageMarks(recovery.definition, data);
  expect(marks.get('recovery.choosing')).toEqual({ text: '3', level: 'good' });
  expect(marks.get('recovery.cancelled')).toEqual({ text: '0', level: 'bad' });
  expect(shareOf(marks).of).toBe(marks.size);
  const whole = overlaid(recovery.definition, (chart) => coverageMarks(chart, data));
  expect(Object.keys(whole.children ?? {}).sort()).toEqual(
    MACHINES.slice(1)
      .map(({ id }) => id)
      .sort(),
  );
  expect([...(whole.children?.voice?.overlay?.values() ?? [])].every(({ level }) => level === 'bad')).toBe(true);
  expect(combined([{ text: '3', level: 'good' }, undefined, { text: '0', level: 'bad' }])).toEqual({
    text: '3 · 0',
    level: 'bad',
  });
  expect(combined([undefined])).toBeUndefined();
});
