import { setTimeout } from 'node:timers/promises';
import type { Served } from './service.ts';

/** What was answered to a post; the service may not forget it. */
export interface Acknowledged {
  /** Member of staff who sent it: their token may have expired meanwhile. */
  staff?: Staff;
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number;
  answer: string;
}

export interface Staff {
  id: string;
  role: 'agent' | 'auditor' | 'staff';
}

const AGAIN = 50; // ms
const AT_ONCE = 32; // requests
const NUDGE = 300; // ms
const LONGEST = 300_000; // ms

/** Talks to a service that may be down at any moment: the same request, under the same key, until there is an answer. */
export class Client {
  readonly acknowledged: Acknowledged[] = [];
  readonly #child: Pick<Served, 'url' | 'isUp'>;
  #keys = 0;
  #free = AT_ONCE;
  readonly #queue: (() => void)[] = [];

  constructor(child: Pick<Served, 'url' | 'isUp'>) {
    this.#child = child;
  }

  async get(path: string, headers: Record<string, string>, staff?: Staff): Promise<{ status: number; body: unknown }> {
    const sent = { ...(staff ? await this.#staffHeaders(staff) : {}), ...headers };
    const { status, text } = await this.#request(path, { headers: sent });
    return { status, body: JSON.parse(text) };
  }

  async post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
    staff?: Staff,
  ): Promise<{ status: number; body: unknown }> {
    this.#keys += 1;
    const sent = {
      ...(staff ? await this.#staffHeaders(staff) : {}),
      ...headers,
      'Content-Type': 'application/json',
      'Idempotency-Key': `key-of-the-harness-${this.#keys}`,
    };
    const text = JSON.stringify(body);
    const { status, text: answer } = await this.#request(path, { method: 'POST', headers: sent, body: text });
    if (path.startsWith('/v1/'))
      this.acknowledged.push({ path, headers: sent, body: text, status, answer, ...(staff ? { staff } : {}) });
    return { status, body: JSON.parse(answer) };
  }

  /** Asks for something without waiting for the answer. */
  async nudge(path: string, body: object): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(NUDGE) };
    await fetch(`${this.#child.url}${path}`, init).then(
      (response) => response.text(),
      () => {},
    );
  }

  /** Asks again what was answered. @returns what is answered now. */
  async repeat({ path, headers, body, staff }: Acknowledged): Promise<{ status: number; answer: string }> {
    const renewed = { ...headers, ...(staff ? await this.#staffHeaders(staff) : {}) };
    const { status, text } = await this.#request(path, { method: 'POST', headers: renewed, body });
    return { status, answer: text };
  }

  async #staffHeaders({ id, role }: Staff): Promise<Record<string, string>> {
    const { body } = await this.post('/sandbox/staff-tokens', { id, roles: [role] });
    return { Authorization: `Bearer ${(body as { token: string }).token}` };
  }

  /** Waits until few enough requests are on their way. */
  async #slot(): Promise<void> {
    while (this.#free <= 0) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#free -= 1;
  }

  async #request(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    for (const until = Date.now() + LONGEST; Date.now() < until; await setTimeout(AGAIN * Math.random())) {
      const { isUp, url } = this.#child;
      if (!isUp || url === '') continue;
      await this.#slot();
      try {
        const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(20_000) });
        const text = await response.text();
        if (response.status !== 503) return { status: response.status, text };
      } catch {
        // killed before it had answered
      } finally {
        this.#free += 1;
        this.#queue.shift()?.();
      }
    }
    throw new Error(`no answer to ${init.method ?? 'GET'} ${path}`);
  }
}
