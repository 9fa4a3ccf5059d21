import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A Restate server of a test: loopback, ports and a folder of its own. */
export interface RestateServer {
  ingress: string;
  admin: string;
  /** Where it keeps everything. */
  folder: string;
  /** Kills it as a power failure would. */
  kill(): Promise<void>;
  /** When it last began to answer, in ms of the epoch; Infinity while it does not. */
  readonly upSince: number;
  /** Starts it again on what it has kept. */
  start(): Promise<void>;
  /** Ends it and takes its folder away. */
  close(): Promise<void>;
}

const UP_WITHIN = 30_000; // ms
const LOOK = 50; // ms

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The program in the npm package of this platform. */
function program(): string {
  const server = createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json');
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`;
  return join(dirname(createRequire(server).resolve(name)), 'bin', 'restate-server');
}

/**
 * Starts the real server. It listens on 127.0.0.1 alone and tells nobody of itself.
 * @param parent where its folder is made.
 */
export async function startRestate(parent = tmpdir()): Promise<RestateServer> {
  const folder = mkdtempSync(join(parent, 'regain-restate-'));
  const [ingress, admin, node] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = {
    HOME: folder,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error',
    RESTATE_DEFAULT_NUM_PARTITIONS: String(Math.max(2, availableParallelism())),
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '256MiB',
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    // What it writes can be searched.
    RESTATE_WORKER__STORAGE__ROCKSDB_DISABLE_WAL_COMPRESSION: 'true',
    RESTATE_WORKER__STORAGE__ROCKSDB_DISABLE_L0_L1_COMPRESSION: 'true',
    RESTATE_LOG_SERVER__ROCKSDB_DISABLE_WAL_COMPRESSION: 'true',
    RESTATE_BIFROST__LOCAL__ROCKSDB_DISABLE_WAL_COMPRESSION: 'true',
  };
  const options = ['--no-logo', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--bind-port', String(node)];
  let child: ChildProcess | undefined;
  let upSince = Number.POSITIVE_INFINITY;
  const urls = { ingress: `http://127.0.0.1:${ingress}`, admin: `http://127.0.0.1:${admin}` };

  async function start(): Promise<void> {
    child = spawn(program(), [...options, '--base-dir', folder], { env, stdio: 'ignore' });
    const until = Date.now() + UP_WITHIN;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`restate-server ended with ${child.exitCode}`);
      if (Date.now() > until) throw new Error('restate-server does not answer');
      const looks = [fetch(`${urls.ingress}/restate/health`), fetch(`${urls.admin}/health`)];
      const answers = await Promise.allSettled(looks);
      if (answers.every((answer) => answer.status === 'fulfilled' && answer.value.ok)) break;
      await pause(LOOK);
    }
    upSince = Date.now();
  }

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    upSince = Number.POSITIVE_INFINITY;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  }

  async function close(): Promise<void> {
    process.off('exit', end);
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }
  const end = () => void child?.kill('SIGKILL');
  process.on('exit', end);

  await start();
  return {
    ...urls,
    folder,
    get upSince() {
      return upSince;
    },
    kill,
    start,
    close,
  };
}
