import { expect, test } from 'vitest';
import type { InspectedEntry } from '../../src/http/inspector-view.ts';
import { MACHINES } from '../../visualizer/src/chart/machines.ts';
import { instanceOf, momentOf, stateAfter } from '../../visualizer/src/recoveries/moments.ts';

const [recovery] = MACHINES;
if (!recovery) throw new Error('there is no parent');

const entry = (kind: string, data: object): InspectedEntry => ({ seq: 1, at: 1, kind, data });
const HISTORY = [
  entry('start', { to: 'assessing.loading' }),
  entry('event', {
    event: { type: 'bankCard.submit' },
    from: 'verifying.bankCard.selectingCard',
    to: 'verifying.bankCard.verifyingCard',
  }),
  entry('notice', { port: 'notify', ok: true }),
  entry('refused', { event: { type: 'code.submit' }, code: 'notAccepted' }),
];

test('a history tells what is active after each entry, in the parent and in the path', () => {
  const now = momentOf(recovery.machine, HISTORY);
  expect([...(now?.active.get('') ?? [])].sort()).toEqual([
    'recovery',
    'recovery.verifying',
    'recovery.verifying.bankCard',
  ]);
  expect(now?.active.get('bankCard')).toContain('bankCard.verifyingCard');
  expect([...(momentOf(recovery.machine, HISTORY, 0)?.active.keys() ?? [])]).toEqual(['']);
  expect(stateAfter(HISTORY, 3)).toBe('verifying.bankCard.verifyingCard');
});

test('and which transition was taken last, where only one can have been', () => {
  const now = momentOf(recovery.machine, HISTORY);
  const [taken = ''] = now?.taken.get('bankCard') ?? [];
  expect(taken).toMatch(/^bankCard\.selectingCard bankCard\.submit \d$/);
});

test('states of another version are not shown as any of this one', () => {
  expect(momentOf(recovery.machine, [entry('start', { to: 'of.yore' })])).toBeUndefined();
});

test('the path under way is a child with what may come next', () => {
  const moment = momentOf(recovery.machine, HISTORY);
  const { children, active, possible } = instanceOf(recovery, moment, ['recovery.cancel']);
  expect(Object.keys(children ?? {})).toEqual(['bankCard']);
  expect(children?.bankCard?.definition.id).toBe('bankCard');
  expect(active?.has('recovery.verifying.bankCard')).toBe(true);
  expect([...(possible ?? [])]).toEqual(['recovery.cancel']);
});
