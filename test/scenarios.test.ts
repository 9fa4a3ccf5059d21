import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { palmAndVoice, paths, type RecoveryPath } from '../machines/index.ts';
import { loadScenario } from '../src/scenario/load.ts';
import { type RunOptions, runScenario, type ScenarioResult } from '../src/scenario/run.ts';
import type { Scenario } from '../src/scenario/schema.ts';
import { bytesOf, holds, secretsOf } from './stored.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
/** Each folder is run with its own list of paths: those of the trial know the ninth one. */
const REGISTRIES: [folder: string, paths: readonly RecoveryPath[]][] = [
  [FOLDER, paths],
  [join(import.meta.dirname, 'scenarios-of-trial'), [...paths, palmAndVoice]],
];
const files = REGISTRIES.flatMap(([folder, registry]) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .map((name) => ({ file: join(folder, name), registry }))
    .sort((a, b) => (a.file < b.file ? -1 : 1)),
);

const scenarios = await Promise.all(
  files.map(async ({ file, registry }) => ({ file, registry, scenario: await loadScenario(file, registry) })),
);
const each = scenarios.map(({ file, scenario }) => [relative(FOLDER, file), scenario] as const);
const registries = new Map(scenarios.map(({ scenario, registry }) => [scenario, registry]));
/** How a scenario is run, with the paths of its folder. */
const run = (scenario: Scenario, options: RunOptions) =>
  runScenario(scenario, { paths: registries.get(scenario) ?? paths, ...options });

const folder = mkdtempSync(join(tmpdir(), 'regain-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface PlainRun {
  result: ScenarioResult;
  /** What its SQLite file holds of the secrets that were sent, and of the references. */
  secrets: string[];
  references: string[];
}

const plainRuns = new Map<string, Promise<PlainRun>>();
/** The plain run of a scenario, made once. */
function plainRun(name: string, scenario: Scenario): Promise<PlainRun> {
  const run = plainRuns.get(name) ?? runPlain(scenario, join(folder, `s${plainRuns.size}.sqlite`));
  plainRuns.set(name, run);
  return run;
}

async function runPlain(scenario: Scenario, file: string): Promise<PlainRun> {
  const result = await run(scenario, { file });
  const bytes = bytesOf(file);
  rmSync(file);
  const references = scenario.steps.flatMap((step) =>
    'send' in step && step.send.captureRef ? [String(step.send.captureRef)] : [],
  );
  return {
    result,
    // Shorter ones say nothing: a percentage of the policy may be the same.
    secrets: secretsOf(scenario).filter((secret) => secret.length > 3 && holds(bytes, secret)),
    references: references.filter((reference) => bytes.includes(`"${reference}"`)),
  };
}

const declaredRefusals = ({ steps }: Scenario) => steps.filter((step) => 'refused' in step && step.refused).length;

afterEach(({ task }) => {
  task.meta.scenarioRuns ??= 1;
});

describe('scenario files', () => {
  test('there are some, each with a title of its own', () => {
    expect(scenarios.length).toBeGreaterThan(0);
    expect(new Set(scenarios.map(({ scenario }) => scenario.title)).size).toBe(scenarios.length);
  });

  test.each(each)('%s', async (name, scenario) => {
    const { result } = await plainRun(name, scenario);
    expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(result.expectations.length, 'a scenario has to expect something').toBeGreaterThan(0);
    expect(result.trace.filter(({ refused }) => refused).length, 'every refusal has to be declared').toBe(
      declaredRefusals(scenario),
    );
  });
});

describe('R6, R9, R54: of what a scenario sends, its SQLite file', () => {
  afterEach(({ task }) => {
    task.meta.scenarioRuns = 0; // it looks at what the plain runs left
  });

  test.each(each)('%s holds nothing secret', async (name, scenario) => {
    expect((await plainRun(name, scenario)).secrets).toEqual([]);
  });

  test('holds the references: the search does find what may be kept', async () => {
    const runs = await Promise.all(each.map(([name, scenario]) => plainRun(name, scenario)));
    expect(runs.flatMap(({ references }) => references).length).toBeGreaterThan(0);
    expect(each.flatMap(([, scenario]) => secretsOf(scenario)).length).toBeGreaterThan(0);
  });
});

describe('the same, with a restart between every two steps', () => {
  test.each(each)('%s', async (name, scenario) => {
    const { result: plain } = await plainRun(name, scenario);
    const restarted = await run(scenario, { restartBetween: true });
    expect(restarted.expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(restarted.trace.filter(({ input }) => input !== 'restart')).toEqual(
      plain.trace.filter(({ input }) => input !== 'restart'),
    );
  });
});

describe('the same, under the strict profile', () => {
  test.each(each.filter(([, { profile }]) => profile === undefined))('%s', async (_, scenario) => {
    const result = await run(scenario, { profile: 'strict' });
    expect(result.expectations.filter(({ ok }) => !ok)).toEqual([]);
  });
});
