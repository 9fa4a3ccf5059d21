import { expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { type Exploration, explore, type Input, type State, scenarioOf, traceOf } from '../../src/testing/index.ts';
import { factsOf } from './accounts.ts';
import { LIMITS, onePath } from './recovery.ts';

/** What was found on the machine alone comes about on the host and its store as well. */

const isStraight = (_: unknown, input: Input) =>
  input.type !== 'wait' &&
  !(input.type === 'timer' && input.anytime) &&
  !(input.type === 'event' && input.event.type === 'path.leave');

const outcome = (state: State) => (state.step.output as { outcome?: string } | undefined)?.outcome;
const GOALS: { path: string; goal: string; is: (state: State) => boolean }[] = [
  { path: 'biometric', goal: 'a reset', is: (state) => outcome(state) === 'reset' },
  { path: 'biometric', goal: 'failed ports', is: (state) => outcome(state) === 'failed' },
  {
    path: 'biometric',
    goal: 'a path that expired',
    is: (state) => state.step.states.join() === 'choosing.offering' && state.via?.input.type === 'timer',
  },
  { path: 'emergencyCode', goal: 'a payment', is: (state) => state.step.states.join() === 'observing' },
];

const known = new Map<string, Exploration>();
function explored(path: string): Exploration {
  const options = { ...onePath(path), filter: isStraight, maxStates: 500 };
  const exploration = known.get(path) ?? explore(recoveryMachine, options);
  known.set(path, exploration);
  return exploration;
}

test.for(GOALS)('$path to $goal is a scenario that runs', { timeout: 60_000 }, async ({ path, goal, is }) => {
  const exploration = explored(path);
  const found = exploration.states.find(is);
  if (!found) throw new Error('not met');
  const text = scenarioOf(traceOf(exploration, { transitions: exploration.pathTo(found) }), {
    title: `${path}: ${goal}`,
    account: factsOf(path),
    policy: LIMITS,
  });
  const scenario = parseScenario('found.yaml', text);
  const result = await runScenario(scenario);
  expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
  expect(result.state).toBe(found.step.states.join());
});
