import type { z } from 'zod';
import type { RecoveryEvent } from '../../machines/events.ts';
import type { Problem } from '../http/problems.ts';
import type { Recovery } from '../http/schemas.ts';

/** Where a service is, and who asks. */
export interface ServiceOptions {
  /** Where its API is; `/v1` of the page's own site by default. */
  url?: string | URL;
  /** The device's name, as the recovery was started with it. */
  deviceId: string;
  /** In which the service speaks of states and problems: the browser's by default. */
  language?: string;
}

/** One recovery at a service, with the owner's token for it. */
export interface RecoveryOptions extends ServiceOptions {
  recoveryId: string;
  token: string;
}

/** Why the service did not do it (RFC 9457); `code` and `reason` are in a word, `title` is for people. */
export type ServiceProblem = z.infer<typeof Problem>;

/** The service answered with a problem. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly problem: Partial<ServiceProblem>;
  constructor(status: number, problem: Partial<ServiceProblem>) {
    super(problem.detail ?? `the service answered with status ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** Statuses of a proxy or a service that is busy or starting: the same request may be sent again. */
const PASSING = [502, 503, 504];

/** Whether the same request may be sent again: the service was not reached, or said so. */
export const mayPass = (error: unknown) => (error instanceof ServiceError ? PASSING.includes(error.status) : true);

const baseOf = (url: string | URL = '/v1') => new URL(`${String(url).replace(/\/$/, '')}/`, globalThis.location?.href);

/**
 * Starts a recovery.
 * @param idempotencyKey 16 to 128 characters that nobody guesses; a repeat under it gets the same answer, token included.
 * @returns no token where this device has started it before.
 * @throws ServiceError, and TypeError when the service is not reached.
 */
export async function startRecovery(
  {
    accountId,
    device,
    url,
    language,
  }: Omit<ServiceOptions, 'deviceId'> & {
    accountId: string;
    device: { deviceId: string } & Record<string, unknown>;
  },
  idempotencyKey: string = crypto.randomUUID(),
): Promise<{ recoveryId: string; token?: string }> {
  const headers = {
    'Content-Type': 'application/json',
    'Idempotency-Key': idempotencyKey,
    ...(language ? { 'Accept-Language': language } : {}),
  };
  const body = JSON.stringify({ accountId, device });
  const response = await fetch(new URL('recoveries', baseOf(url)), { method: 'POST', headers, body });
  return (await checked(response)).json();
}

/** Requests about one recovery. */
export class RecoveryService {
  readonly #base: URL;
  readonly #headers: Record<string, string>;
  /** The ETag of what the service said last. */
  #heard: { version: number; etag: string } | undefined;

  constructor({ url, recoveryId, token, deviceId, language }: RecoveryOptions) {
    this.#base = new URL(`recoveries/${encodeURIComponent(recoveryId)}/`, baseOf(url));
    this.#headers = {
      Authorization: `Bearer ${token}`,
      'Regain-Device': deviceId,
      ...(language ? { 'Accept-Language': language } : {}),
    };
  }

  /** The recovery as it stands; undefined when it is still in the version that is known. */
  async get(known: number | undefined, signal: AbortSignal): Promise<Recovery | undefined> {
    const url = new URL(this.#base.href.replace(/\/$/, ''));
    const seen: Record<string, string> =
      known !== undefined && this.#heard?.version === known ? { 'If-None-Match': this.#heard.etag } : {};
    const response = await fetch(url, { headers: { ...this.#headers, ...seen }, signal, cache: 'no-store' });
    return response.status === 304 ? undefined : this.#recoveryIn(response);
  }

  /** Sends an event. The same key is the same event, however often it is sent. */
  async send(event: RecoveryEvent, key: string, ifVersion: number | undefined, signal: AbortSignal): Promise<Recovery> {
    const headers = {
      ...this.#headers,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      ...(ifVersion === undefined ? {} : { 'If-Match': `"${ifVersion}"` }),
    };
    const body = JSON.stringify(event);
    return this.#recoveryIn(await fetch(new URL('events', this.#base), { method: 'POST', headers, body, signal }));
  }

  async #recoveryIn(response: Response): Promise<Recovery> {
    const recovery: Recovery = await (await checked(response)).json();
    const etag = response.headers.get('ETag');
    this.#heard = etag === null ? undefined : { version: recovery.version, etag };
    return recovery;
  }

  /** The stream of what happens, from behind an entry on. */
  async stream(after: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const seen = after === undefined ? {} : { 'Last-Event-ID': after };
    const headers = { ...this.#headers, ...seen, Accept: 'text/event-stream' };
    const response = await checked(await fetch(new URL('stream', this.#base), { headers, signal, cache: 'no-store' }));
    if (response.body) return response.body;
    throw new TypeError('the service gave no stream');
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const problem = response.headers.get('Content-Type')?.startsWith('application/problem+json') ?? false;
  throw new ServiceError(response.status, problem ? await response.json().catch(() => ({})) : {});
}
