import type { ListFilter } from '../store/types.ts';
import { RECOVERY } from './names.ts';
import type { Indexed } from './state.ts';

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const field = (name: string) => `json_get_str(value_utf8, '${name}')`;
const number = (name: string) => `json_get_int(value_utf8, '${name}')`;

/** Asks Restate's own tables, over its administration address. */
export class Query {
  readonly #admin: string;

  constructor(admin: string) {
    this.#admin = admin;
  }

  async rows<T>(query: string): Promise<T[]> {
    const response = await fetch(new URL('/query', this.#admin), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ query }),
    });
    if (!response.ok) throw new Error(`Restate did not answer a query: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { rows: T[] }).rows;
  }
}

/** Where the indexes of a namespace's recoveries are: see `Indexed`. */
export class Index {
  readonly #query: Query;
  readonly #from: string;

  constructor(query: Query, namespace: string) {
    this.#query = query;
    const inside = `starts_with(service_key, ${text(`${namespace}/`)})`;
    this.#from = `from state where service_name = ${text(RECOVERY.name)} and key = 'index' and ${inside}`;
  }

  async #indexed(where: string, more = ''): Promise<Indexed[]> {
    const rows = await this.#query.rows<{ value_utf8: string }>(`select value_utf8 ${this.#from} ${where} ${more}`);
    return rows.map(({ value_utf8 }) => JSON.parse(value_utf8));
  }

  async list({ accountId, status, state, search, dueBy, newestFirst, after, limit = 100 }: ListFilter) {
    const where: string[] = [];
    if (accountId !== undefined) where.push(`${field('accountId')} = ${text(accountId)}`);
    if (status !== undefined) where.push(`${field('status')} = ${text(status)}`);
    if (state !== undefined) {
      where.push(`(${field('state')} = ${text(state)} or starts_with(${field('state')}, ${text(`${state}.`)}))`);
    }
    if (search !== undefined) {
      const found = `strpos(lower(${field('state')}), lower(${text(search)})) > 0`;
      where.push(`(${field('id')} = ${text(search)} or ${field('accountId')} = ${text(search)} or ${found})`);
    }
    if (dueBy !== undefined) where.push(`${field('status')} = 'active' and ${number('dueAt')} <= ${dueBy}`);
    const [order, side] = newestFirst ? ['desc', '<'] : ['asc', '>'];
    if (after !== undefined) {
      const [last] = await this.#indexed(`and ${field('id')} = ${text(after)}`);
      if (!last) return [];
      const later = `${number('createdAt')} ${side} ${last.createdAt}`;
      const tied = `${number('createdAt')} = ${last.createdAt} and ${field('id')} ${side} ${text(after)}`;
      where.push(`(${later} or (${tied}))`);
    }
    const ordered = `order by ${number('createdAt')} ${order}, ${field('id')} ${order} limit ${limit}`;
    return this.#indexed(where.map((each) => `and ${each}`).join(' '), ordered);
  }

  /** Recoveries that are to be woken, or whose calls are to be looked after. */
  toLookAfter = () => this.#indexed(`and (${number('wakeAt')} is not null or ${number('requests')} > 0)`);

  async dueBy(now: number): Promise<string[]> {
    const due = await this.#indexed(`and ${number('wakeAt')} <= ${now}`, `order by ${number('wakeAt')}`);
    return due.map(({ id }) => id);
  }

  async activeVersions(): Promise<string[]> {
    const version = field('machineVersion');
    const active = `and ${field('status')} = 'active'`;
    const rows = await this.#query.rows<{ v: string }>(`select distinct ${version} as v ${this.#from} ${active}`);
    return rows.map(({ v }) => v).sort();
  }

  async activeOf(version: string): Promise<string[]> {
    const where = `and ${field('status')} = 'active' and ${field('machineVersion')} = ${text(version)}`;
    return (await this.#indexed(where)).map(({ id }) => id).sort();
  }

  async dueOf(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const found = await this.#indexed(`and ${field('id')} in (${ids.map(text).join(', ')})`);
    return new Map(found.flatMap(({ id, dueAt }) => (dueAt === undefined ? [] : [[id, dueAt] as const])));
  }

  async census(now: number) {
    const recoveries = await this.#query.rows<{ status: Indexed['status']; state: string; count: number }>(
      `select ${field('status')} as status, ${field('state')} as state, count(*) as count ${this.#from} group by 1, 2`,
    );
    const [sums] = await this.#query.rows<{ requests: number | null; timers: number | null; due: number }>(
      `select sum(${number('requests')}) as requests, sum(${number('timers')}) as timers, ` +
        `count(*) filter (where ${number('dueAt')} <= ${now}) as due ${this.#from}`,
    );
    return { recoveries, requests: sums?.requests ?? 0, timers: sums?.timers ?? 0, due: sums?.due ?? 0 };
  }
}
