import { expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import {
  check,
  type ExploreOptions,
  explore,
  type Input,
  printBreach,
  scenarioOf,
  traceOf,
} from '../../src/testing/index.ts';
import { factsOf } from './accounts.ts';
import { FAULTS } from './faults.ts';
import { PROPERTIES, STRICT_PROPERTIES } from './properties.ts';
import { EXACT, LIMITS, onePath, twoPaths } from './recovery.ts';

/** Nobody can make these errors and go unseen. */

/** States that are looked at: more where what comes just before a timer is tried, too. */
const FIRST_STATES = 200;
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
  const text = scenarioOf(traceOf(faulty, verdict.breach), { title: foundBy, account: factsOf(path), policy: LIMITS });
  expect(parseScenario('found.yaml', text).steps.at(-1)).toMatchObject({ expect: { state: expect.any(String) } });
});

test('one kind of proof that opens the password under strict is found by a property', { timeout: 60_000 }, () => {
  const options = { ...twoPaths(['biometric', 'voice'], { proof: { distinctKinds: 1 } }), filter: isNeeded };
  const verdicts = check(explore(recoveryMachine, { ...options, maxStates: FIRST_STATES }), STRICT_PROPERTIES);
  expect(verdicts.map(({ ok }) => ok)).toEqual([false, false]);
});

test('a counter-example comes about on the host, too, where a policy makes the fault', {
  timeout: 60_000,
}, async () => {
  const [fault] = FAULTS;
  const faulty = explore(fault?.machine ?? recoveryMachine, narrow('securityContacts', ''));
  const [verdict] = check(
    faulty,
    PROPERTIES.filter(({ name }) => name === fault?.foundBy),
  );
  const trace = traceOf(faulty, verdict?.breach ?? { transitions: [] });
  const run = (quorum: number) => {
    const policy = { ...LIMITS, contacts: { ...LIMITS.contacts, quorum } };
    return runScenario(
      parseScenario(
        'found.yaml',
        scenarioOf(trace, { title: 'one contact', account: factsOf('securityContacts'), policy }),
      ),
    );
  };
  expect(await run(1)).toMatchObject({ ok: true, state: 'verifying.rechecking' });
  expect(await run(2)).toMatchObject({ ok: false });
});

test.for([...new Set(FAULTS.map(({ path }) => path))])(
  'no property finds anything there in %s as it is',
  { timeout: 60_000 },
  (path) => {
    const exploration = explore(recoveryMachine, narrow(path, ''));
    expect(check(exploration, PROPERTIES).filter(({ ok }) => !ok)).toEqual([]);
  },
);
