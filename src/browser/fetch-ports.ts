import type { PortCall } from '../adapters/ports.ts';
import type { TabPort } from './ports.ts';

export interface FetchPortsOptions {
  /** Each call is a POST to `url/port` with `{ input, call }` as JSON; its answer is the port's. */
  url: string | URL;
  /** Longest that one try may take, in ms, where the port does not say: 30 seconds. */
  timeout?: number;
  /** What goes with each call besides, such as an `Authorization`: asked for anew at each try. */
  headers?: () => HeadersInit | Promise<HeadersInit>;
  /** Whether cookies go with it: `same-origin`. */
  credentials?: RequestCredentials;
}

/** A back end that answered with an error, or with what is no JSON. The text of its answer is not repeated. */
class PortError extends Error {
  override readonly name = 'PortError';
}

const TIMEOUT = 30_000; // ms

/**
 * Ports that a back end carries out, in the form that it answers for a service, too, but for the signature, which no page could
 * keep. `Idempotency-Key` is the call's key: the same key must have its effect once, and the same answer. It always
 * comes with the same body; the instant of the try, which differs, is in `Regain-At`.
 * @param ports what the host has to know of each: the schema of its answer, how often it is tried, for how long.
 */
export function fetchPorts<Name extends string>(
  ports: Readonly<Record<Name, Omit<TabPort, 'call'>>>,
  { url, timeout = TIMEOUT, headers, credentials = 'same-origin' }: FetchPortsOptions,
): Record<Name, TabPort> {
  const base = new URL(`${String(url).replace(/\/$/, '')}/`, globalThis.location?.href);
  const carryOut = async (port: string, input: unknown, { signal, at, ...call }: PortCall): Promise<unknown> => {
    const sent = new Headers(await headers?.());
    sent.set('Content-Type', 'application/json');
    sent.set('Idempotency-Key', call.key);
    sent.set('Regain-At', new Date(at).toISOString());
    const body = JSON.stringify({ input, call });
    const response = await fetch(new URL(port, base), { method: 'POST', headers: sent, body, signal, credentials });
    if (response.status !== 200) throw new PortError(`port '${port}' answered with status ${response.status}`);
    return response.json().catch(() => {
      throw new PortError(`port '${port}' answered with what is no JSON`);
    });
  };
  const entries = (Object.entries(ports) as [Name, Omit<TabPort, 'call'>][]).map(([name, port]) => {
    const call = (input: unknown, made: PortCall) => carryOut(name, input, made);
    return [name, { timeout, ...port, call }];
  });
  return Object.fromEntries(entries) as Record<Name, TabPort>;
}
