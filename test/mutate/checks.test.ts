import { expect, test } from 'vitest';
import { type ExploreOptions, leadsTo, mutate, pathChecks, propertyChecks } from '../../src/testing/index.ts';
import { parcelMachine } from '../explore/machine.ts';

/** Checks that nobody wrote by hand: paths that were generated from a machine, and its properties. */

const AT = Date.parse('2026-03-02T10:00:00Z');
const options: ExploreOptions = {
  at: AT,
  input: { at: AT },
  events: [{ type: 'send' }, { type: 'ring' }, { type: 'cancel' }],
  ports: { label: [{ answer: { ok: true } }, { throws: 'out of paper' }] },
  clocks: 'ordered',
  maxStates: 100, // a mutant may go on for ever
};
const canArrive = leadsTo(
  'what is packed can arrive',
  ({ step }) => step.states.includes('packed'),
  ({ step }) => step.states.includes('delivered'),
);

test('a few paths notice every change of a machine that can be seen', async () => {
  const { mutants, survivors, score } = await mutate(parcelMachine, pathChecks(parcelMachine, options));
  expect(mutants).toBeGreaterThan(15);
  expect(survivors).toEqual([]);
  expect(score).toBe(100);
});

test('a property notices what breaks it, and nothing else', async () => {
  const { survivors, killed } = await mutate(parcelMachine, propertyChecks([canArrive], options));
  const ids = survivors.map(({ id }) => id);
  expect(killed).toBeGreaterThan(0);
  expect(ids).not.toContain('parcel/packed#send[0]:drop');
  expect(ids).toContain('parcel/packed#cancel[0]:drop');
});
