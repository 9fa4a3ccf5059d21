import { createHash } from 'node:crypto';
import { type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import type { AnyStateMachine } from 'xstate';
import type { Instant, Tracer } from '../core/index.ts';
import type { Changed } from '../host/delivery.ts';
import type { HostParts, Random } from '../host/parts.ts';
import type { Takeover } from '../host/takeover.ts';
import type { RequestRecord } from '../store/types.ts';
import { partsOf, type Sealed } from './names.ts';

/** What the handlers need of the host of their namespace. */
export interface Inside {
  readonly id: string;
  readonly namespace: string;
  readonly parts: HostParts;
  readonly machine: AnyStateMachine;
  readonly takeover: Takeover;
  /** Whether Restate wakes recoveries; else the host's own clock does. */
  readonly wakesByRestate: boolean;
  trace(recoveryId: string): Tracer | undefined;
  /** Told while a recovery's handler runs: of calls that it makes or gives up, and of when it is to be woken. */
  ordered(request: RequestRecord): void;
  keepOnly(recoveryId: string, awaited: readonly string[]): void;
  settled(recoveryId: string, key: string): void;
  wakeAt(recoveryId: string, instant: Instant | undefined): void;
  changed(changed: Changed): void;
  /** Something that was sent within Restate, until it has arrived. */
  begins(token: string): void;
  ends(token: string): void;
  /** Notes that a handler of a recovery runs, for the host that asked; returns what is to be called at its end. */
  entered(recoveryId: string, by: string | undefined): () => void;
  /** Carries out a call. @throws when the host has closed: it is made elsewhere. */
  carryOut(recoveryId: string, key: string, tries: number, host: string): Promise<Carried>;
}

/** What came of an order: the answer, nothing when nobody waits for it, or that it is to be ordered anew. */
export type Carried = SealedOutcome | null | 'again';

interface SealedOutcome extends Sealed, Pick<RequestRecord, 'port' | 'kind'> {}

/** The hosts of this process, by namespace. */
export class Hosts {
  readonly #hosts = new Map<string, Inside>();

  attach(host: Inside): void {
    if (this.#hosts.has(host.namespace)) throw new Error(`namespace '${host.namespace}' has a host in this process`);
    this.#hosts.set(host.namespace, host);
  }

  detach(host: Inside): void {
    if (this.#hosts.get(host.namespace) === host) this.#hosts.delete(host.namespace);
  }

  /**
   * The host that an object belongs to, and the id within it.
   * @throws Error when there is none, or not yet: Restate tries again.
   */
  of(key: string): { host: Inside; id: string } {
    const { namespace, id } = partsOf(key);
    const host = this.#hosts.get(namespace);
    if (!host) throw new Error(`namespace '${namespace}' has no host here now`);
    return { host, id };
  }
}

/** Random bytes that are the same when a handler is carried out anew, and that nobody can tell without the key. */
export function randomOf(ctx: ObjectContext, { parts }: Inside): Random {
  const { id } = ctx.request();
  let asked = 0;
  return (size) => parts.sealer.derived(`${id}/${++asked}`).subarray(0, size);
}

const WHOLE = ['whole'];

/** Seals a whole record. @param place what it is for: it can be opened for nothing else. */
export const sealed = ({ parts }: Pick<Inside, 'parts'>, record: unknown, place: string): string =>
  parts.sealer.seal({ whole: record }, WHOLE, place);

/** @throws TerminalError when it was sealed with another key, or for another place. */
export function opened<T>({ parts }: Pick<Inside, 'parts'>, text: string, place: string): T {
  try {
    return (parts.sealer.open(text, WHOLE, place) as { whole: T }).whole;
  } catch {
    throw new TerminalError('sealed with another key: every process has to be given the same sealing key');
  }
}

/** When a handler began, and in which host: the same when it is carried out anew, in whichever. */
export const beganOf = (ctx: ObjectContext, { id, parts }: Inside): Promise<{ at: Instant; hostId: string }> =>
  ctx.run('began', () => ({ at: parts.clock.now(), hostId: id }));

/** The instant of the host's clock, the same when the handler is carried out anew. */
export const nowOf = (ctx: ObjectContext, { parts }: Inside): Promise<Instant> =>
  ctx.run('now', () => parts.clock.now());

/** A short name for texts that may be long, or that are not to be read in a key. */
export const hashOf = (...texts: string[]) => createHash('sha256').update(JSON.stringify(texts)).digest('base64url');
