import { expect, test } from 'vitest';
import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import { check, type Exploration, explore, printBreach } from '../../src/testing/index.ts';
import { PROPERTIES } from './properties.ts';
import { allPaths, onePath } from './recovery.ts';

/** What can be shown of every path in a few seconds; `npm run explore` goes on until each closes. */

const breaches = (exploration: Exploration) =>
  check(exploration, PROPERTIES).flatMap((verdict) => (verdict.ok ? [] : [printBreach(exploration, verdict)]));

test('biometric under the parent closes, and every property holds of it', { timeout: 120_000 }, () => {
  const exploration = explore(recoveryMachine, { ...onePath('biometric'), maxMs: 110_000 });
  expect(breaches(exploration)).toEqual([]);
  expect(exploration.closed).toBe(true);
  const met = new Set(exploration.states.flatMap(({ step }) => step.states));
  for (const state of ['completed', 'cancelled', 'expired', 'failed']) expect(met).toContain(state);
  expect(
    exploration.states.some(({ step }) => (step.output as { outcome?: string } | undefined)?.outcome === 'reset'),
  ).toBe(true);
});

test.for(paths.map(({ id }) => id).filter((id) => id !== 'biometric'))(
  'nothing is broken in the nearest states of %s',
  { timeout: 60_000 },
  (path) => {
    const exploration = explore(recoveryMachine, { ...onePath(path), maxStates: 60 });
    expect(exploration.stoppedBy).toBe('maxStates');
    expect(breaches(exploration)).toEqual([]);
    expect(exploration.states.some(({ step }) => step.states.join().startsWith(`verifying.${path}`))).toBe(true);
  },
);

test('nothing is broken in the nearest states of all paths', { timeout: 60_000 }, () => {
  const exploration = explore(recoveryMachine, { ...allPaths(), maxStates: 30 });
  expect(breaches(exploration)).toEqual([]);
});
