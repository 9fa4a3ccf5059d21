import type { z } from 'zod';
import type { PortInput, PortName, ports } from '../../machines/ports.ts';

/** What goes with a call beside its input. */
export interface PortCall {
  /** Idempotency key `(recoveryId, path, step, attempt)`: the same key must have its effect once, and the same answer. */
  key: string;
  recoveryId: string;
  /** The path's id, or `recovery` for the parent. */
  path: string;
  /** The port's name. */
  step: string;
  /** 1 for the first call of this port by this machine. */
  attempt: number;
  /** Instant at which the call is made, in ms. */
  at: number;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** With `notify`, where a service gives one: whoever has it can cancel the recovery, and do nothing else (R37). */
  cancelToken?: string;
  /** With `requestConfirmation`, where a service gives them: by contact, the token of their one-time link. */
  contactTokens?: Record<string, string>;
}

/** One port, carried out. Defaults of the answer's schema may be left out; what it throws is the port's failure. */
export type PortFunction<K extends PortName> = (
  input: PortInput<K>,
  call: PortCall,
) => Promise<z.input<(typeof ports)[K]['output']>>;

/** What a host has to bring: every port of the machines (spec section 4). */
export type Ports = { [K in PortName]: PortFunction<K> };

/** A port of any input. */
export type AnyPort = (input: never, call: PortCall) => Promise<unknown>;

/** Ports of paths of one's own, by name: each is checked by the schemas that its path gives. */
export type OwnPorts = Readonly<Record<string, AnyPort>>;
