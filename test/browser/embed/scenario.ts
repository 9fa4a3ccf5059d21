import './tab.ts';
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadScenario } from '../../../src/scenario/load.ts';
import { runScenario, type ScenarioResult } from '../../../src/scenario/run.ts';
import { TabRecoveries } from './recoveries.ts';

export const FOLDER = join(import.meta.dirname, '../../scenarios');

/**
 * A tab erases nothing by itself, logs no start that found a recovery, and gives the texts of failures as they come. Nobody waits for
 * a notice: where it stands among the entries of its instant is chance.
 */
function shared({ trace }: ScenarioResult) {
  const both = trace
    .filter(({ input, refused }) => !/^(erased|restart)/.test(input) && !(input === 'start' && refused))
    .map((entry) => ({ ...entry, input: entry.input.replace(/:.*/, '') }));
  return {
    course: both.filter(({ input }) => !input.startsWith('notice')),
    notices: both.filter(({ input }) => input.startsWith('notice')).map(({ at, input }) => ({ at, input })),
  };
}

/** Secrets are in no store of a browser: such a call fails when the page is loaded anew. The host has a key for them. */
const lostSecret = ({ trace }: ScenarioResult) => trace.some(({ input }) => input.includes('holds a secret'));

/**
 * Runs a scenario in a tab and on the host on SQLite, and expects the same inputs, instants, states and ends.
 * @returns whether a secret was lost on the way; then no more was compared.
 */
export async function sameInTab(file: string, restartBetween: boolean): Promise<boolean> {
  const scenario = await loadScenario(join(FOLDER, file));
  const tab = new TabRecoveries(`${file}/${restartBetween}`);
  const inTab = await runScenario(scenario, { restartBetween, inMemory: true, open: tab.open });
  if (lostSecret(inTab)) {
    expect(restartBetween || scenario.steps.some((step) => 'restart' in step)).toBe(true);
    return true;
  }
  const plain = await runScenario(scenario, { inMemory: true });
  expect(inTab.expectations).toEqual(plain.expectations);
  expect(shared(inTab)).toEqual(shared(plain));
  return false;
}
