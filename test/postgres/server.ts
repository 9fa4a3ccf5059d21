import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Namespace } from './namespace.ts';

const DEBIAN = '/usr/lib/postgresql';
/** Where there is a folder in memory, many small databases do not wait for a disk. */
const MEMORY = '/dev/shm';
const READY = 20_000; // ms

/** Folder of the newest PostgreSQL that Debian's packages brought; installed where it is missing and may be. */
function binaries(): string {
  const found = () => (existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []);
  if (found().length === 0) {
    execFileSync('apt-get', ['update', '-qq']);
    execFileSync('apt-get', ['install', '-y', '-qq', 'postgresql'], { stdio: 'ignore' });
  }
  const [newest] = found();
  if (newest === undefined) throw new Error(`no PostgreSQL in ${DEBIAN}: apt-get install postgresql`);
  return join(DEBIAN, newest, 'bin');
}

/** PostgreSQL does not run as root. */
const asOther = (command: string, args: string[]): [string, string[]] =>
  process.getuid?.() === 0
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args]]
    : [command, args];

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A real server in a folder of its own, on loopback alone or in a namespace alone, as safe against a crash as any (`fsync=on`). */
export class Server {
  readonly port: number;
  readonly #folder: string;
  readonly #bin: string;
  readonly #namespace: Namespace | undefined;
  #process: ChildProcess | undefined;

  private constructor(folder: string, bin: string, port: number, namespace: Namespace | undefined) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.#bin = bin;
    this.port = port;
  }

  /**
   * @param parent folder in which it keeps its own.
   * @param namespace in which it listens; then `url` is that of a socket in its folder, which no cut concerns.
   */
  static async start(parent = existsSync(MEMORY) ? MEMORY : tmpdir(), namespace?: Namespace): Promise<Server> {
    const bin = binaries();
    const folder = mkdtempSync(join(parent, 'regain-postgres-'));
    chmodSync(folder, 0o777);
    const init = ['-D', join(folder, 'data'), '-U', 'regain', '--auth=trust', '--locale=C', '--encoding=UTF8'];
    execFileSync(...asOther(join(bin, 'initdb'), init), { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' });
    if (namespace) appendFileSync(join(folder, 'data/pg_hba.conf'), 'host all all samenet trust\n');
    const server = new Server(folder, bin, await freePort(), namespace);
    await server.up();
    return server;
  }

  url(database = 'postgres'): string {
    const through = this.#namespace ? `?host=${this.#folder}` : '';
    return `postgres://regain@127.0.0.1:${this.port}/${database}${through}`;
  }

  /** Starts it, also after a crash. */
  async up(): Promise<void> {
    const settings = {
      listen_addresses: this.#namespace?.address ?? '127.0.0.1',
      port: this.port,
      unix_socket_directories: this.#folder,
      fsync: 'on',
      max_connections: 200,
      log_min_messages: 'fatal',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const alone = asOther(join(this.#bin, 'postgres'), ['-D', join(this.#folder, 'data'), ...args]);
    const command = this.#namespace?.inside(...alone) ?? alone;
    for (const until = performance.now() + READY; ; await setTimeout(20)) {
      // After a crash the processes that it left have to be gone first: until then it ends at once.
      if (!this.#isUp) this.#process = spawn(...command, { stdio: 'ignore', cwd: '/' });
      try {
        return await this.run('select 1');
      } catch (error) {
        if (performance.now() > until) throw error;
      }
    }
  }

  get #isUp(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Runs statements as its owner. */
  async run(statements: string, database?: string): Promise<void> {
    const client = new pg.Client(this.url(database));
    client.on('error', () => {});
    await client.connect();
    await client.query(statements).finally(() => client.end());
  }

  /** @returns the address of an empty database of its own. */
  async database(): Promise<string> {
    const name = `d${randomUUID().replaceAll('-', '')}`;
    await this.run(`create database ${name}`);
    return this.url(name);
  }

  /** `SIGQUIT` ends it and all its processes without a word; `SIGKILL` is a crash. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || !this.#isUp) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.signal('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
