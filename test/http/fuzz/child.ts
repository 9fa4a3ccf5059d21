import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../../dist/src/cli/main.js');
const ERROR = 50; // pino's level
const STREAM_QUIET = 1_000; // ms
/** With so little heap (MiB) what grows without end is found, and garbage is not mistaken for it. */
const HEAP = 256;

export interface Asked {
  method: string;
  path: string;
  headers?: Record<string, string> | undefined;
  body?: string | undefined;
}
export interface Answered {
  status: number;
  type: string;
  headers: Record<string, unknown>;
  text: string;
}

/** The service as it is shipped, in a process of its own, with whatever it logged as an error. */
export class Child {
  readonly errors: string[] = [];
  url = '';
  #ended: number | NodeJS.Signals | undefined;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #agent: Agent;

  private constructor(child: ChildProcess, folder: string, connections: number) {
    this.#process = child;
    this.#folder = folder;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    child.once('exit', (code, signal) => {
      this.#ended = code ?? signal ?? 0;
    });
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => this.errors.push(line));
  }

  /** @param settings of the environment. */
  static async start(settings: Record<string, string>, connections: number): Promise<Child> {
    const folder = mkdtempSync(join(tmpdir(), 'regain-fuzz-'));
    const given = {
      REGAIN_MODE: 'sandbox',
      REGAIN_PORT: '0',
      REGAIN_STORE: join(folder, 'store.sqlite'),
      REGAIN_SYNCHRONOUS: 'NORMAL',
    };
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, MAIN, 'serve'], {
      env: { PATH: process.env.PATH, ...given, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const here = new Child(child, folder, connections);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        const { level, url, msg } = JSON.parse(line);
        if (level >= ERROR) here.errors.push(line);
        here.url = url ?? here.url;
        if (msg === 'ready') resolve();
      });
      child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${here.errors.join('\n')}`)));
    });
    return here;
  }

  /** Exit code or signal of a process that has died. */
  get ended(): number | string | undefined {
    return this.#ended;
  }

  /** @param tries when the connection is lost: the service may close an idle one while it is being taken for this request. */
  ask({ method, path, headers = {}, body }: Asked, tries = 3): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(body);
      const length = bytes ? { 'content-length': bytes.length } : {};
      const { hostname, port } = new URL(this.url);
      const sent = request(
        { hostname, port, method, path, agent: this.#agent, headers: { ...headers, ...length } },
        (response) => {
          const chunks: Buffer[] = [];
          const type = response.headers['content-type'] ?? '';
          const done = () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, type, headers: response.headers, text });
          };
          // A stream does not end by itself, and says nothing to one who has had all of it.
          const leave = () => {
            done();
            response.destroy();
          };
          const isStream = type.startsWith('text/event-stream');
          const quiet = isStream ? setTimeout(leave, STREAM_QUIET) : undefined;
          response.on('data', (chunk) => {
            chunks.push(chunk);
            if (isStream && chunk.includes('data:')) leave();
          });
          response.on('end', done).on('error', reject);
          response.on('close', () => clearTimeout(quiet));
        },
      );
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const again = error.code === 'ECONNRESET' && tries > 1 && this.#ended === undefined;
        if (again) resolve(this.ask({ method, path, headers, body }, tries - 1));
        else reject(error);
      });
      sent.end(bytes);
    });
  }

  async json<T>(asked: Omit<Asked, 'body'> & { body?: unknown }): Promise<T> {
    const body = asked.body === undefined ? {} : { body: JSON.stringify(asked.body) };
    const headers = { 'content-type': 'application/json', ...asked.headers };
    const { status, text } = await this.ask({ method: asked.method, path: asked.path, headers, ...body });
    if (status >= 400) throw new Refused(status, `${asked.method} ${asked.path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#ended === undefined) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exit;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What the fuzz itself needs was refused. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
