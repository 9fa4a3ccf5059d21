import { HttpCallError } from '@restatedev/restate-sdk-clients';
import type { CodeSlot, CodeStore } from '../code-store.ts';
import type { Instant } from '../core/index.ts';
import type { Limit, Store } from '../store/types.ts';
import type { RestateEndpoint } from './endpoint.ts';
import { CODE, keyIn, LIMIT, RECOVERY, TEXT } from './names.ts';
import { Index } from './query.ts';

type Keeping = Pick<
  Store,
  'setting' | 'set' | 'take' | 'census' | 'nextDueOf' | 'load' | 'requestsOf' | 'codes' | 'close'
>;

/** What a service keeps and asks for beside the recoveries of a namespace: settings, limits, one-time secrets, figures. */
export class RestateKeeping implements Keeping {
  readonly #endpoint: RestateEndpoint;
  readonly #namespace: string;
  readonly #index: Index;
  readonly codes: CodeStore;

  /** Closing it closes the endpoint. */
  constructor(endpoint: RestateEndpoint, namespace: string) {
    this.#endpoint = endpoint;
    this.#namespace = namespace;
    this.#index = new Index(endpoint.query, namespace);
    this.codes = { update: (slot, change) => this.#updated(slot, change) };
  }

  #text = (name: string) => this.#endpoint.ingress.objectClient(TEXT, keyIn(this.#namespace, `setting/${name}`));
  #limit = (key: string) => this.#endpoint.ingress.objectClient(LIMIT, keyIn(this.#namespace, key));
  #recovery = (id: string) => this.#endpoint.ingress.objectClient(RECOVERY, keyIn(this.#namespace, id));

  setting = async (name: string) => (await this.#text(name).get({})) ?? undefined;

  async set(name: string, value: string): Promise<void> {
    await this.#text(name).set({ value });
  }

  /** One after the other: where one is reached, what was counted before it is given back. */
  async take(limits: readonly Limit[], now: Instant): Promise<Instant> {
    for (const [index, limit] of limits.entries()) {
      const from = await this.#limit(limit.key).take({ limit, now });
      if (from <= now) continue;
      for (const { key } of limits.slice(0, index)) await this.#limit(key).giveBack({});
      return from;
    }
    return now;
  }

  async #updated<T>(slot: string, change: (slot: CodeSlot) => T): Promise<T> {
    const object = this.#endpoint.ingress.objectClient(CODE, keyIn(this.#namespace, slot));
    for (;;) {
      const { slot: kept, version } = await object.read({});
      const changed: CodeSlot = kept ?? { live: null, calls: [] };
      const result = change(changed);
      if (await object.write({ slot: changed, version })) return result;
    }
  }

  census = (now: Instant) => this.#index.census(now);
  nextDueOf = (ids: readonly string[]) => this.#index.dueOf(ids);
  load = async (id: string) => (await this.#recovery(id).stand({})) ?? undefined;
  requestsOf = async (id: string) => this.#recovery(id).outbox({});
  close = () => this.#endpoint.close();
  isUnavailable = isUnavailable;
}

const PASSING = [429, 502, 503, 504];

/** Whether an error says that Restate cannot be reached now, though it may later. */
function isUnavailable(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof HttpCallError ? error.cause : error;
  if (cause instanceof HttpCallError) return PASSING.includes(cause.status);
  return cause instanceof TypeError && cause.message === 'fetch failed';
}
