import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { PortName } from '../../machines/ports.ts';
import type { PortCall } from '../../src/adapters/ports.ts';
import { createSandbox, type Sandbox } from '../../src/adapters/sandbox.ts';
import type { Reader } from './reader.ts';

export const SECRET = 'the secret of the ports in the fault harness';
type Call = Omit<PortCall, 'signal' | 'at'>;

const LONGEST_DELAY = 25; // ms
/** Until a store that is behind is asked again, in ms. */
const AGAIN = 100;

/**
 * The outside world of a service that is killed: bank, gateways and account system live on. Ports are reached over HTTP, take
 * a moment, and finish what they began whether or not anybody still waits for the answer.
 */
export class World {
  readonly sandbox: Sandbox;
  /** Keys of the calls that came, by recovery. */
  readonly keys = new Map<string, Set<string>>();
  /** Calls that no committed outbox knew of. */
  readonly uncommitted: string[] = [];
  /** Calls that came again with another body under the same key. */
  readonly changed: string[] = [];
  repeats = 0;
  readonly #bodies = new Map<string, string>();
  readonly #open: () => Promise<Reader>;
  readonly #server: Server;
  #reader: Promise<Reader> | undefined;

  private constructor(open: () => Promise<Reader>) {
    this.#open = open;
    this.sandbox = createSandbox({ accounts: [], key: 'the key of the world in the fault harness', passwordCost: 2 });
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', async () => {
        const key = String(request.headers['idempotency-key']);
        if (!isSigned(key, body, String(request.headers['regain-signature']))) return response.writeHead(401).end();
        const at = Date.parse(String(request.headers['regain-at']));
        const answer = await this.#answer((request.url ?? '').slice(1) as PortName, body, at).catch(() => undefined);
        if (answer === undefined) return response.writeHead(500).end();
        return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
      });
      request.on('error', () => {});
    });
  }

  /** @param open opens the service's file, database or Restate: every call has to be in its outbox, committed. */
  static async open(open: () => Promise<Reader>): Promise<World> {
    const world = new World(open);
    await new Promise<void>((resolve) => world.#server.listen(0, '127.0.0.1', resolve));
    return world;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(port: PortName, body: string, at: number): Promise<unknown> {
    const { input, call } = JSON.parse(body) as { input: never; call: Call };
    this.#note(call, body);
    if (!(await this.#isCommitted(call))) this.uncommitted.push(call.key);
    await setTimeout(Math.random() * LONGEST_DELAY);
    return this.sandbox.ports[port](input, { ...call, at, signal: new AbortController().signal });
  }

  #note(call: Call, body: string): void {
    const { recoveryId, key } = call;
    if ((this.#bodies.get(key) ?? body) !== body) this.changed.push(key);
    this.#bodies.set(key, body);
    const keys = this.keys.get(recoveryId) ?? new Set();
    this.keys.set(recoveryId, keys);
    if (keys.has(key)) this.repeats += 1;
    keys.add(key);
  }

  /** Whether a step that makes the call is committed, as everybody who opens the store sees it. */
  async #isCommitted(call: Call): Promise<boolean> {
    this.#reader ??= this.#open();
    const reader = await this.#reader;
    for (;;) {
      const wasBehind = reader.isBehind?.();
      if (await isKnown(reader, call)) return true;
      if (!wasBehind) return false;
      await setTimeout(AGAIN);
    }
  }

  async close(): Promise<void> {
    await (await this.#reader)?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function isKnown(reader: Reader, { recoveryId, key, path, step, attempt }: Call): Promise<boolean> {
  if (step === 'eraseEvidence') return isKept(reader, recoveryId, key);
  const calls = (await reader.load(recoveryId))?.recovery.calls ?? {};
  const counter = key.includes('/notice/') ? 'notices' : `${path === 'recovery' ? '' : path}/${step}`;
  return (calls[counter] ?? 0) >= attempt;
}

/** Of a call that no chart makes: it is in the outbox, or its result is in the trail. */
async function isKept(reader: Reader, recoveryId: string, key: string): Promise<boolean> {
  const own = key.slice(recoveryId.length).replace(/^\/recovery\//, '/');
  if ((await reader.requestsOf(recoveryId)).some((request) => request.key === own)) return true;
  return (await reader.audit(recoveryId)).some(({ data }) => data.key === own);
}

function isSigned(key: string, body: string, signature: string): boolean {
  const right = Buffer.from(createHmac('sha256', SECRET).update(`${key}\n${body}`).digest('hex'));
  const given = Buffer.from(signature);
  return given.length === right.length && timingSafeEqual(given, right);
}
