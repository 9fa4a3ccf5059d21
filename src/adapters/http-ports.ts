import { createHmac } from 'node:crypto';
import { type PortName, ports as portSpecs } from '../../machines/ports.ts';
import type { PortCall, Ports } from './ports.ts';

export interface HttpPortsOptions {
  /** Each call is a POST to `url/port` with `{ input, call }` as JSON; its answer is the port's. */
  url: string;
  /**
   * Signs every call: `Regain-Signature` is the HMAC-SHA256 of the idempotency key, a line feed and the body, in hex. Whoever
   * answers has to check it.
   */
  secret: string;
}

/** A port that answered with an error, or not at all. The text of its answer is not repeated: it may hold a secret. */
class PortError extends Error {
  override readonly name = 'PortError';
}

/**
 * Ports that are reached over HTTP: for a service whose bank, registry and gateways are in other hands or another language.
 * `Idempotency-Key` is the call's key: the same key must have its effect once, and the same answer.
 */
export function createHttpPorts({ url, secret }: HttpPortsOptions): Ports {
  const base = url.endsWith('/') ? url : `${url}/`;
  const carryOut = async (port: PortName, input: unknown, { signal, ...call }: PortCall): Promise<unknown> => {
    const body = JSON.stringify({ input, call });
    const response = await fetch(new URL(port, base), {
      method: 'POST',
      redirect: 'error',
      signal,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': call.key,
        'Regain-Signature': createHmac('sha256', secret).update(`${call.key}\n${body}`).digest('hex'),
      },
      body,
    });
    if (!response.ok) throw new PortError(`port '${port}' answered with status ${response.status}`);
    return response.json();
  };
  const names = Object.keys(portSpecs) as PortName[];
  return Object.fromEntries(
    names.map((port) => [port, (input: unknown, call: PortCall) => carryOut(port, input, call)]),
  ) as unknown as Ports;
}
