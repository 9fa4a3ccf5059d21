/** Durable recoveries: the step core for any XState v5 machine, and a host that makes recoveries last. */

export type { AnyPort, OwnPorts, PortCall, PortFunction, Ports } from './adapters/index.ts';
export type { CodeSlot, CodeStore } from './code-store.ts';
export {
  catchUp,
  DurabilityError,
  durable,
  type Emitted,
  type Inspected,
  type Instant,
  inspect,
  LiveActors,
  type MachineView,
  nextTimer,
  type PortFailure,
  type PortRequest,
  restore,
  type Step,
  StepError,
  type StepInput,
  type Stored,
  step,
  type TakeStep,
  type Timer,
  type Tracer,
} from './core/index.ts';
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
export { PolicyError } from './host/policy.ts';
export type { LinkTokens } from './host/port-caller.ts';
export { createRecoveries } from './host/recoveries.ts';
export { Refusal, type RefusalDetails } from './host/refusal.ts';
export type { LeftUntouched } from './host/takeover.ts';
export { type OlderVersion, VersionError } from './host/versions.ts';
export type { RecoveryView } from './host/view.ts';
export { loadScenario, parseScenario, UnusableFile } from './scenario/load.ts';
export { type Expectation, type RunOptions, runScenario, type ScenarioResult } from './scenario/run.ts';
export type { Scenario, Step as ScenarioStep } from './scenario/schema.ts';
export type { TraceEntry } from './scenario/trace.ts';
export type {
  AuditEntry,
  CallId,
  Census,
  Change,
  Committed,
  Erasure,
  ErasureDate,
  LedgerEntry,
  Limit,
  ListFilter,
  Receipt,
  RecoveryRecord,
  RequestRecord,
  RetentionClass,
  Shared,
  Store,
  StoreReader,
  Tampering,
  TrailHead,
} from './store/types.ts';
