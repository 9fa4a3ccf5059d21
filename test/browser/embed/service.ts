import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../dist/src/cli/main.js');

/** The real service, as a sandbox, on a store of its own that outlasts it. */
export class SandboxService {
  readonly #folder = mkdtempSync(join(tmpdir(), 'regain-embed-'));
  #process: ChildProcess | undefined;

  /** @returns where it listens: elsewhere at every start. */
  async start(): Promise<string> {
    const child = spawn(process.execPath, [MAIN, 'serve', '--sandbox'], {
      env: { ...process.env, REGAIN_PORT: '0', REGAIN_STORE: join(this.#folder, 'store.sqlite') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    let log = '';
    for await (const part of child.stdout) {
      log += part;
      const [, url] = /"url":"([^"]+)"/.exec(log) ?? [];
      if (url && log.includes('"msg":"ready"')) {
        child.stdout.resume();
        return url;
      }
    }
    throw new Error(`the service did not start: ${log}`);
  }

  /** Ends it without a word, as a power failure would. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
