import { afterAll, expect, test } from 'vitest';
import { createActor } from 'xstate';
import { collectCoverage } from '../../../src/testing/index.ts';
import { door } from './machine.ts';

const coverage = collectCoverage(afterAll);

test('stays shut', () => {
  const actor = createActor(coverage.watch(door), { inspect: coverage.inspect }).start();
  actor.send({ type: 'OPEN', key: 'wrong' });
  expect(actor.getSnapshot().value).toBe('shut');
});
