import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import { loadScenario } from '../scenario/load.ts';
import { runScenario } from '../scenario/run.ts';
import { Timeline } from './timeline.ts';

const FOLDER = join(import.meta.dirname, '../../../test/scenarios/demo');

/** Walks the eight recoveries through on a virtual clock, with restarts. @returns the exit code. */
export async function demo(): Promise<number> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml')).sort();
  let failed = 0;
  for (const file of files) {
    const scenario = await loadScenario(join(FOLDER, file));
    console.log(`\n${pc.bold(scenario.title)}`);
    const timeline = new Timeline();
    const result = await runScenario(scenario, {
      onTrace: (entry) => timeline.entry(entry),
      onExpectation: (expectation) => timeline.expectation(expectation),
    });
    if (!result.ok) failed += 1;
    console.log(result.ok ? pc.green(`  ${result.outcome}`) : pc.red('  something did not hold'));
  }
  console.log(`
${files.length - failed} of ${files.length} recoveries went as written. Each ran on a SQLite file of its own, in virtual time; at every
"restart" everything in memory was dropped and the recovery went on from the file.

Where to go next
  npx regain run test/scenarios/demo/4-security-contacts.yaml   replay one of them; edit it and see
  npx regain paths FILE                                          which paths an account may use, and why not the others
  npx regain policy                                              every figure, with its section
  machines/recovery.ts                                           the parent chart; one file a path beside it
  README.md                                                      embed it in 20 lines`);
  return failed === 0 ? 0 : 1;
}
