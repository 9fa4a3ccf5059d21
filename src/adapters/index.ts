/** The sandbox of the outside world, and the type of the real one. */
export { sandboxAccount } from './account.ts';
export { type CodeRequest, type CodeService, createOneTimeCodes, type OneTimeCodesOptions } from './one-time-codes.ts';
export { type Inhabitant, population } from './population.ts';
export type { AnyPort, OwnPorts, PortCall, PortFunction, Ports } from './ports.ts';
export { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';
export type { Fault, Message } from './world.ts';
