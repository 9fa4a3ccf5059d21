import { type AnyActorRef, isMachineSnapshot } from 'xstate';
import type { Stored } from './types.ts';

/**
 * Tells whether what the actors of a tree remember is plain JSON, so that it is the same once it was written and read. What was
 * found plain is not looked through again: contexts are not altered in place.
 */
export class Plainness {
  readonly #known = new WeakSet<object>();

  holdsFor(actor: AnyActorRef): boolean {
    const snapshot: unknown = actor.getSnapshot();
    if (!isMachineSnapshot(snapshot)) return this.#rest(snapshot);
    if (!this.#isPlain(snapshot.context)) return false;
    for (const child of Object.values(snapshot.children))
      if (child && !this.holdsFor(child as AnyActorRef)) return false;
    return true;
  }

  /** Whether the same holds of what is stored of a tree. */
  holdsForStored({ snapshot, timers }: Pick<Stored, 'snapshot' | 'timers'>): boolean {
    return this.#isPlainTree(snapshot) && timers.every((timer) => this.#isPlain(timer));
  }

  /** What XState leaves open is undefined: of a snapshot and of a child that is as good as missing. */
  #isPlainTree(persisted: unknown): boolean {
    const { children = {}, ...own } = persisted as { children?: Record<string, { snapshot: unknown }> };
    if (!this.#areFieldsPlain(own)) return false;
    return Object.values(children).every(
      ({ snapshot, ...child }) => this.#areFieldsPlain(child) && this.#isPlainTree(snapshot),
    );
  }

  /** What a port is given is part of no stored snapshot. */
  #rest(snapshot: unknown): boolean {
    const { input: _, ...kept } = snapshot as Record<string, unknown>;
    return this.#areFieldsPlain(kept);
  }

  #areFieldsPlain(fields: object): boolean {
    return Object.values(fields).every((value) => value === undefined || this.#isPlain(value));
  }

  #isPlain(value: unknown): boolean {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
    if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
    if (typeof value !== 'object') return false;
    if (this.#known.has(value)) return true;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return false;
    if ('toJSON' in value || Object.getOwnPropertySymbols(value).length > 0) return false;
    for (const inner of Object.values(value)) if (!this.#isPlain(inner)) return false;
    if (Array.isArray(value) && Object.keys(value).length !== value.length) return false;
    this.#known.add(value);
    return true;
  }
}
