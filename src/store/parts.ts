import { createHash } from 'node:crypto';
import { prepared } from './prepared.ts';
import type { Trx } from './tables.ts';

/**
 * What many recoveries have alike is kept once: a snapshot holds the hash of its content in its place. And what a child was given
 * by its parent is kept with the parent. Where it is not kept, a snapshot is as XState persists it.
 */

/** Names of the values in a context that are kept once, in a table of their own. */
const SHARED: ReadonlySet<string> = new Set(['policy']);

/** A value of a context as it is written: a part by its hash, the parent's of the same name, or one that looks like these. */
type Mark = { regain$part: string } | { regain$parents: true } | { regain$as: unknown };

type Context = Record<string, unknown>;
interface Persisted {
  context?: unknown;
  children?: Record<string, { snapshot: Persisted }>;
}

const isObject = (value: unknown): value is Context => typeof value === 'object' && value !== null;
const isMark = (value: unknown): value is Mark =>
  isObject(value) && ('regain$part' in value || 'regain$parents' in value || 'regain$as' in value);

const selectPart = prepared<{ hash: string }, { data: string }>(['hash'], (db, { hash }) =>
  db.selectFrom('parts').select('data').where('hash', '=', hash),
);
const insertPart = prepared<{ hash: string; data: string }>(['hash', 'data'], (db, part) =>
  db
    .insertInto('parts')
    .values({ ...part })
    .onConflict((conflict) => conflict.column('hash').doNothing()),
);

/** Parts that are remembered, at most; there are as many as there are policies in use. */
const MOST = 1_000;

export interface Packed {
  /** JSON. */
  text: string;
  /** Hashes of the parts that it refers to. */
  parts: ReadonlySet<string>;
}

export class Parts {
  /** Of what was hashed before. */
  readonly #hashes = new WeakMap<object, string>();
  readonly #compared = new WeakMap<object, { to: object; same: boolean }>();
  /** What is in the table, by hash; each is given as one object to all who load it. */
  readonly #kept = new Map<string, object>();
  /** What was packed and may not be in the table yet. */
  readonly #texts = new Map<string, string>();

  pack(snapshot: unknown): Packed {
    const parts = new Set<string>();
    return { text: JSON.stringify(this.#packed(snapshot, undefined, parts)), parts };
  }

  #packed(snapshot: unknown, parents: unknown, parts: Set<string>): unknown {
    if (!isObject(snapshot) || !isObject(snapshot.context)) return snapshot;
    const { context, children } = snapshot as { context: Context } & Pick<Persisted, 'children'>;
    const marked: Context = {};
    for (const key in context) marked[key] = this.#marked(key, context[key], isObject(parents) ? parents : {}, parts);
    if (!isObject(children)) return { ...snapshot, context: marked };
    const packed = Object.entries(children).map(([id, child]) => [
      id,
      { ...child, snapshot: this.#packed(child.snapshot, context, parts) },
    ]);
    return { ...snapshot, context: marked, children: Object.fromEntries(packed) };
  }

  #marked(key: string, value: unknown, parents: Context, parts: Set<string>): unknown {
    if (!isObject(value)) return value;
    if (this.#isSame(value, parents[key])) return { regain$parents: true } satisfies Mark;
    if (SHARED.has(key)) {
      const hash = this.#hashOf(value);
      parts.add(hash);
      return { regain$part: hash } satisfies Mark;
    }
    return isMark(value) ? ({ regain$as: value } satisfies Mark) : value;
  }

  /** Whether a child's value is written as its parent's is; of two objects that were compared before that is known. */
  #isSame(value: object, parents: unknown): boolean {
    if (value === parents) return true;
    if (!isObject(parents)) return false;
    const known = this.#compared.get(value);
    if (known?.to === parents) return known.same;
    const same = JSON.stringify(value) === JSON.stringify(parents);
    this.#compared.set(value, { to: parents, same });
    return same;
  }

  #hashOf(value: object): string {
    const known = this.#hashes.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    const hash = createHash('sha256').update(text).digest('base64url');
    this.#hashes.set(value, hash);
    if (!this.#kept.has(hash)) this.#texts.set(hash, text);
    return hash;
  }

  /** Writes the parts that may not be there; the caller holds the transaction. */
  async write(trx: Trx, { parts }: Packed): Promise<void> {
    for (const hash of parts) {
      const data = this.#texts.get(hash);
      if (data !== undefined) await insertPart(trx, { hash, data });
    }
  }

  /** What was written is committed. */
  written({ parts }: Packed): void {
    for (const hash of parts) {
      const text = this.#texts.get(hash);
      if (text === undefined) continue;
      this.#texts.delete(hash);
      this.#keep(hash, JSON.parse(text));
    }
  }

  #keep(hash: string, value: object): object {
    if (this.#kept.size >= MOST) this.#kept.clear();
    this.#kept.set(hash, value);
    this.#hashes.set(value, hash);
    return value;
  }

  /**
   * Makes a snapshot of what was packed.
   * @throws Error where a part is gone.
   */
  async unpack(db: Trx, text: string): Promise<unknown> {
    const snapshot: unknown = JSON.parse(text);
    await this.#unpacked(db, snapshot, {});
    return snapshot;
  }

  async #unpacked(db: Trx, snapshot: unknown, parents: Context): Promise<void> {
    if (!isObject(snapshot) || !isObject(snapshot.context)) return;
    const { context, children } = snapshot as { context: Context } & Pick<Persisted, 'children'>;
    for (const key in context) {
      const value = context[key];
      if (!isMark(value)) continue;
      if ('regain$parents' in value) context[key] = parents[key];
      else if ('regain$as' in value) context[key] = value.regain$as;
      else context[key] = this.#kept.get(value.regain$part) ?? (await this.#read(db, value.regain$part));
    }
    if (!isObject(children)) return;
    for (const child of Object.values(children)) await this.#unpacked(db, child.snapshot, context);
  }

  async #read(db: Trx, hash: string): Promise<object> {
    const [part] = (await selectPart(db, { hash })).rows;
    if (!part) throw new Error(`the part '${hash}' of a snapshot is not in the store`);
    return this.#keep(hash, JSON.parse(part.data));
  }
}
