import type { CodeSlot, CodeStore } from '../code-store.ts';
import type { Instant } from '../core/index.ts';
import type { Keeping } from '../http/service.ts';
import type { Limit, ServiceStore } from '../store/types.ts';
import type { RestateEndpoint } from './endpoint.ts';
import { createRestateRecoveries } from './host.ts';
import { CODE, keyIn, LIMIT, RECOVERY, START, TEXT } from './names.ts';
import { Index } from './query.ts';

/** Has a service keep everything on Restate: the third parameter of `startService`. The endpoint is closed with it. */
export function onRestate(endpoint: RestateEndpoint, namespace = 'regain'): Keeping {
  return {
    store: new RestateStore(endpoint, namespace),
    recoveries: (options) => createRestateRecoveries({ ...options, endpoint, namespace }),
    isUnavailable: (error) => error instanceof TypeError && error.message === 'fetch failed',
  };
}

class RestateStore implements ServiceStore {
  readonly codes: CodeStore;
  readonly #endpoint: RestateEndpoint;
  readonly #namespace: string;
  readonly #index: Index;

  constructor(endpoint: RestateEndpoint, namespace: string) {
    this.#endpoint = endpoint;
    this.#namespace = namespace;
    this.#index = new Index(endpoint.query, namespace);
    this.codes = { update: (slot, change) => this.#update(slot, change) };
  }

  #key = (id: string) => keyIn(this.#namespace, id);
  #recovery = (id: string) => this.#endpoint.ingress.objectClient(RECOVERY, this.#key(id));
  #text = (name: string) => this.#endpoint.ingress.objectClient(TEXT, this.#key(`setting/${name}`));

  /** Written by its version: what another wrote meanwhile is read again. */
  async #update<T>(name: string, change: (slot: CodeSlot) => T): Promise<T> {
    const object = this.#endpoint.ingress.objectClient(CODE, this.#key(name));
    for (;;) {
      const { slot, version } = await object.read({});
      const kept = slot ?? { live: null, calls: [] };
      const result = change(kept);
      if (await object.write({ slot: kept, version })) return result;
    }
  }

  /** Where one refuses, what others counted is given back. */
  async take(limits: readonly Limit[], now: Instant): Promise<Instant> {
    const taken: Limit[] = [];
    const object = ({ key }: Limit) => this.#endpoint.ingress.objectClient(LIMIT, this.#key(key));
    for (const limit of limits) {
      const from = await object(limit).take({ limit, now });
      if (from > now) {
        await Promise.all(taken.map((each) => object(each).giveBack({})));
        return from;
      }
      taken.push(limit);
    }
    return now;
  }

  setting = async (name: string) => (await this.#text(name).get({})) ?? undefined;
  set = async (name: string, value: string) => this.#text(name).set({ value });
  census = (now: Instant) => this.#index.census(now);
  nextDueOf = (ids: readonly string[]) => this.#index.dueOf(ids);
  load = async (id: string) => (await this.#recovery(id).stand({})) ?? undefined;
  requestsOf = async (id: string) => this.#recovery(id).outbox({});

  async forgetReceipts(before: Instant): Promise<number> {
    const { starts, recoveries } = await this.#index.receiptsBefore(before);
    for (const key of starts) await this.#endpoint.ingress.objectClient(START, key).forget({});
    for (const key of recoveries) await this.#endpoint.ingress.objectClient(RECOVERY, key).forgetReceipts({ before });
    return starts.length + recoveries.length;
  }

  close = () => this.#endpoint.close();
}
