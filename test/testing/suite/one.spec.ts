import { afterAll, expect, test } from 'vitest';
import { createActor } from 'xstate';
import { collectCoverage } from '../../../src/testing/index.ts';
import { door } from './machine.ts';

const coverage = collectCoverage(afterAll);

test('opens', () => {
  const actor = createActor(coverage.watch(door), { inspect: coverage.inspect }).start();
  actor.send({ type: 'OPEN', key: 'right' });
  expect(actor.getSnapshot().value).toBe('open');
});
