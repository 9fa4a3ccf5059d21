import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { afterEach } from 'vitest';
import type { z } from 'zod';
import type { Message, SandboxNotice } from '../../src/adapters/world.ts';
import { ServiceConfig, type ServiceConfigInput } from '../../src/http/config.ts';
import type { Problem } from '../../src/http/problems.ts';
import type { Recovery, Started } from '../../src/http/schemas.ts';
import { type Service, startService } from '../../src/http/service.ts';

/** What came back over HTTP. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
  /** The body again, where it is a problem document. */
  problem: z.infer<typeof Problem>;
}

export type Fields = Record<string, string>;
type Begun = z.infer<typeof Started>;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
/** Has something done when the test is over, the last one first. */
export const whenOver = (stop: () => Promise<void>) => void stops.push(stop);

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'regain-http-'));
  whenOver(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A service that runs on a file of its own, stopped when the test is over. */
export class Running {
  readonly file: string;
  readonly #part: ServiceConfigInput;
  readonly #log: Logger | undefined;
  service: Service;

  private constructor(part: ServiceConfigInput, log: Logger | undefined, file: string, service: Service) {
    this.#part = part;
    this.#log = log;
    this.file = file;
    this.service = service;
  }

  static async start(part: ServiceConfigInput = {}, log?: Logger): Promise<Running> {
    const file = join(temporaryFolder(), 'regain.sqlite');
    const running = new Running(part, log, file, await startService(configOf(part, file), log));
    whenOver(() => running.service.stop());
    return running;
  }

  get url(): string {
    return this.service.url;
  }

  /** Stops and starts again on the same file. */
  async restart(part: ServiceConfigInput = {}): Promise<void> {
    await this.service.stop();
    this.service = await startService(configOf({ ...this.#part, ...part }, this.file), this.#log);
  }

  async request<T = object>(method: string, path: string, headers: Fields = {}, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '') && text !== '';
    const json = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body: json, problem: json };
  }

  /** Starts a recovery. */
  begin(accountId = 'a1', deviceId = 'd1', headers: Fields = {}): Promise<Answer<Begun>> {
    return this.request('POST', '/v1/recoveries', headers, { accountId, device: { deviceId } });
  }

  /** Starts a recovery and waits until its owner is asked something. */
  async owner(accountId = 'a1', deviceId = 'd1'): Promise<Client> {
    const { recoveryId, token } = (await this.begin(accountId, deviceId)).body;
    const client = new Client(this, recoveryId, { Authorization: `Bearer ${token}`, 'Regain-Device': deviceId });
    await client.settled();
    return client;
  }

  /** Someone else at a recovery. */
  bearer(recoveryId: string, token: string | undefined): Client {
    return new Client(this, recoveryId, { Authorization: `Bearer ${token}` });
  }

  /** Headers of a member of staff. */
  async staff(id: string, ...roles: string[]): Promise<Fields> {
    const { body } = await this.request<{ token: string }>('POST', '/sandbox/staff-tokens', {}, { id, roles });
    return { Authorization: `Bearer ${body.token}` };
  }

  async advance(span: string): Promise<void> {
    await this.request('POST', '/sandbox/clock', {}, { advance: span });
  }

  async inbox(to: string, accountId = 'a1'): Promise<Message[]> {
    const { body } = await this.request<Message[]>('GET', `/sandbox/inbox/${encodeURIComponent(to)}`);
    return body.filter((message) => message.accountId === accountId);
  }

  /** The last code that was sent to an account's phone. */
  async code({ accountId, phone } = A1): Promise<string> {
    return (await this.inbox(phone, accountId)).at(-1)?.code ?? '';
  }

  async notices(accountId = 'a1'): Promise<SandboxNotice[]> {
    return (await this.request<SandboxNotice[]>('GET', `/sandbox/notices/${accountId}`)).body;
  }
}

export const PHONE = '+8613800000000';
const A1 = { accountId: 'a1', phone: PHONE };

/** One bearer at one recovery. */
export class Client {
  readonly #running: Running;
  readonly recoveryId: string;
  readonly headers: Fields;

  constructor(running: Running, recoveryId: string, headers: Fields) {
    this.#running = running;
    this.recoveryId = recoveryId;
    this.headers = headers;
  }

  get path(): string {
    return `/v1/recoveries/${this.recoveryId}`;
  }

  /** The same bearer, or what else the headers make of it, at another recovery. */
  at(recoveryId: string, headers: Fields = {}): Client {
    return new Client(this.#running, recoveryId, { ...this.headers, ...headers });
  }

  get(headers: Fields = {}): Promise<Answer<Recovery>> {
    return this.#running.request('GET', this.path, { ...this.headers, ...headers });
  }

  /** Where it stands when nothing is under way any more. */
  settled(): Promise<Answer<Recovery>> {
    return this.get({ Prefer: 'wait=10' });
  }

  send(event: unknown, headers: Fields = {}): Promise<Answer<Recovery>> {
    return this.#running.request('POST', `${this.path}/events`, { ...this.headers, ...headers }, event);
  }

  /** Sends an event that has to be taken, and waits for what follows from it. */
  async does(event: { type: string; [field: string]: unknown }): Promise<Recovery> {
    const { status, text } = await this.send(event);
    if (status !== 200) throw new Error(`'${event.type}' was answered with ${status}: ${text}`);
    return (await this.settled()).body;
  }
}

const ONE_CARD = { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' };

/** Takes an owner's recovery by bank card up to where a code is awaited. */
export async function untilCode(owner: Client): Promise<void> {
  await owner.does({ type: 'path.choose', path: 'bankCard' });
  await owner.does(ONE_CARD);
}

/** … and up to where a new password may be set. */
export async function untilPassword(running: Running, owner: Client, account = A1): Promise<void> {
  await untilCode(owner);
  await owner.does({ type: 'code.submit', code: await running.code(account) });
}

export const newPassword = (password = '294817') => ({ type: 'password.submit', password, confirmation: password });

/** Text in which all that differs by chance is hidden: ids, tokens, instants, versions. */
export const masked = (text: string): string =>
  text
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '(id)')
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '(token)')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(instant)');

/** Headers of an answer but its date. */
export const headersOf = ({ headers }: Answer<unknown>): Fields =>
  Object.fromEntries([...headers].filter(([name]) => name !== 'date').map(([name, value]) => [name, masked(value)]));

function configOf(part: ServiceConfigInput, file: string): ServiceConfig {
  const quick = { mode: 'sandbox', port: 0, synchronous: 'NORMAL', checkStore: false, logLevel: 'silent' } as const;
  return ServiceConfig.parse({ ...quick, store: file, ...part });
}
