import type { AnyStateMachine } from 'xstate';
import type { z } from 'zod/mini';
import type { PortCall } from '../adapters/ports.ts';
import { portsIn } from '../core/index.ts';
import { TabError } from './errors.ts';

/** Carries out one call; what it throws is the port's failure. `call.recoveryId` is the actor's id. */
// biome-ignore lint/suspicious/noExplicitAny: each port has an input of its own, which only the machine knows
export type TabPortFunction = (input: any, call: PortCall) => Promise<unknown>;

/** A port with what the host has to know of it. */
export interface TabPort {
  call: TabPortFunction;
  /** Checks the answer, as a schema of zod does; what does not fit is a failure of the port. */
  answer?: Pick<z.ZodMiniType, 'safeParse'>;
  /** How often one call is tried before the machine is told of the failure: once by default. */
  tries?: number;
  /** Longest that one try may take, in ms. Without it the machine's own `after` is the limit. */
  timeout?: number;
  /** Names of fields of its input that are never stored, besides those of the actor. */
  secrets?: readonly string[];
}

/** The ports of a machine, by the names of its promise actors. */
export type TabPorts = Readonly<Record<string, TabPort | TabPortFunction>>;

export type PortTable = ReadonlyMap<string, TabPort>;

/**
 * The ports in one form.
 * @throws TabError `unknownPort` for a promise actor of the machine without a port: it would be told too late otherwise.
 */
export function portTable(machine: AnyStateMachine, ports: TabPorts, secrets: readonly string[] = []): PortTable {
  const table = new Map(
    Object.entries(ports).map(([name, given]) => {
      const port = typeof given === 'function' ? { call: given } : given;
      return [name, { ...port, secrets: [...secrets, ...(port.secrets ?? [])] }];
    }),
  );
  const missing = portsIn(machine).filter((name) => !table.has(name));
  if (missing.length === 0) return table;
  throw new TabError('unknownPort', `machine '${machine.id}' calls ports that were not given: ${missing.join(', ')}`);
}
