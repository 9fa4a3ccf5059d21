/** The durable core: one pure step function for any XState v5 machine. */
export { durable } from './durable.ts';
export { DurabilityError, StepError } from './errors.ts';
export { awaitedIn } from './fit.ts';
export { inspect, type MachineView } from './inspect.ts';
export { LiveActors } from './live-actors.ts';
export { portsIn } from './ports.ts';
export { catchUp, nextTimer, restore, step, type TakeStep } from './step.ts';
export { structureOf } from './structure.ts';
export type { Inspected, Tracer } from './tracer.ts';
export type { Emitted, Instant, PortFailure, PortRequest, Step, StepInput, Stored, Timer } from './types.ts';
