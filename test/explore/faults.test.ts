import { expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { check, explore, type Input, printBreach } from '../../src/testing/index.ts';
import { FAULTS } from './faults.ts';
import { PROPERTIES } from './properties.ts';
import { onePath } from './recovery.ts';

/** Nobody can make these errors and go unseen. */

/** Of what may come only what a breach needs: no failures, nobody leaves. */
const DETOURS = ['path.leave', 'recovery.cancel', 'contact.deny', 'code.resend'];
const isNeeded = (_: unknown, input: Input) =>
  input.type !== 'failure' && !(input.type === 'event' && DETOURS.includes(input.event.type));

test.for(FAULTS)('$fault is found by a property', { timeout: 60_000 }, ({ path, machine, foundBy }) => {
  const [property] = PROPERTIES.filter(({ name }) => name === foundBy);
  if (!property) throw new Error(`no property '${foundBy}'`);
  const options = { ...onePath(path), filter: isNeeded, maxStates: 200 };
  const faulty = explore(machine, options);
  const [verdict] = check(faulty, [property]);
  if (!verdict?.breach) throw new Error('not found');
  expect(verdict.breach.transitions.length).toBeLessThan(20);
  const printed = printBreach(faulty, verdict);
  expect(printed).toContain(`${foundBy}: breached after ${verdict.breach.transitions.length} inputs`);
  expect(printed.split('\n')).toHaveLength(verdict.breach.transitions.length + 3);
  expect(check(explore(recoveryMachine, options), [property])).toEqual([{ property: foundBy, ok: true }]);
});
