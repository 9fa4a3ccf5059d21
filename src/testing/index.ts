/** What users test their own machines with. */
export * from './exploration.ts';
export { explore } from './explore.ts';
export * from './properties.ts';
export { type ScenarioWorld, scenarioOf } from './scenario-of.ts';
export * from './trace.ts';
