import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { palmAndVoice, paths, recoveryMachineOf } from '../../machines/index.ts';
import { loadScenario, UnusableFile } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { CoverageRecorder, coverageReport, uncoveredLines } from '../../src/testing/index.ts';

const FOLDER = join(import.meta.dirname, '../scenarios-of-trial');
const registry = [...paths, palmAndVoice];
const files = readdirSync(FOLDER).map((name) => join(FOLDER, name));

test('the scenarios of the ninth path meet every state, event, transition, guard outcome and delay of its chart', async () => {
  const coverage = new CoverageRecorder();
  for (const file of files) {
    const tracers = new Map<string, ReturnType<CoverageRecorder['tracer']>>();
    const trace = (id: string) => {
      const tracer = tracers.get(id) ?? coverage.tracer();
      tracers.set(id, tracer);
      return tracer;
    };
    const scenario = await loadScenario(file, registry);
    expect(await runScenario(scenario, { paths: registry, inMemory: true, trace })).toMatchObject({ ok: true });
  }
  const [report] = coverageReport(recoveryMachineOf(registry), coverage.data).filter(
    ({ machine }) => machine === 'palmAndVoice',
  );
  if (!report) throw new Error('the chart is not reported');
  const { states, events, transitions, guards, delays } = report.tallies;
  expect(states.total).toBeGreaterThan(10);
  for (const { covered, total } of [states, events, transitions, guards, delays]) {
    expect([covered, total], [...uncoveredLines([report])].join('\n')).toEqual([total, total]);
  }
});

test('with the eight paths alone its scenarios cannot be run: path, port and state are unknown', async () => {
  for (const file of files) await expect(loadScenario(file), file).rejects.toThrow(UnusableFile);
  const [success = ''] = files.filter((name) => name.endsWith('success.yaml'));
  await expect(loadScenario(success)).rejects.toThrow("unknown path 'palmAndVoice'");
});
