/** What users test their own machines with: coverage, exploration, properties. */

export { coberturaOf } from './coverage/cobertura.ts';
export {
  type CoverageData,
  CoverageError,
  type CoverageKind,
  type MachineHits,
  mergeCoverage,
  parseCoverage,
  subtractCoverage,
} from './coverage/data.ts';
export { type ChartPart, type ChartParts, coverageOf } from './coverage/definition.ts';
export { coverageHtml } from './coverage/html.ts';
export { CoverageRecorder } from './coverage/recorder.ts';
export { type CoverageTally, coverageReport, type MachineReport } from './coverage/report.ts';
export { coverageTable, uncoveredLines } from './coverage/text.ts';
export { TrailCoverage, type TrailEntry } from './coverage/trail.ts';
export { type AfterAll, CoverageReporter, type CoverageReporterOptions, collectCoverage } from './coverage/vitest.ts';
export {
  contextOf,
  type Exploration,
  type ExploreOptions,
  type Given,
  type Input,
  type Outcome,
  type Persisted,
  type Progress,
  type State,
  type Transition,
  timerName,
  type View,
} from './exploration.ts';
export { explore } from './explore.ts';
export { type Mutant, mutantsOf, type Operator } from './mutate.ts';
export { type PathCheckOptions, type Placing, pathChecks, propertyChecks } from './mutate-checks.ts';
export {
  type Check,
  type Equivalents,
  judge,
  type MutateOptions,
  type MutationReport,
  mutate,
  type Verdict as MutantVerdict,
} from './mutate-judge.ts';
export {
  always,
  type Breach,
  check,
  endsReachable,
  eventually,
  leadsTo,
  never,
  neverAfter,
  neverFails,
  type Property,
  type PropertyVerdict,
  refusedChangesNothing,
  restartChangesNothing,
  type StatePredicate,
  type TransitionPredicate,
  until,
  type WaitOptions,
  type Ways,
  waitsHaveTimeouts,
} from './properties.ts';
export { type ScenarioWorld, scenarioOf } from './scenario-of.ts';
export { type SuiteCase, type SuiteOptions, suiteOf } from './suite.ts';
export type { System } from './system.ts';
export { printBreach, type TraceStep, traceOf } from './trace.ts';
