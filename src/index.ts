/** Durable recoveries: the step core for any XState v5 machine, and a host that makes recoveries last. */

export type { OwnPorts, PortCall, PortFunction, Ports } from './adapters/index.ts';
export type { CodeSlot, CodeStore } from './code-store.ts';
export * from './core/index.ts';
export { type ActorCall, type Actors, type ActorsOptions, type ActorView, createActors } from './host/actors.ts';
export {
  type By,
  type Recoveries,
  type RecoveriesOptions,
  type RecoverySummary,
  type RequestOptions,
  type SendOptions,
  Start,
  type Started,
} from './host/api.ts';
export { type Clock, createVirtualClock, systemClock, type VirtualClock } from './host/clock.ts';
export type { Changed, Observer } from './host/delivery.ts';
export type { LinkTokens } from './host/port-caller.ts';
export { createRecoveries } from './host/recoveries.ts';
export { Refusal } from './host/refusal.ts';
export type { LeftUntouched } from './host/takeover.ts';
export { type OlderVersion, VersionError } from './host/versions.ts';
export type { RecoveryView } from './host/view.ts';
export { loadScenario, parseScenario, UnusableFile } from './scenario/load.ts';
export { runScenario, type ScenarioResult } from './scenario/run.ts';
export type { Scenario } from './scenario/schema.ts';
export type { Store } from './store/types.ts';
