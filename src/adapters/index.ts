/** The sandbox of the outside world, and the type of the real one. */
export { sandboxAccount } from './account.ts';
export type { PortCall, PortFunction, Ports } from './ports.ts';
