import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { loadScenario } from '../src/scenario/load.ts';
import { runScenario, type ScenarioResult } from '../src/scenario/run.ts';
import type { Scenario } from '../src/scenario/schema.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ya?ml|json)$/.test(name))
  .map((name) => join(FOLDER, name))
  .sort();

const scenarios = await Promise.all(files.map(async (file) => ({ file, scenario: await loadScenario(file) })));
const each = scenarios.map(({ file, scenario }) => [relative(FOLDER, file), scenario] as const);

const plainRuns = new Map<string, Promise<ScenarioResult>>();
/** The plain run of a scenario, made once. */
function plainRun(name: string, scenario: Scenario): Promise<ScenarioResult> {
  const run = plainRuns.get(name) ?? runScenario(scenario);
  plainRuns.set(name, run);
  return run;
}

const declaredRefusals = ({ steps }: Scenario) => steps.filter((step) => 'refused' in step && step.refused).length;

afterEach(({ task }) => {
  task.meta.scenarioRuns = 1;
});

describe('scenario files', () => {
  test('there are some, each with a title of its own', () => {
    expect(scenarios.length).toBeGreaterThan(0);
    expect(new Set(scenarios.map(({ scenario }) => scenario.title)).size).toBe(scenarios.length);
  });

  test.each(each)('%s', async (name, scenario) => {
    const result = await plainRun(name, scenario);
    expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(result.expectations.length, 'a scenario has to expect something').toBeGreaterThan(0);
    expect(result.trace.filter(({ refused }) => refused).length, 'every refusal has to be declared').toBe(
      declaredRefusals(scenario),
    );
  });
});

describe('the same, with a restart between every two steps', () => {
  test.each(each)('%s', async (name, scenario) => {
    const plain = await plainRun(name, scenario);
    const restarted = await runScenario(scenario, { restartBetween: true });
    expect(restarted.expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(restarted.trace.filter(({ input }) => input !== 'restart')).toEqual(
      plain.trace.filter(({ input }) => input !== 'restart'),
    );
  });
});

describe('the same, under the strict profile', () => {
  test.each(each.filter(([, { profile }]) => profile === undefined))('%s', async (_, scenario) => {
    const result = await runScenario(scenario, { profile: 'strict' });
    expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
  });
});
