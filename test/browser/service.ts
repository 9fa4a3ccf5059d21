import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The built service as a process of its own, which may be killed and started again at the same address. */
export class ServiceProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), 'regain-page-'));
  #process: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  /** Where it listens: `http://127.0.0.1:8787`; the same at every start. */
  url = '';

  static async start(): Promise<ServiceProcess> {
    const service = new ServiceProcess();
    await service.start();
    return service;
  }

  /** @throws Error with what it said, when it ends before it listens. */
  async start(): Promise<void> {
    const env = {
      ...process.env,
      REGAIN_STORE: join(this.#folder, 'store.sqlite'),
      REGAIN_PORT: this.url === '' ? '0' : new URL(this.url).port,
    };
    const child = spawn(process.execPath, [join(ROOT, 'dist/src/cli/main.js'), 'serve', '--sandbox'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    this.#process = child;
    let said = '';
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.#ended = ended;
    child.stderr.on('data', (part) => {
      said += part;
    });
    await new Promise<void>((resolve, reject) => {
      void ended.then(() => reject(new Error(`the service ended: ${said}`)));
      child.stdout.on('data', (part) => {
        said += part;
        const [, url] = /"url":"([^"]+)"/.exec(said) ?? [];
        if (url === undefined || !said.includes('"msg":"ready"')) return;
        this.url = url;
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

type Event = { type: string; [field: string]: unknown };

/** What the outside world does at the service: owners, time, faults. */
export class Outside {
  readonly #service: ServiceProcess;

  constructor(service: ServiceProcess) {
    this.#service = service;
  }

  /** @throws Error for any answer but a good one. */
  async request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(this.#service.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Starts a recovery, and waits until its owner is asked something. */
  async owner(accountId: string, deviceId = 'd1'): Promise<OwnerOf> {
    const begun = await this.request<{ recoveryId: string; token: string }>('POST', '/v1/recoveries', {
      accountId,
      device: { deviceId },
    });
    const owner = new OwnerOf(this, begun.recoveryId, {
      Authorization: `Bearer ${begun.token}`,
      'Regain-Device': deviceId,
    });
    await owner.settled();
    return owner;
  }

  account = (facts: { accountId: string; [fact: string]: unknown }) => this.request('POST', '/sandbox/accounts', facts);

  advance = (span: string) => this.request('POST', '/sandbox/clock', { advance: span });

  /** The last code that an account's phone got. */
  async code(accountId: string, phone = '+8613800000000'): Promise<string> {
    const inbox = await this.request<{ accountId: string; code?: string }[]>(
      'GET',
      `/sandbox/inbox/${encodeURIComponent(phone)}`,
    );
    return inbox.filter((message) => message.accountId === accountId).at(-1)?.code ?? '';
  }
}

export class OwnerOf {
  readonly #outside: Outside;
  readonly recoveryId: string;
  readonly #headers: Record<string, string>;

  constructor(outside: Outside, recoveryId: string, headers: Record<string, string>) {
    this.#outside = outside;
    this.recoveryId = recoveryId;
    this.#headers = headers;
  }

  /** Where it stands when nothing is under way any more. */
  settled(): Promise<{ state: string; status: string }> {
    const headers = { ...this.#headers, Prefer: 'wait=10' };
    return this.#outside.request('GET', `/v1/recoveries/${this.recoveryId}`, undefined, headers);
  }

  send(event: Event): Promise<unknown> {
    return this.#outside.request('POST', `/v1/recoveries/${this.recoveryId}/events`, event, this.#headers);
  }

  async does(event: Event): Promise<string> {
    await this.send(event);
    return (await this.settled()).state;
  }
}

/** Recoveries of several accounts in several states. @returns them by what each is about. */
export async function several(outside: Outside) {
  const last = { cards: [], contacts: [], validTransactions: 0, realName: { verified: false } };
  const none = { biometric: { enabled: false }, voiceprint: { enrolled: false } };
  await outside.account({ accountId: 'a6', ...last, ...none });
  const ended = await outside.owner('a5');
  await ended.does({ type: 'recovery.cancel' });
  await outside.advance('9m');
  const appeal = await outside.owner('a6');
  await appeal.does({ type: 'path.choose', path: 'appeal' });
  await appeal.does({ type: 'appeal.file', registrationMonth: '2015-03' });
  await outside.advance('4m');
  const contacts = await outside.owner('a3');
  await contacts.does({ type: 'path.choose', path: 'securityContacts' });
  await contacts.does({ type: 'contacts.request', contactIds: ['k1', 'k2', 'k3'] });
  await outside.advance('50s');
  const quiz = await outside.owner('a4');
  await quiz.does({ type: 'path.choose', path: 'transactionHistory' });
  const card = await outside.owner('a2');
  await outside.request('POST', '/sandbox/faults', { port: 'notify', fault: 'throws' });
  const password = await outside.owner('a1');
  for (const owner of [card, password]) {
    await outside.advance('12s');
    await owner.does({ type: 'path.choose', path: 'bankCard' });
    await outside.advance('25s');
    await owner.does({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  }
  await outside.advance('18s');
  await password.does({ type: 'code.submit', code: await outside.code('a1') });
  return { ended, appeal, contacts, quiz, card, password };
}
