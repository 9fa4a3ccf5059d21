import pc from 'picocolors';
import type { Policy } from '../../machines/policy.ts';
import { loadPolicy, loadScenario, UnusableFile } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';
import { runScenario, type ScenarioResult } from '../scenario/run.ts';
import type { Scenario } from '../scenario/schema.ts';
import { printFailure, Timeline } from './timeline.ts';

export interface RunFlags {
  json?: boolean;
  timeline?: boolean;
  profile?: Policy['profile'];
  policy?: string;
  restarts?: boolean;
  paths?: string;
}

/**
 * Runs scenario files.
 * @returns the exit code: 0 all hold, 1 one does not, 2 a scenario is unusable: the others are run.
 * @throws UnusableFile of the policy, or of the module of paths.
 */
export async function runFiles(files: readonly string[], flags: RunFlags): Promise<number> {
  const { profile } = flags;
  const paths = await loadPaths(flags.paths);
  const policy = flags.policy === undefined ? undefined : await loadPolicy(flags.policy);
  const scenarios: { file: string; scenario: Scenario }[] = [];
  let unusable = 0;
  for (const file of files) {
    try {
      scenarios.push({ file, scenario: await loadScenario(file, paths) });
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      console.error(error.message);
      unusable += 1;
    }
  }
  const withTimeline = !flags.json && (flags.timeline || files.length === 1);
  let failed = 0;
  const began = process.hrtime.bigint();
  for (const { file, scenario } of scenarios) {
    const timeline = withTimeline ? new Timeline() : undefined;
    if (timeline) console.log(pc.bold(scenario.title));
    const result = await runScenario(scenario, {
      paths,
      ...(profile ? { profile } : {}),
      ...(policy ? { policy } : {}),
      ...(flags.restarts ? { restartBetween: true } : {}),
      ...(timeline
        ? {
            onTrace: (entry) => timeline.entry(entry),
            onExpectation: (expectation) => timeline.expectation(expectation),
          }
        : {}),
    });
    if (!result.ok) failed += 1;
    report(file, result, flags, withTimeline);
  }
  if (!flags.json) {
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const passed = scenarios.length - failed;
    console.log(
      [
        `${scenarios.length} scenarios: ${pc.green(`${passed} hold`)}`,
        failed ? pc.red(`${failed} do not`) : '0 do not',
        ...(unusable ? [pc.red(`${unusable} ${unusable === 1 ? 'file' : 'files'} unusable`)] : []),
        `${seconds.toFixed(1)} s`,
      ].join(', '),
    );
  }
  return unusable > 0 ? 2 : failed > 0 ? 1 : 0;
}

function report(file: string, result: ScenarioResult, { json }: RunFlags, withTimeline: boolean): void {
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  if (!withTimeline) {
    console.log(
      `${result.ok ? pc.green('ok  ') : pc.red('FAIL')} ${result.title} ${pc.dim(`${result.state} · ${file}`)}`,
    );
    for (const expectation of result.expectations) if (!expectation.ok) printFailure(expectation);
  }
}
