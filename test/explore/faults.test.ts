import { expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { check, type ExploreOptions, explore, type Input, printBreach } from '../../src/testing/index.ts';
import { FAULTS } from './faults.ts';
import { PROPERTIES } from './properties.ts';
import { EXACT, onePath } from './recovery.ts';

/** Nobody can make these errors and go unseen. */

/** States that are looked at: more where what comes just before a timer is tried, too. */
const FIRST_STATES = 150;
const FIRST_EXACT = 260;

/** Of what may come only what a breach needs: no failures, and nobody leaves but where cancelling is what fails. */
const DETOURS = ['path.leave', 'contact.deny', 'code.resend', 'recovery.cancel'];
const isNeeded = (_: unknown, input: Input) =>
  input.type !== 'failure' && !(input.type === 'event' && DETOURS.includes(input.event.type));
const narrow = (path: string, foundBy: string): ExploreOptions => ({
  ...onePath(path),
  ...(foundBy.startsWith('cancel') ? {} : { filter: isNeeded }),
  maxStates: EXACT.includes(path) ? FIRST_EXACT : FIRST_STATES,
});

test.for(FAULTS)('$fault is found by a property', { timeout: 60_000 }, ({ path, machine, foundBy }) => {
  const [property] = PROPERTIES.filter(({ name }) => name === foundBy);
  if (!property) throw new Error(`no property '${foundBy}'`);
  const faulty = explore(machine, narrow(path, foundBy));
  const [verdict] = check(faulty, [property]);
  if (!verdict?.breach) throw new Error('not found');
  expect(verdict.breach.transitions.length).toBeLessThan(14);
  const printed = printBreach(faulty, verdict);
  expect(printed).toContain(`${foundBy}: breached after ${verdict.breach.transitions.length} inputs`);
  expect(printed.split('\n')).toHaveLength(verdict.breach.transitions.length + 3);
});

test.for([...new Set(FAULTS.map(({ path }) => path))])(
  'no property finds anything there in %s as it is',
  { timeout: 60_000 },
  (path) => {
    const exploration = explore(recoveryMachine, narrow(path, ''));
    expect(check(exploration, PROPERTIES).filter(({ ok }) => !ok)).toEqual([]);
  },
);
