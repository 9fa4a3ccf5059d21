import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clockAhead } from '../postgres/ahead.ts';

const KEPT = 20_000; // characters of the log
const ROOT = join(import.meta.dirname, '../..');

/**
 * Between two kills a service may be down for long: what would time out within a minute or two has a quarter of an hour, so that
 * the same inputs have the same course. Evidence is erased while a campaign lasts.
 */
const POLICY = {
  ports: { timeout: '15m' },
  code: { lifetime: '15m', resendAfter: '14m' },
  bankCard: { stateOwned: { within: '15m' } },
  transactionHistory: { quizTime: '15m' },
  retention: { evidence: '1d', personalData: '400d' },
};

/** What serves: one process, or several on one store. */
export interface Served {
  /** Where it listens, if it does now. */
  readonly url: string;
  readonly isUp: boolean;
  readonly starts: number;
  /** Deaths by SIGKILL, wherever they came from. */
  readonly kills: number;
  /** Ends that nobody asked for. */
  readonly crashes: string[];
  /** Each process by itself. */
  readonly each: readonly Pick<Served, 'url' | 'isUp'>[];
  start(env?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
  remove(): void;
}

export interface ChildOptions {
  /** Folder for the configuration and the store. */
  folder: string;
  /** Address of a database, in place of the file in the folder. */
  database?: string;
  /** How it is used. */
  postgres?: object;
  /** Restate, in place of a store. */
  restate?: object;
  portsUrl: string;
  portsSecret: string;
  /** The build to run; this project's own by default. */
  build?: string;
  /** Whether fault points are compiled in. */
  armed?: boolean;
  /** How far its machine's clock is ahead, in ms. */
  ahead?: number;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL'); // however the harness ends
});

/** The real service as a child process, to be killed. */
export class Child implements Served {
  /** The file, or the address of the database. */
  readonly store: string;
  url = '';
  starts = 0;
  kills = 0;
  readonly crashes: string[] = [];
  readonly #options: ChildOptions;
  readonly #config: string;
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ChildOptions) {
    this.#options = options;
    this.store = options.database ?? join(options.folder, 'store.sqlite');
    this.#config = join(options.folder, 'config.json');
    const policy = join(options.folder, 'policy.json');
    writeFileSync(policy, JSON.stringify(POLICY));
    const most = { most: 1_000_000 };
    writeFileSync(
      this.#config,
      JSON.stringify({
        mode: 'sandbox',
        port: 0,
        ...(options.restate ? { restate: options.restate } : { store: this.store }),
        ...(options.postgres ? { postgres: options.postgres } : {}),
        policy,
        ports: { url: options.portsUrl, secret: options.portsSecret },
        tokens: { owner: '60d', contact: '60d' },
        limits: {
          startsByAccount: most,
          startsByDevice: most,
          startsByAddress: most,
          eventsByRecovery: most,
          eventsByAddress: most,
        },
        logLevel: 'info',
      }),
    );
  }

  /** Starts it; resolves when it listens, or has died before that. */
  async start(env: Record<string, string> = {}): Promise<void> {
    this.starts += 1;
    this.url = '';
    const { armed, ahead = 0, build = join(ROOT, 'dist') } = this.#options;
    const conditions = [...(armed ? ['--conditions=regain-faults'] : []), ...clockAhead(ahead)];
    const child = spawn(
      process.execPath,
      [...conditions, join(build, 'src/cli/main.js'), 'serve', '--config', this.#config],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    );
    this.#process = child;
    running.add(child);
    let output = '';
    this.#ended = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        running.delete(child);
        if (signal === 'SIGKILL') this.kills += 1;
        else if (code !== 0) this.crashes.push(`exit ${code} ${signal ?? ''}: ${output.slice(-2_000)}`);
        resolve();
      });
    });
    child.stderr.on('data', (part) => {
      output += part;
    });
    const listening = new Promise<void>((resolve) => {
      child.stdout.on('data', (part) => {
        output = (output + part).slice(-KEPT);
        const [, url] = /"url":"([^"]+)"/.exec(output) ?? [];
        if (url === undefined) return;
        this.url = url;
        resolve();
      });
    });
    await Promise.race([listening, this.#ended]);
  }

  get each() {
    return [this];
  }

  get isUp(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves when it has ended, of whatever. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#ended;
  }

  /** `SIGSTOP` stops it where it is, `SIGCONT` lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM');
    await this.#ended;
  }

  remove(): void {
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}
