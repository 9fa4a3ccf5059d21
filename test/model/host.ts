import type { PortName } from '../../machines/ports.ts';
import { ports as portSpecs } from '../../machines/ports.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import type { Tracer } from '../../src/core/index.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createVirtualClock, type VirtualClock } from '../../src/host/clock.ts';
import { Refusal } from '../../src/host/refusal.ts';
import type { Place } from '../conformance/host.ts';
import { sqliteFile } from '../conformance/sqlite.ts';
import type { Happening } from './composed.ts';
import { type Expected, inOrder } from './expected.ts';
import type { Observed, System } from './replay.ts';
import { type Completed, START } from './subjects.ts';

const KEY = new Uint8Array(32).fill(7);

interface Waiting {
  key: string;
  port: PortName;
  owner: string;
  attempt: number;
  end: AbortController;
}
type Said = { answer: unknown } | { throws: true };

/** Ports that say nothing until they are told what to say. */
class ToldPorts {
  readonly waiting = new Map<string, Waiting>();
  readonly #said = new Map<string, Said>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get ports(): Ports {
    const told = (Object.keys(portSpecs) as PortName[]).map((port) => [
      port,
      (input: unknown, call: PortCall) => this.#call(port, input, call),
    ]);
    return Object.fromEntries(told) as Ports;
  }

  async #call(port: PortName, _: unknown, call: PortCall): Promise<unknown> {
    if (port === 'eraseEvidence' || (port === 'notify' && call.key.includes('/notice/'))) return { ok: true };
    if (!this.#said.has(call.key)) {
      const end = new AbortController();
      const { key, attempt } = call;
      const owner = call.path === 'recovery' ? '' : call.path;
      this.waiting.set(key, { key, port, owner, attempt, end });
      await this.#clock
        .wait(Number.POSITIVE_INFINITY, AbortSignal.any([call.signal, end.signal]))
        .catch(() => undefined)
        .finally(() => this.waiting.delete(key));
      call.signal.throwIfAborted();
    }
    const said = this.#said.get(call.key);
    if (said && 'answer' in said) return said.answer;
    throw new Error('out of order');
  }

  /** Has a call answered: the one that waits in the given place among those of its port and path. */
  say(owner: string, port: string, place: number, said: Said): void {
    const candidates = [...this.waiting.values()].filter((call) => call.owner === owner && call.port === port);
    const call = candidates.sort((a, b) => a.attempt - b.attempt)[place];
    if (!call) throw new Error(`no call of '${port}' by '${owner || 'the recovery'}' waits in place ${place + 1}`);
    this.#said.set(call.key, said);
    call.end.abort();
  }
}

/** The durable host at a place of its own: between two steps it is closed, and another takes up what it left. */
export class HostSystem implements System {
  readonly #clock = createVirtualClock(START);
  readonly #ports = new ToldPorts(this.#clock);
  readonly #subject: Completed;
  readonly #tracer: Tracer | undefined;
  readonly #place: Place;
  #host: Recoveries | undefined;
  #id = '';
  #steps = 0;
  restarts = 0;

  /**
   * @param tracer looks on, over all restarts.
   * @param place a file, unless it is given.
   */
  constructor(subject: Completed, tracer?: Tracer, place: Place = sqliteFile()) {
    this.#subject = subject;
    this.#tracer = tracer;
    this.#place = place;
  }

  async #up(): Promise<Recoveries> {
    const tracer = this.#tracer;
    const host = await this.#place.open({
      ports: this.#ports.ports,
      clock: this.#clock,
      policy: this.#subject.policyInput,
      sealingKey: KEY,
      retryDelay: () => 0,
      newId: () => 'r1',
      ...(tracer ? { trace: () => tracer } : {}),
      onError: (error) => {
        throw error;
      },
    });
    this.#host = host;
    await host.idle();
    return host;
  }

  close = () => this.#place.close();

  /** The host for the next step. */
  async #next(): Promise<Recoveries> {
    this.#steps += 1;
    if (!this.#host) return this.#up();
    return (this.#place.restartsBefore?.(this.#steps) ?? true) ? this.restart() : this.#host;
  }

  async restart(): Promise<Recoveries> {
    this.restarts += 1;
    return this.#up();
  }

  async apply(happening: Happening, place: number, dueAt: number): Promise<Observed['refused']> {
    const host = await this.#next();
    switch (happening.do) {
      case 'start': {
        const { recoveryId } = await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
        this.#id = recoveryId;
        break;
      }
      case 'wait':
        await this.#clock.advance(dueAt - this.#clock.now());
        break;
      case 'answer':
        this.#ports.say(happening.owner, happening.port, place, { answer: happening.output });
        break;
      case 'fail':
        this.#ports.say(happening.owner, happening.port, place, { throws: true });
        break;
      case 'send': {
        const refused = await host.send(this.#id, happening.event, happening.by).then(
          () => null,
          (error: unknown) => error,
        );
        if (refused instanceof Refusal) {
          const { code, reason, field } = refused;
          await host.idle();
          return { code, ...(reason === undefined ? {} : { reason }), ...(field === undefined ? {} : { field }) };
        }
        if (refused !== null) throw refused;
        break;
      }
      default:
        throw new Error(`no driver for ${JSON.stringify(happening satisfies never)}`);
    }
    await host.idle();
    return null;
  }

  async see(): Promise<Expected> {
    if (!this.#host) throw new Error('nothing runs');
    const { status, state, tags, allowed, deadlines, output } = await this.#host.get(this.#id);
    return { status, state, tags, allowed, deadlines: inOrder(deadlines), output };
  }
}
