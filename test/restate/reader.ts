import { setTimeout } from 'node:timers/promises';
import { Query } from '../../src/restate/query.ts';
import { type ChainedEntry, type ChainHead, tamperings } from '../../src/store/audit-chain.ts';
import type { RequestRecord } from '../../src/store/types.ts';
import type { Reader } from '../faults/reader.ts';
import type { RestateServer } from './server.ts';

const AGAIN = 100; // ms
const WITHIN = 60_000; // ms
/** A server that starts shows what its tables held first, and what its log holds besides when it has read that, in ms. */
const READING_ITS_LOG = 10_000;

type Values = Map<string, unknown>;

/** Reads recoveries from Restate's own tables: no service has to be up, and while the server is down it is waited for. */
export class RestateReader implements Reader {
  readonly #server: RestateServer;
  readonly #query: Query;

  constructor(server: RestateServer) {
    this.#server = server;
    this.#query = new Query(server.admin);
  }

  isBehind = () => Date.now() - this.#server.upSince < READING_ITS_LOG;

  /** All that is kept, by key of the object. */
  async #kept(where: string): Promise<Map<string, Values>> {
    const text = `select service_key, key, value_utf8 from state where service_name = 'regain.recovery' ${where}`;
    const kept = new Map<string, Values>();
    for (const { service_key, key, value_utf8 } of await this.#rows(text)) {
      const values = kept.get(service_key) ?? new Map<string, unknown>();
      kept.set(service_key, values.set(key, JSON.parse(value_utf8)));
    }
    return kept;
  }

  async #rows(text: string) {
    for (const until = Date.now() + WITHIN; ; await setTimeout(AGAIN)) {
      try {
        return await this.#query.rows<{ service_key: string; key: string; value_utf8: string }>(text);
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }

  async #of(id: string): Promise<Values> {
    const kept = await this.#kept(`and service_key = 'regain/${id}'`);
    return kept.values().next().value ?? new Map();
  }

  load = async (id: string) => (await this.#of(id)).get('stand') as Awaited<ReturnType<Reader['load']>>;
  requestsOf = async (id: string) => ((await this.#of(id)).get('requests') ?? []) as RequestRecord[];

  async audit(id: string) {
    return chainOf(await this.#of(id)).map(({ seq, at, kind, data }) => ({
      seq,
      at,
      kind,
      data: data === null ? { erased: true } : JSON.parse(data),
    }));
  }

  async tamperings() {
    const all = [...(await this.#kept(''))];
    return all.flatMap(([key, values]) => {
      const head = (values.get('head') ?? { seq: 0, hash: '' }) as ChainHead;
      return tamperings(key.slice(key.indexOf('/') + 1), chainOf(values), head);
    });
  }

  async close(): Promise<void> {}
}

const chainOf = (values: Values) =>
  [...values]
    .filter(([key]) => key.startsWith('audit/'))
    .map(([, entry]) => entry as ChainedEntry)
    .sort((a, b) => a.seq - b.seq);
