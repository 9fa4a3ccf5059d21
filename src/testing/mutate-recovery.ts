import type { AnyStateMachine } from 'xstate';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtIn } from '../../machines/paths.ts';
import { createRecoveryMachine, recoveryMachine, recoveryMachineOf } from '../../machines/recovery.ts';
import { type RunOptions, runScenario } from '../scenario/run.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Check } from './mutate-judge.ts';
import { probed } from './mutate-probe.ts';

type Paths = readonly RecoveryPath[];

/** The parent and the machines of the paths, by id. */
export const machinesOf = (paths: Paths = builtIn): ReadonlyMap<string, AnyStateMachine> =>
  new Map<string, AnyStateMachine>([
    ...paths.map(({ id, machine }) => [id, machine] as const),
    [recoveryMachine.id, recoveryMachineOf(paths)],
  ]);

/** The registry, with other machines for some of the paths. */
const registry = (paths: Paths, replaced: (path: RecoveryPath) => AnyStateMachine): RecoveryPath[] =>
  paths.map((path) => ({ ...path, machine: replaced(path) }));

type Replacement = Pick<RunOptions, 'paths' | 'machine'>;
const replacements = new WeakMap<AnyStateMachine, Replacement>();

/** The parent with another machine in the place of one of ours. @param name id of a path, or `recovery`. */
export const parentWith = (name: string, machine: AnyStateMachine, paths: Paths = builtIn): AnyStateMachine =>
  withMachine(name, machine, paths).machine ?? recoveryMachineOf(paths);

/** How a scenario is run with another machine in the place of one of ours; made once a machine. */
function withMachine(name: string, machine: AnyStateMachine, paths: Paths): Replacement {
  const known = replacements.get(machine);
  if (known) return known;
  const others = registry(paths, (path) => (path.id === name ? machine : path.machine));
  const made =
    name === recoveryMachine.id ? { paths, machine } : { paths: others, machine: createRecoveryMachine(others) };
  replacements.set(machine, made);
  return made;
}

/**
 * Whether all that a scenario expects holds, and nothing else was refused than what it says.
 * @throws what a machine throws.
 */
async function holds(scenario: Scenario, options: RunOptions): Promise<boolean> {
  const errors: unknown[] = [];
  const result = await runScenario(scenario, { ...options, inMemory: true, onError: (error) => errors.push(error) });
  if (errors.length > 0) throw errors[0];
  const declared = scenario.steps.filter((step) => 'refused' in step && step.refused).length;
  return result.ok && result.trace.filter(({ refused }) => refused).length === declared;
}

/**
 * A scenario as a check of one of our machines.
 * @param name id of a path, or `recovery`.
 */
export const scenarioCheck = (name: string, file: string, scenario: Scenario, paths: Paths = builtIn): Check => ({
  name: file,
  run: (machine) => holds(scenario, withMachine(name, machine, paths)),
});

const reached = new Set<string>();
const probes = new WeakMap<Paths, Replacement>();

/** The parent and its paths, each telling what it reaches. */
function probedMachines(paths: Paths): Replacement {
  const note = (place: string) => void reached.add(place);
  const known = probes.get(paths);
  if (known) return known;
  const others = registry(paths, ({ machine }) => probed(machine, note));
  const made = { paths: others, machine: probed(createRecoveryMachine(others), note) };
  probes.set(paths, made);
  return made;
}

/**
 * Every place of the parent and its paths that a scenario reaches (see `probed`). One scenario at a time.
 * @throws Error when it does not hold of the machines as they are.
 */
export async function reachOf(file: string, scenario: Scenario, paths: Paths = builtIn): Promise<string[]> {
  const telling = probedMachines(paths);
  reached.clear();
  if ((await holds(scenario, telling)) || (await holds(scenario, { paths }))) return [...reached];
  throw new Error(`${file} does not hold of the machines as they are`);
}
