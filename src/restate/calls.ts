import { faultPoint } from '#fault-point';
import { failureOf, type Outcome } from '../host/delivery.ts';
import type { HostParts } from '../host/parts.ts';
import type { RequestRecord } from '../store/types.ts';
import { type Carried, sealed } from './inside.ts';
import { places } from './recovery.ts';

/** A call that was ordered this long ago may have been given up meanwhile, in ms. */
const FRESH = 1_000;

interface CallsOptions {
  /** The host's. */
  id: string;
  parts: HostParts;
  /** Whether no other host serves the recoveries: then it knows of every call that is given up. */
  alone: boolean;
  /** Asks the recovery for a call that it still waits for. */
  wanted(recoveryId: string, key: string): Promise<RequestRecord | null>;
}

interface Running {
  tries: number;
  abort: AbortController;
  result: Promise<Carried>;
}

const idOf = (recoveryId: string, key: string) => `${recoveryId}\n${key}`;

/** The calls to ports that this process carries out, and what of Restate's messages is under way. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #ordered = new Map<string, RequestRecord>();
  readonly #running = new Map<string, Running>();
  readonly #givenUp = new Set<Running>();
  /** Calls that are not settled, and messages that have not arrived. */
  readonly #underWay = new Set<string>();
  #closed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay.size + this.#givenUp.size;
  }

  begins = (token: string) => void this.#underWay.add(token);
  ends = (token: string) => void this.#underWay.delete(token);

  ordered(request: RequestRecord): void {
    const id = idOf(request.recoveryId, request.key);
    this.#ordered.set(id, request);
    this.#underWay.add(id);
  }

  settled(recoveryId: string, key: string): void {
    this.#underWay.delete(idOf(recoveryId, key));
  }

  /** Gives up the awaited calls of a recovery other than those named. */
  keepOnly(recoveryId: string, keys: readonly string[]): void {
    const kept = new Set(keys.map((key) => idOf(recoveryId, key)));
    for (const [id, request] of this.#ordered) {
      if (request.recoveryId !== recoveryId || request.kind === 'sent' || kept.has(id)) continue;
      this.#ordered.delete(id);
      this.#underWay.delete(id);
      const running = this.#running.get(id);
      if (!running) continue;
      this.#running.delete(id);
      this.#givenUp.add(running);
      running.abort.abort(new Error('no longer awaited'));
    }
  }

  /**
   * Carries out a call, once however often Restate asks for the same try.
   * @returns what came of it; null when nobody waits for it; `again` when the host has closed meanwhile.
   * @throws Error when the host has closed.
   */
  carryOut(recoveryId: string, key: string, tries: number, host: string): Promise<Carried> {
    const id = idOf(recoveryId, key);
    const before = this.#running.get(id);
    if (before?.tries === tries) return before.result;
    const abort = new AbortController();
    const running: Running = { tries, abort, result: Promise.resolve(null) };
    running.result = this.#run(running, recoveryId, key, host).finally(() => {
      this.#givenUp.delete(running);
      if (this.#running.get(id) === running) this.#running.delete(id);
    });
    this.#running.set(id, running);
    return running.result;
  }

  async #run(running: Running, recoveryId: string, key: string, host: string): Promise<Carried> {
    if (this.#closed) throw new Error('the host has closed');
    const { parts } = this.#options;
    const id = idOf(recoveryId, key);
    const request = await this.#requestOf(recoveryId, key, running.tries, host);
    if (!request) {
      this.#underWay.delete(id);
      return null;
    }
    this.#ordered.set(id, request);
    this.#underWay.add(id);
    faultPoint('outbox.call');
    const outcome: Outcome = await parts.caller.call(request, running.abort.signal).then(
      (output) => ({ output }),
      (error: unknown) => ({ error: failureOf(error) }),
    );
    if (this.#closed) return 'again';
    faultPoint('outbox.answered');
    const isGivenUp = this.#givenUp.has(running);
    if (!isGivenUp) this.#ordered.delete(id);
    // A late answer to a call that was given up is recorded too; one that was broken off says nothing.
    if (isGivenUp && 'error' in outcome) return null;
    this.#underWay.add(id);
    return {
      sealed: sealed({ parts }, outcome, places.answer(recoveryId, key)),
      port: request.port,
      kind: request.kind,
    };
  }

  /** What this host has just ordered, or nobody else can have given up, need not be asked for. */
  async #requestOf(recoveryId: string, key: string, tries: number, host: string): Promise<RequestRecord | null> {
    const { id, parts, alone, wanted } = this.#options;
    const ordered = this.#ordered.get(idOf(recoveryId, key));
    const isFresh = (since: number) => host === id && parts.clock.now() - since < FRESH;
    if (ordered?.tries === tries && (alone || isFresh(ordered.notBefore))) return ordered;
    const asked = await wanted(recoveryId, key);
    return asked?.tries === tries ? asked : null;
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#running.values()) abort.abort(new Error('the host is closing'));
    for (const { abort } of this.#givenUp) abort.abort(new Error('the host is closing'));
  }
}
