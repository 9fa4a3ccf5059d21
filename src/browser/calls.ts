import type { PortCall } from '../adapters/ports.ts';
import type { PortRequest } from '../core/index.ts';
import type { Clock } from '../host/clock.ts';
import { scrubbed } from '../host/marks.ts';
import type { RequestRecord } from '../store/types.ts';
import type { PortTable, TabPort } from './ports.ts';
import type { Rules } from './records.ts';

/** For a call that nobody waits for, in ms, where its port sets no limit. */
const SENT_TIMEOUT = 30_000;
const WITHHELD = { $withheld: true };

type Part = Record<string, unknown>;

interface CallerOptions {
  actorId: string;
  /** Stands for the root in keys, where it would have no name. */
  rootName: string;
  ports: PortTable;
  clock: Clock;
  rules: Rules;
}

/** Brings calls from the outbox to the ports and their answers back, checked. Secrets stay in memory. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #secrets = new Map<string, { kind: RequestRecord['kind']; fields: Part }>();

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  triesOf(port: string): number {
    return this.#options.ports.get(port)?.tries ?? 1;
  }

  /** A call as it is written, without its secrets. */
  record({ key, path, port, attempt, input }: PortRequest, kind: RequestRecord['kind'], at: number): RequestRecord {
    const secrets = this.#options.ports.get(port)?.secrets ?? [];
    const given = secrets.filter((name) => (input as Part | undefined)?.[name] !== undefined);
    if (given.length > 0) this.#secrets.set(key, { kind, fields: pick(input as Part, given) });
    const kept = given.length > 0 ? { ...(input as Part), ...withheld(given) } : input;
    const { actorId } = this.#options;
    const call = { recoveryId: actorId, key, path, port, attempt, kind };
    return { ...call, input: JSON.stringify(kept) ?? 'null', at, tries: 0, notBefore: at };
  }

  /** Forgets the secrets of a call that is settled. */
  forget(key: string): void {
    this.#secrets.delete(key);
  }

  /** Forgets those of awaited calls other than those named. */
  keepOnly(keys: readonly string[]): void {
    for (const [key, { kind }] of this.#secrets)
      if (kind === 'awaited' && !keys.includes(key)) this.#secrets.delete(key);
  }

  /** Carries out one call: adds its secrets, asks the port, checks the answer. */
  async call(request: RequestRecord, signal: AbortSignal): Promise<unknown> {
    const { actorId, rootName, ports, clock, rules } = this.#options;
    const { key, path, port, attempt, kind } = request;
    const known = ports.get(port);
    if (!known) throw new Error(`there is no port '${port}'`);
    const input = this.#input(request);
    const call: PortCall = {
      key: `${actorId}/${path === '' ? `${rootName}${key}` : key}`,
      recoveryId: actorId,
      path: path === '' ? rootName : path,
      step: port,
      attempt,
      at: clock.now(),
      signal,
    };
    const answer = await this.#limited(known, kind, input, call);
    const checked = known.answer?.safeParse(answer);
    if (checked && !checked.success) {
      const [issue] = checked.error.issues;
      throw new TypeError(`port '${port}' answered amiss at '${issue?.path.join('.')}': ${issue?.message}`);
    }
    const output = checked ? checked.data : answer;
    return rules.answer ? rules.answer(port, output) : output;
  }

  #input({ key, port, input }: RequestRecord): unknown {
    const stored: unknown = JSON.parse(input);
    const secrets = this.#options.ports.get(port)?.secrets ?? [];
    const kept = this.#secrets.get(key);
    if (kept) return { ...(stored as Part), ...kept.fields };
    if (!secrets.some((name) => isWithheld((stored as Part | null)?.[name]))) return stored;
    throw new Error('this call holds a secret, which is not stored, and the page that had it was closed');
  }

  /** A try ends when its time is up, whether or not the port heeds the signal. */
  async #limited(
    { call: ask, timeout, secrets = [] }: TabPort,
    kind: RequestRecord['kind'],
    input: unknown,
    call: PortCall,
  ) {
    const { clock } = this.#options;
    const ms = timeout ?? (kind === 'sent' ? SENT_TIMEOUT : undefined);
    const limit = new AbortController();
    let end = () => {};
    const over = new Promise<never>((_, reject) => {
      if (ms === undefined) return;
      end = clock.at(clock.now() + ms, () => {
        const error = new Error('timed out');
        limit.abort(error);
        reject(error);
      });
    });
    try {
      const signal = AbortSignal.any([call.signal, limit.signal]);
      return await Promise.race([(async () => ask(input, { ...call, signal }))(), over]);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
      throw Object.assign(new Error(scrubbed(message, input, secrets)), { name });
    } finally {
      end();
    }
  }
}

const isWithheld = (value: unknown) => typeof value === 'object' && value !== null && '$withheld' in value;
const withheld = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, WITHHELD]));
const pick = (part: Part, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, part[name]]));
