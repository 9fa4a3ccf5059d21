/** Durable machines in a browser tab: state, timers, calls and a log in IndexedDB, one host among the tabs. */

export { PolicyError } from '../host/policy.ts';
export type { OpenOptions, TabActor, TabInfo } from './actor.ts';
export { TabError } from './errors.ts';
export { type FetchPortsOptions, fetchPorts } from './fetch-ports.ts';
export type { Listener, Readable, Unsubscribe } from './listeners.ts';
export {
  type Answered,
  type Mirror,
  type Mirrored,
  type MirrorOptions,
  mirrorRecovery,
  type PendingEvent,
} from './mirror.ts';
export { forgetActor, openActor } from './open.ts';
export type { TabPort, TabPortFunction, TabPorts } from './ports.ts';
export type { LogEntry, Sent } from './records.ts';
export { type OpenRecoveryOptions, openRecovery, type TabRecovery } from './recovery.ts';
export {
  type RecoveryOptions,
  ServiceError,
  type ServiceOptions,
  type ServiceProblem,
  startRecovery,
} from './service.ts';
