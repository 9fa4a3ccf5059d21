import { writeFile } from 'node:fs/promises';
import type { AnyStateMachine } from 'xstate';
import { coberturaOf } from './cobertura.ts';
import { type CoverageData, mergeCoverage } from './data.ts';
import { coverageHtml } from './html.ts';
import { CoverageRecorder } from './recorder.ts';
import { below, coverageReport } from './report.ts';
import { coverageTable, uncoveredLines } from './text.ts';

interface Meta {
  regainCoverage?: CoverageData;
}

/** Vitest's `afterAll`, as far as it is needed here. */
export type AfterAll = (listener: (context: object, suite: { meta: object }) => void) => void;

/**
 * A recorder for one test file, whose counts the reporter gets when the tests of the file have ended. It is to be called at
 * the top level of the file:
 *
 *     const coverage = collectCoverage(afterAll);
 *
 * @param afterAll vitest's own.
 */
export function collectCoverage(afterAll: AfterAll): CoverageRecorder {
  const recorder = new CoverageRecorder();
  // biome-ignore lint/correctness/noEmptyPattern: vitest takes nothing else for the first argument
  afterAll(({}, suite) => {
    (suite.meta as Meta).regainCoverage = recorder.data;
  });
  return recorder;
}

export interface CoverageReporterOptions {
  /** The machine whose coverage is told, with all that it invokes. */
  machine: AnyStateMachine;
  /** The run fails when states, events, transitions or guards of a machine are below this percentage. */
  threshold?: number;
  /** Lists what was not covered; true by default. */
  list?: boolean;
  /** Files to write, by form. */
  files?: { html?: string; json?: string; cobertura?: string };
}

/**
 * A reporter for vitest: prints at the end what all test files together covered.
 *
 *     reporters: ['default', new CoverageReporter({ machine, threshold: 100 })]
 */
export class CoverageReporter {
  readonly #options: CoverageReporterOptions;

  constructor(options: CoverageReporterOptions) {
    this.#options = options;
  }

  async onTestRunEnd(modules: readonly { meta(): object }[]): Promise<void> {
    const { machine, threshold = 0, list = true, files = {} } = this.#options;
    const data = mergeCoverage(...modules.flatMap((module) => (module.meta() as Meta).regainCoverage ?? []));
    const reports = coverageReport(machine, data);
    console.log(coverageTable(reports));
    if (list) for (const line of uncoveredLines(reports)) console.log(line);
    if (files.json !== undefined) await writeFile(files.json, `${JSON.stringify(data, null, 1)}\n`);
    if (files.html !== undefined) await writeFile(files.html, coverageHtml(reports));
    if (files.cobertura !== undefined) await writeFile(files.cobertura, coberturaOf(reports, Date.now()));
    const low = below(reports, threshold);
    for (const { machine: id, kind } of low) console.error(`${id}: ${kind} are below ${threshold} %`);
    if (low.length > 0) process.exitCode = 1;
  }
}
