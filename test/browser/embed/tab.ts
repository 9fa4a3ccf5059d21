import 'fake-indexeddb/auto';

/**
 * What a browser has and Node 20 has not: Web Locks, within this process. The tests in a real browser use the browser's own.
 */
class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async request(name: string, ...rest: unknown[]): Promise<unknown> {
    const work = rest.at(-1) as (lock: object | null) => unknown;
    const { ifAvailable, signal } = (rest.length > 1 ? rest[0] : {}) as { ifAvailable?: boolean; signal?: AbortSignal };
    const before = this.#tails.get(name);
    if (ifAvailable && before) return work(null);
    const run = (before ?? Promise.resolve()).then(() => (signal?.aborted ? undefined : work({ name })));
    const tail = run.catch(() => {});
    this.#tails.set(name, tail);
    return run.finally(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    });
  }
}

if (!('locks' in (globalThis.navigator ?? {}))) {
  Object.defineProperty(globalThis, 'navigator', { value: { locks: new Locks() }, configurable: true });
}
