import type { AnyStateMachine } from 'xstate';
import { KINDS } from './coverage/data.ts';
import { CoverageRecorder } from './coverage/recorder.ts';
import { coverageReport } from './coverage/report.ts';
import { CHOSEN, coveringPaths } from './covering.ts';
import type { Exploration, ExploreOptions, Transition } from './exploration.ts';
import { explore } from './explore.ts';
import { LiveActor } from './live.ts';
import { check, neverFails, type Property, restartChangesNothing } from './properties.ts';
import type { System } from './system.ts';
import { printBreach, told } from './trace.ts';

export interface SuiteOptions extends ExploreOptions {
  /** What has to hold of everything that can happen, beside that the machine never throws and a restart changes nothing. */
  properties?: readonly Property[];
  /** Percentage of states, events, transitions, guard outcomes and delays that the paths have to meet; by default 100. */
  coverage?: number;
  /** Parts that no path can meet, by their key, each with the reason; one that is met, or is not there, is an error. */
  unreached?: Readonly<Record<string, string>>;
  /** Makes what a path is replayed on; by default XState itself: a live actor on a simulated clock. */
  system?(): System | Promise<System>;
}

/** One test: its name, and what throws when it does not hold. */
export interface SuiteCase {
  name: string;
  run(): unknown;
}

/**
 * Tests of a machine, to be handed to the test runner at hand:
 *
 *     for (const { name, run } of suiteOf(machine, { events, ports, properties })) test(name, run);
 *
 * Everything that can happen is explored; then there is a case that it came to an end, one for each property, one for each
 * of the paths that together meet all of the chart, and one for their coverage.
 *
 * @throws Error for `anytime` without a `system`: a live actor's deadlines fall due when they are due.
 */
export function suiteOf(machine: AnyStateMachine, options: SuiteOptions = {}): SuiteCase[] {
  const { properties = [], system = () => new LiveActor(machine, options) } = options;
  if (options.anytime && !options.system)
    throw new Error('with anytime, timers fall due before their time: give the system that paths are replayed on');
  const exploration = explore(machine, options);
  const coverage = new CoverageRecorder();
  const paths = coveringPaths(exploration, coverage);
  const { states, transitions } = exploration;
  return [
    {
      name: `all that can happen is explored: ${states.length} states, ${transitions.length} transitions`,
      run: () => closes(exploration),
    },
    ...[neverFails(), restartChangesNothing(), ...properties].map((property) => ({
      name: property.name,
      run: () => holds(exploration, property),
    })),
    ...paths.map((path, index) => ({
      name: `path ${index + 1}: ${path.map(({ input }) => told(input)).join(' → ') || 'start'}`,
      run: () => replayed(exploration, path, system),
    })),
    { name: `${paths.length} paths cover the charts`, run: () => covers(machine, coverage, options) },
  ];
}

function closes({ closed, stoppedBy, states }: Exploration): void {
  if (!closed) throw new Error(`it does not come to an end: after ${states.length} states, stopped by ${stoppedBy}`);
}

function holds(exploration: Exploration, property: Property): void {
  const [verdict] = check(exploration, [property]);
  if (verdict && !verdict.ok) throw new Error(printBreach(exploration, verdict));
}

async function replayed(
  exploration: Exploration,
  path: readonly Transition[],
  make: NonNullable<SuiteOptions['system']>,
): Promise<void> {
  const system = await make();
  const given: string[] = ['start'];
  try {
    for (const { input, step } of exploration.replay(path.map((transition) => transition.input))) {
      if (input) {
        given.push(told(input));
        await system.apply(input, step.at);
      }
      await system.check(step);
    }
  } catch (error) {
    throw new Error(`after ${given.join(' → ')}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    await system.stop?.();
  }
}

function covers(machine: AnyStateMachine, { data }: CoverageRecorder, options: SuiteOptions): void {
  const { coverage = 100, unreached = {} } = options;
  const reports = coverageReport(machine, data);
  const uncovered = new Set(
    reports.flatMap((report) => KINDS.flatMap((kind) => report.tallies[kind].uncovered.map(({ key }) => key))),
  );
  const wrong = Object.keys(unreached).filter((key) => !uncovered.has(key));
  if (wrong.length > 0) throw new Error(`listed as never met, but met or not there: ${wrong.join(', ')}`);
  for (const { machine: id, tallies } of reports) {
    for (const kind of CHOSEN) {
      const missing = tallies[kind].uncovered.filter(({ key }) => !Object.hasOwn(unreached, key));
      const percent = tallies[kind].total === 0 ? 100 : 100 * (1 - missing.length / tallies[kind].total);
      if (percent >= coverage) continue;
      const list = missing.map(({ key }) => `  ${key}`).join('\n');
      throw new Error(
        `${id}: ${kind} are covered to ${percent.toFixed(1)} %, not to ${coverage} %; no path meets\n${list}`,
      );
    }
  }
}
