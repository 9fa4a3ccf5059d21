import { readFile, writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import type { RecoveryPath } from '../../machines/path.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import type { Tracer } from '../core/index.ts';
import { loadScenario, UnusableFile } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';
import { runScenario } from '../scenario/run.ts';
import { coberturaOf } from '../testing/coverage/cobertura.ts';
import { type CoverageData, CoverageError, parseCoverage } from '../testing/coverage/data.ts';
import { coverageHtml } from '../testing/coverage/html.ts';
import { CoverageRecorder } from '../testing/coverage/recorder.ts';
import { below, coverageReport } from '../testing/coverage/report.ts';
import { coverageTable, uncoveredLines } from '../testing/coverage/text.ts';
import { Unusable } from './errors.ts';
import { checkOutputs } from './output.ts';
import { printTrails } from './trails.ts';

export interface CoverageFlags {
  store?: string;
  paths?: string;
  json?: string;
  html?: string;
  cobertura?: string;
  /** Percent. */
  threshold?: number;
  all?: boolean;
  list?: boolean;
}

/**
 * Prints what scenarios and files of coverage met of the parent and its paths, and what they did not.
 * @returns the exit code: 0 all scenarios hold and the threshold is met, 1 not.
 * @throws Unusable, UnusableFile, CoverageError, and what `openReadOnly` does.
 */
export async function showCoverage(files: readonly string[], flags: CoverageFlags): Promise<number> {
  if (files.length === 0 && flags.store === undefined)
    throw new Unusable('nothing to count: give scenario files, files of coverage, or a store');
  await checkOutputs(flags.json, flags.html, flags.cobertura);
  const paths = await loadPaths(flags.paths);
  if (flags.store !== undefined) await printTrails(flags.store, recoveryMachineOf(paths));
  return files.length === 0 ? 0 : countFiles(files, paths, flags);
}

async function countFiles(
  files: readonly string[],
  paths: readonly RecoveryPath[],
  flags: CoverageFlags,
): Promise<number> {
  const coverage = new CoverageRecorder();
  let failed = 0;
  for (const file of files) if (!(await count(file, paths, coverage))) failed += 1;
  const reports = coverageReport(recoveryMachineOf(paths), coverage.data);
  console.log(coverageTable(reports));
  if (flags.list !== false) for (const line of uncoveredLines(reports, flags.all)) console.log(line);
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(coverage.data, null, 1)}\n`);
  if (flags.html !== undefined) await writeFile(flags.html, coverageHtml(reports));
  if (flags.cobertura !== undefined) await writeFile(flags.cobertura, coberturaOf(reports, Date.now()));
  if (failed > 0) console.error(pc.red(`${failed} scenarios do not hold`));
  const { threshold = 0 } = flags;
  const low = below(reports, threshold);
  for (const { machine, kind } of low) console.error(pc.red(`${machine}: ${kind} are below ${threshold} %`));
  return failed > 0 || low.length > 0 ? 1 : 0;
}

/** Runs a scenario or reads coverage. @returns whether the scenario held. */
async function count(file: string, paths: readonly RecoveryPath[], coverage: CoverageRecorder): Promise<boolean> {
  const saved = file.endsWith('.json') ? await savedCoverage(file) : undefined;
  if (saved !== undefined) {
    coverage.add(coverageIn(file, saved));
    return true;
  }
  const scenario = await loadScenario(file, paths);
  const tracers = new Map<string, Tracer>();
  const trace = (id: string): Tracer => {
    const tracer = tracers.get(id) ?? coverage.tracer();
    tracers.set(id, tracer);
    return tracer;
  };
  const { ok, title } = await runScenario(scenario, { trace, paths });
  if (!ok) console.error(`${pc.red('FAIL')} ${title} ${pc.dim(file)}`);
  return ok;
}

/** @throws UnusableFile */
function coverageIn(file: string, text: string): CoverageData {
  try {
    return parseCoverage(text);
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    throw new UnusableFile(file, undefined, error.message);
  }
}

/** The text of a file that says it is coverage. */
async function savedCoverage(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return (JSON.parse(text) as { format?: unknown } | null)?.format === 'regain-coverage' ? text : undefined;
  } catch {
    return undefined; // it is told when it is loaded as a scenario
  }
}
