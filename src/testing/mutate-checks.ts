import type { AnyStateMachine } from 'xstate';
import { inspect, type Step } from '../core/index.ts';
import { CoverageRecorder } from './coverage/recorder.ts';
import { coveringPaths } from './covering.ts';
import type { Exploration, ExploreOptions, Input } from './exploration.ts';
import { explore } from './explore.ts';
import type { Check } from './mutate-judge.ts';
import { check, type Property } from './properties.ts';
import { told } from './trace.ts';

/** Puts a mutant where it works, such as under its parent; by default it works by itself. */
export type Placing = (machine: AnyStateMachine) => AnyStateMachine;
const byItself: Placing = (machine) => machine;

export interface PathCheckOptions extends ExploreOptions {
  /** What else people see of a step, such as a view of its context; by default the events that it takes. */
  show?(machine: AnyStateMachine, step: Step): unknown;
}

const eventsTaken = (machine: AnyStateMachine, step: Step) => inspect(machine, step).map(({ events }) => events.sort());

/** All that the world can see of a step: what a context holds is seen only by what comes of it. */
const seen = (machine: AnyStateMachine, step: Step, show: NonNullable<PathCheckOptions['show']>) => [
  step.at,
  step.states,
  step.tags,
  step.accepted,
  step.output,
  step.timers.map(({ id, event, dueAt }) => [id, event.type, dueAt]),
  step.requests,
  step.awaited,
  step.emitted,
  step.status === 'done' ? [] : show(machine, step),
];

/**
 * Paths that together meet all that an exploration of the machine meets, each as a check: a mutant shows the same after each
 * step. Where it works within another machine, the exploration is of that one.
 */
export function pathChecks(machine: AnyStateMachine, options: PathCheckOptions, within: Placing = byItself): Check[] {
  const { show = eventsTaken } = options;
  const walk = (by: AnyStateMachine, exploration: Exploration, inputs: readonly Input[]) =>
    JSON.stringify(exploration.replay(inputs).map(({ step }) => seen(by, step, show)));
  const whole = within(machine);
  const exploration = explore(whole, options);
  return coveringPaths(exploration, new CoverageRecorder()).map((path) => {
    const inputs = path.map(({ input }) => input);
    const expected = walk(whole, exploration, inputs);
    return {
      name: `path ${inputs.map(told).join(' → ')}`,
      run: (mutant) => {
        const other = within(mutant);
        return walk(other, explore(other, { ...options, maxStates: 1 }), inputs) === expected;
      },
    };
  });
}

/** Properties, each as a check: it holds of all that an exploration of the mutant meets. */
export function propertyChecks(
  properties: readonly Property[],
  options: ExploreOptions,
  within: Placing = byItself,
): Check[] {
  const explored = new WeakMap<AnyStateMachine, Exploration>();
  const of = (mutant: AnyStateMachine) => {
    const exploration = explored.get(mutant) ?? explore(within(mutant), options);
    explored.set(mutant, exploration);
    return exploration;
  };
  return properties.map((property) => ({
    name: property.name,
    run: (mutant) => check(of(mutant), [property])[0]?.ok,
  }));
}
