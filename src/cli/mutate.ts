import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { hint } from '../adapters/nearest.ts';
import { checked, loadScenario, loadSource } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';
import { loadChecks } from '../testing/load-checks.ts';
import { mutantsOf } from '../testing/mutate.ts';
import { type Equivalents, type MutationReport, reportOf, type Verdict } from '../testing/mutate-judge.ts';
import { killersOf, sampled } from '../testing/mutate-plan.ts';
import { Pool } from '../testing/mutate-pool.ts';
import { machinesOf } from '../testing/mutate-recovery.ts';
import { Unusable } from './errors.ts';
import { checkOutputs } from './output.ts';

export interface MutateFlags {
  machine?: string[];
  scenarios: string[];
  checks?: string;
  paths?: string;
  maxMinutes: number;
  equivalents?: string;
  /** Percent. */
  threshold: number;
  processes: number;
  json?: string;
}

const Reasons = z.record(z.string(), z.string().min(1));

/**
 * Changes our charts one thing at a time and runs scenarios.
 * @returns the exit code: 1 below the threshold, or when a machine was not judged at all.
 * @throws Unusable, UnusableFile
 */
export async function runMutants(flags: MutateFlags): Promise<number> {
  const paths = await loadPaths(flags.paths);
  const machines = machinesOf(paths);
  const names = flags.machine ?? [...machines.keys()];
  const unknown = names.find((name) => !machines.has(name));
  if (unknown !== undefined) throw new Unusable(`unknown machine '${unknown}'${hint(unknown, [...machines.keys()])}`);
  await checkOutputs(flags.json);
  if (flags.checks !== undefined) await loadChecks(resolve(flags.checks));
  const until = Date.now() + flags.maxMinutes * 60_000;
  const files = flags.scenarios.flatMap(filesIn).sort();
  for (const file of files) await loadScenario(file, paths);
  const equivalents = await reasonsIn(flags.equivalents);
  const asked = new Map([...machines].filter(([name]) => names.includes(name)));
  const reports = await judged(asked, files, equivalents, until, flags);
  for (const report of reports) print(report);
  for (const id of Object.keys(equivalents).filter((id) => !machines.has(machineOf(id)))) {
    console.log(pc.red(`equivalent '${id}': there is no such machine`));
  }
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(reports, null, 2)}\n`);
  return reports.every((report) => isGood(report, flags.threshold)) ? 0 : 1;
}

function filesIn(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .map((name) => join(path, name));
}

async function reasonsIn(file: string | undefined): Promise<Equivalents> {
  if (file === undefined) return {};
  const source = await loadSource(file);
  return checked(source, [], () => Reasons.parse(source.value ?? {}));
}

const machineOf = (id: string) => id.split(/[/#:]/)[0] ?? '';

/** Verdicts on all mutants, or on as many as time allows. */
async function judged(
  machines: ReadonlyMap<string, AnyStateMachine>,
  files: readonly string[],
  equivalents: Equivalents,
  until: number,
  { processes, checks, paths }: Pick<MutateFlags, 'processes' | 'checks' | 'paths'>,
): Promise<MutationReport[]> {
  const forChecks = (until - Date.now()) / 4; // of the time, for those that no scenario notices
  const pool = new Pool(processes, paths);
  try {
    const reach = new Map<string, ReadonlySet<string>>();
    const reaching = files.map((file) => ({ kind: 'reach' as const, file }));
    await pool.run(reaching, until, ({ file }, answer) => {
      if (answer.kind !== 'reached')
        throw new Error(answer.kind === 'failed' ? answer.message : `${file} takes too long`);
      reach.set(file, new Set(answer.places));
      progress('scenarios', reach.size, files.length);
    });
    const mutants = new Map([...machines].map(([name, machine]) => [name, mutantsOf(machine)]));
    const verdicts = new Map<string, Verdict[]>([...machines.keys()].map((name) => [name, []]));
    const all = [...mutants].flatMap(([machine, each]) => each.map((mutant) => ({ machine, mutant })));
    const jobs = sampled(all, ({ mutant }) => mutant.id).map(({ machine, mutant }) => ({
      kind: 'judge' as const,
      machine,
      id: mutant.id,
      description: mutant.description,
      files: killersOf(mutant, reach),
    }));
    let count = 0;
    await pool.run(jobs, checks === undefined ? until : until - forChecks, ({ machine, id, description }, answer) => {
      if (answer.kind === 'failed') throw new Error(answer.message);
      const verdict: Verdict =
        answer.kind === 'verdict'
          ? answer.verdict
          : { id, description, killed: true, how: 'timeout', by: answer.kind === 'silent' ? answer.check : '' };
      verdicts.get(machine)?.push(verdict);
      progress('mutants', ++count, jobs.length);
    });
    if (checks !== undefined)
      await judgedByChecks(verdicts, resolve(checks), until, new Pool(processes, paths, MAKING));
    return [...machines.keys()].map((name) => {
      const own = Object.entries(equivalents).filter(([id]) => machineOf(id) === name);
      return reportOf(name, mutants.get(name) ?? [], verdicts.get(name) ?? [], Object.fromEntries(own));
    });
  } finally {
    pool.close();
  }
}

/** How long the checks of a machine may take to be made, in ms: the machine is explored first. */
const MAKING = 400_000;

/** Asks the checks of a module of the mutants that are left. */
async function judgedByChecks(
  verdicts: ReadonlyMap<string, Verdict[]>,
  module: string,
  until: number,
  pool: Pool,
): Promise<void> {
  const jobs = [...verdicts].flatMap(([machine, each]) =>
    each.filter(({ killed }) => !killed).map(({ id }) => ({ kind: 'judgeBy' as const, machine, id, module })),
  );
  let count = 0;
  try {
    await pool.run(jobs, until, ({ machine, id }, answer) => {
      if (answer.kind === 'failed') throw new Error(answer.message);
      const verdict = verdicts.get(machine)?.find((each) => each.id === id);
      if (verdict && answer.kind === 'verdict') Object.assign(verdict, answer.verdict);
      if (verdict && answer.kind === 'silent')
        Object.assign(verdict, { killed: true, how: 'timeout', by: answer.check });
      progress('survivors', ++count, jobs.length);
    });
  } finally {
    pool.close();
  }
}

function progress(what: string, done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${what}: ${done} of ${of} ${done === of ? '\n' : ''}`);
}

const isGood = ({ score, judged, wrongEquivalents }: MutationReport, threshold: number) =>
  judged > 0 && score >= threshold && wrongEquivalents.length === 0;

function print(report: MutationReport): void {
  const { machine, mutants, judged, killed, survivors, equivalents, wrongEquivalents, score } = report;
  const sample = judged < mutants ? pc.yellow(` (a sample: ${judged} of ${mutants} judged)`) : '';
  if (judged === 0) console.log(`${pc.bold(machine.padEnd(20))} ${pc.red('not judged')}: ${mutants} mutants`);
  else
    console.log(
      `${pc.bold(machine.padEnd(20))} ${judged} mutants${sample}, ${killed} killed, ${equivalents.length} equivalent, ` +
        `${survivors.length} survive: ${score.toFixed(1)} %`,
    );
  for (const { id, description } of survivors) console.log(`  ${pc.red('survives')} ${id} ${pc.dim(description)}`);
  for (const { id, reason } of equivalents) console.log(`  ${pc.dim(`equivalent ${id}: ${reason}`)}`);
  for (const { id, why } of wrongEquivalents) {
    console.log(`  ${pc.red(`equivalent '${id}': ${why === 'killed' ? 'it is killed' : 'there is no such mutant'}`)}`);
  }
}
