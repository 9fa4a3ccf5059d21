import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';

/** What is read of an object. */
export interface Reading {
  get<T>(key: string): Promise<T | null>;
}

/** What a handler does to its object. */
export interface Writing extends Reading {
  set<T>(key: string, value: T): void;
  clear(key: string): void;
  keys(): Promise<string[]>;
}

export const reading = (ctx: ObjectSharedContext): Reading => ({ get: (key) => ctx.get(key) });

/** Reads each key once, and writes each once, at the end: every access to Restate's state is an entry in its journal. */
export class Cells implements Writing {
  readonly #ctx: ObjectContext;
  readonly #values = new Map<string, unknown>();
  readonly #changed = new Set<string>();

  constructor(ctx: ObjectContext) {
    this.#ctx = ctx;
  }

  async get<T>(key: string): Promise<T | null> {
    if (!this.#values.has(key)) this.#values.set(key, await this.#ctx.get(key));
    return this.#values.get(key) as T | null;
  }

  set<T>(key: string, value: T): void {
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  clear(key: string): void {
    this.set(key, null);
  }

  keys = () => this.#ctx.stateKeys();

  flush(): void {
    for (const key of this.#changed) {
      const value = this.#values.get(key);
      if (value === null) this.#ctx.clear(key);
      else this.#ctx.set(key, value);
    }
    this.#changed.clear();
  }
}
