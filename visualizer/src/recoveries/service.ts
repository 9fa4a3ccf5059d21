import type { InspectedList, InspectedRecovery, InspectedTrails } from '../../../src/http/inspector-view.ts';

/** What is searched for in the list. Empty fields ask for nothing. */
export interface Search {
  text: string;
  path: string;
  status: '' | 'active' | 'done' | 'stuck';
  overdue: boolean;
}

/** Why the service did not answer: `token`, when it takes ours no more. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: 'away' | 'token' | 'role' | 'unknown' | 'refused';
  constructor(code: ServiceError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const CODES: Record<number, ServiceError['code']> = { 401: 'token', 403: 'role', 404: 'unknown' };

const MOST_PAGES = 20; // of 100 trails

/** Where the service is that serves this page. */
const API = new URL('api', location.href.replace(/[?#].*$/, ''));

/** The service as the bearer of a token may read it. */
export class Service {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  list({ text, path, status, overdue }: Search, after?: string): Promise<InspectedList> {
    const query = new URLSearchParams({ limit: '100' });
    if (text !== '') query.set('search', text);
    if (path !== '') query.set('path', path);
    if (status !== '') query.set('status', status);
    if (overdue) query.set('overdue', 'true');
    if (after !== undefined) query.set('after', after);
    return this.#json(`recoveries?${query}`);
  }

  /** @param after the number of the last entry of its history that is known. */
  recovery(id: string, after = 0): Promise<InspectedRecovery> {
    return this.#json(`recoveries/${encodeURIComponent(id)}?after=${after}`);
  }

  /** The trails of many recoveries, the newest first. */
  async trails(): Promise<InspectedTrails['trails']> {
    const trails: InspectedTrails['trails'] = [];
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const more: InspectedTrails = await this.#json(`trails${after === undefined ? '' : `?after=${after}`}`);
      trails.push(...more.trails);
      after = more.after;
      if (after === undefined) break;
    }
    return trails;
  }

  /**
   * Tells of changes until the service ends the stream.
   * @param onNews the ids of what has changed; an empty list is a sign of life.
   * @throws ServiceError
   */
  async follow(onNews: (recoveryIds: string[]) => void, signal: AbortSignal): Promise<void> {
    const { body } = await this.#answer('stream', signal);
    if (!body) return;
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ; ) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done || value === undefined) return;
      const parts = (text + value).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^data: ?(.*)$/m.exec(part)?.[1];
        if (data !== undefined) onNews((JSON.parse(data) as { recoveryIds: string[] }).recoveryIds);
      }
    }
  }

  async #json<T>(path: string): Promise<T> {
    return (await (await this.#answer(path)).json()) as T;
  }

  async #answer(path: string, signal?: AbortSignal): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.#token}` };
    const response = await fetch(`${API}/${path}`, { headers, ...(signal ? { signal } : {}) }).catch(
      (error: unknown) => {
        throw new ServiceError('away', String(error));
      },
    );
    if (response.ok) return response;
    throw new ServiceError(CODES[response.status] ?? 'refused', await response.text());
  }
}

/** Whether there is a service behind this page, and whether it is a sandbox, which gives tokens to everyone. */
export async function serviceHere(): Promise<'none' | 'sandbox' | 'production'> {
  try {
    const response = await fetch(API);
    if (!response.ok) return 'none';
    const { sandbox } = (await response.json()) as { sandbox?: boolean };
    return sandbox === undefined ? 'none' : sandbox ? 'sandbox' : 'production';
  } catch {
    return 'none';
  }
}

/** A token of a sandbox, to read with. */
export async function sandboxToken(): Promise<string> {
  const response = await fetch(new URL('../sandbox/staff-tokens', API), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id: 'inspector', roles: ['auditor'] }),
  });
  return ((await response.json()) as { token: string }).token;
}
