import { loadScenario } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';
import type { Scenario } from '../scenario/schema.ts';
import { loadChecks } from './load-checks.ts';
import { type Mutant, mutantsOf } from './mutate.ts';
import { type Check, judge, type Verdict } from './mutate-judge.ts';
import { machinesOf, reachOf, scenarioCheck } from './mutate-recovery.ts';

/** What a process of the pool is asked: what a scenario reaches, or whether scenarios or the checks of a module kill a mutant. */
export type Job =
  | { kind: 'reach'; file: string }
  | { kind: 'judge'; machine: string; id: string; files: string[] }
  | { kind: 'judgeBy'; machine: string; id: string; module: string };
/** What it says: each check before it is made, then the answer. */
export type Said =
  | { kind: 'check'; name: string }
  | { kind: 'reached'; places: string[] }
  | { kind: 'verdict'; verdict: Verdict }
  | { kind: 'failed'; message: string };

/** This side of the pool: one job at a time, in a process that can be ended when a mutant never rests. */
const say = (said: Said) => process.send?.(said);

/** The ways back: the eight, and those of the module that the process is started with. */
const paths = await loadPaths(process.argv[2]);
const machines = machinesOf(paths);

const scenarios = new Map<string, Promise<Scenario>>();
function scenarioIn(file: string): Promise<Scenario> {
  const scenario = scenarios.get(file) ?? loadScenario(file, paths);
  scenarios.set(file, scenario);
  return scenario;
}

const mutants = new Map<string, ReadonlyMap<string, Mutant>>();
function mutantOf(name: string, id: string): Mutant {
  const machine = machines.get(name);
  const known = mutants.get(name) ?? new Map(machine && mutantsOf(machine).map((each) => [each.id, each]));
  mutants.set(name, known);
  const mutant = known.get(id);
  if (!mutant) throw new Error(`there is no mutant '${id}' of '${name}'`);
  return mutant;
}

const others = new Map<string, Check[]>();
async function checksIn(module: string, machine: string): Promise<Check[]> {
  const name = `${module} ${machine}`;
  const checks = others.get(name) ?? (await loadChecks(module))(machine);
  others.set(name, checks);
  return checks;
}

async function checksFor(job: Exclude<Job, { kind: 'reach' }>): Promise<Check[]> {
  if (job.kind === 'judgeBy') return checksIn(job.module, job.machine);
  const checks = [];
  for (const file of job.files) checks.push(scenarioCheck(job.machine, file, await scenarioIn(file), paths));
  return checks;
}

async function done(job: Job): Promise<Said> {
  if (job.kind === 'reach')
    return { kind: 'reached', places: await reachOf(job.file, await scenarioIn(job.file), paths) };
  const verdict = await judge(mutantOf(job.machine, job.id), await checksFor(job), {
    onCheck: ({ name }) => say({ kind: 'check', name }),
  });
  return { kind: 'verdict', verdict };
}

process.on('message', async (job: Job) => {
  try {
    say(await done(job));
  } catch (error) {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
