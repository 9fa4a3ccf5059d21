/** Durable machines in a browser tab: state, timers, calls and a log in IndexedDB, one host among the tabs. */
export type { OpenOptions, TabActor, TabInfo } from './actor.ts';
export { TabError } from './errors.ts';
export { type FetchPortsOptions, fetchPorts } from './fetch-ports.ts';
export type { Listener, Readable, Unsubscribe } from './listeners.ts';
export { forgetActor, openActor } from './open.ts';
export type { TabPort, TabPortFunction, TabPorts } from './ports.ts';
export type { LogEntry, Sent } from './records.ts';
