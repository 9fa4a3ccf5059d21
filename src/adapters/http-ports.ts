import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import type { RecoveryPath } from '../../machines/path.ts';
import { portsOf } from '../../machines/paths.ts';
import type { OwnPorts, PortCall, Ports } from './ports.ts';

export interface HttpPortsOptions {
  /** Each call is a POST to `url/port` with `{ input, call }` as JSON; its answer is the port's. */
  url: string;
  /**
   * Signs every call: `Regain-Signature` is the HMAC-SHA256 of the idempotency key, a line feed and the body, in hex. Whoever
   * answers has to check it.
   */
  secret: string;
  /** Paths of one's own, whose ports are there as well. */
  paths?: readonly RecoveryPath[];
}

/** A port that answered with an error, or not at all. The text of its answer is not repeated: it may hold a secret. */
class PortError extends Error {
  override readonly name = 'PortError';
}

const LONGEST_ANSWER = 1_048_576; // bytes

/**
 * Ports that are reached over HTTP: for a service whose bank, registry and gateways are in other hands or another language.
 * `Idempotency-Key` is the call's key: the same key must have its effect once, and the same answer. It always comes with the
 * same body; the instant of the try, which differs, is in `Regain-At`.
 */
export function createHttpPorts({ url, secret, paths = [] }: HttpPortsOptions): Ports & OwnPorts {
  const base = url.endsWith('/') ? url : `${url}/`;
  // How long an answer may take is for the policy to say, which may wait for a registry for a quarter of an hour.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: LONGEST_ANSWER });
  const carryOut = async (port: string, input: unknown, { signal, at, ...call }: PortCall): Promise<unknown> => {
    const body = JSON.stringify({ input, call });
    const response = await request(new URL(port, base), {
      method: 'POST',
      dispatcher,
      signal,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': call.key,
        'Regain-At': new Date(at).toISOString(),
        'Regain-Signature': createHmac('sha256', secret).update(`${call.key}\n${body}`).digest('hex'),
      },
      body,
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new PortError(`port '${port}' answered with status ${response.statusCode}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new PortError(`port '${port}' answered with what is no JSON`);
    }
  };
  return Object.fromEntries(
    Object.keys(portsOf(paths)).map((port) => [port, (input: unknown, call: PortCall) => carryOut(port, input, call)]),
  ) as unknown as Ports & OwnPorts;
}
