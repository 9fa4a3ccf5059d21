/** For those who test their own machines. */

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
export { CoverageRecorder } from './coverage/recorder.ts';
export { TrailCoverage, type TrailEntry } from './coverage/trail.ts';
