/** What users test their own machines with: coverage, exploration, properties. */

export { coberturaOf } from './coverage/cobertura.ts';
export {
  type CoverageData,
  CoverageError,
  KINDS,
  type Kind,
  mergeCoverage,
  parseCoverage,
  subtractCoverage,
} from './coverage/data.ts';
export { type ChartParts, coverageOf, type Part } from './coverage/definition.ts';
export { coverageHtml } from './coverage/html.ts';
export { CoverageRecorder } from './coverage/recorder.ts';
export { below, coverageReport, type MachineReport, type Tally } from './coverage/report.ts';
export { coverageTable, uncoveredLines } from './coverage/text.ts';
export { TrailCoverage, type TrailEntry } from './coverage/trail.ts';
export { CoverageReporter, type CoverageReporterOptions, collectCoverage } from './coverage/vitest.ts';
export * from './exploration.ts';
export { explore } from './explore.ts';
export { type Mutant, mutantsOf, type Operator } from './mutate.ts';
export { type PathCheckOptions, pathChecks, propertyChecks } from './mutate-checks.ts';
export {
  type Check,
  type Equivalents,
  judge,
  type MutateOptions,
  type MutationReport,
  mutate,
  type Verdict,
} from './mutate-judge.ts';
export * from './properties.ts';
export { type ScenarioWorld, scenarioOf } from './scenario-of.ts';
export { type Case, type SuiteOptions, suiteOf } from './suite.ts';
export type { System } from './system.ts';
export * from './trace.ts';
