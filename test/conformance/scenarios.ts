import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { palmAndVoice, paths, type RecoveryPath } from '../../machines/index.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { type RunOptions, runScenario } from '../../src/scenario/run.ts';
import type { Case } from './case.ts';
import { Watched } from './watched.ts';

const TEST = join(import.meta.dirname, '..');
/** Each folder is run with its own list of paths: those of the trial know the ninth one. */
const FOLDERS: [folder: string, paths: readonly RecoveryPath[]][] = [
  ['scenarios', paths],
  ['scenarios-of-trial', [...paths, palmAndVoice]],
];

/** How scenarios are run: all of them plainly, and a share of them, evenly spread, in ways that the tests run them all in. */
const VARIANTS: { name: string; every: number; options: RunOptions }[] = [
  { name: '', every: 1, options: {} },
  { name: ', with a restart between every two steps', every: 8, options: { restartBetween: true } },
  { name: ', under the strict profile', every: 10, options: { profile: 'strict' } },
];

/** Notices are compared where their keys are to be seen. */
const isNoNotice = ({ input }: { input: string }) => !input.startsWith('notice ');

/** Every scenario file, on every host alike. */
export async function scenarioCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const [folder, registry] of FOLDERS) {
    const names = readdirSync(join(TEST, folder), { recursive: true, encoding: 'utf8' });
    for (const [index, name] of names
      .filter((each) => /\.(ya?ml|json)$/.test(each))
      .sort()
      .entries()) {
      const file = join(TEST, folder, name);
      const scenario = await loadScenario(file, registry);
      for (const { name: variant, every, options } of VARIANTS) {
        if (index % every !== 0) continue;
        if (options.profile && scenario.profile !== undefined) continue; // it names one, which goes before
        cases.push({
          name: `${relative(TEST, file)}${variant}`,
          async run(place) {
            const watched = new Watched(place);
            const open = watched.open.bind(watched);
            const result = await runScenario(scenario, { paths: registry, ...options, inMemory: true, open });
            if (!result.ok)
              throw new Error(`not as expected: ${JSON.stringify(result.expectations.filter(({ ok }) => !ok))}`);
            const { trace, ...rest } = result;
            return { rest, trace: trace.filter(isNoNotice), left: await watched.left() };
          },
        });
      }
    }
  }
  return cases;
}
