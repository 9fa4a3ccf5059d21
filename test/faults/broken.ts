import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '../../dist');

/** A build that is broken on purpose: one text of one compiled file replaced by another. */
export interface Breakage {
  name: string;
  file: string;
  text: string;
  by: string;
}

export const BREAKAGES = {
  sentBeforeCommit: {
    name: 'sent-before-commit',
    file: 'src/host/engine.js',
    text: 'if ((await this.#options.store.commit(change)) !==',
    by: `for (const request of change.requests) this.#outbox.add(request);
        await new Promise((resolve) => setTimeout(resolve, 50));
        if ((await this.#options.store.commit(change)) !==`,
  },
  receiptForgotten: {
    name: 'receipt-forgotten',
    file: 'src/store/write.js',
    text: 'await writeReceipt(trx, change.receipt);',
    by: '',
  },
  receiptForgottenOnRestate: {
    name: 'receipt-forgotten-on-restate',
    file: 'src/restate/state.js',
    text: 'ctx.set(receiptKey(receipt.scope, receipt.key), receipt);',
    by: ';',
  },
  timersAfterCommit: {
    name: 'timers-after-commit',
    file: 'src/store/sql.js',
    text: 'async commit(change) {',
    by: `async commit(whole) {
        const first = await this.commitOne({ ...whole, timers: [] });
        if (first !== 'committed') return first;
        return this.commitOne({ ...whole, from: whole.recovery.version, requests: [], audit: [], ledger: [], receipt: undefined });
    }
    async commitOne(change) {`,
  },
  newKeyEachTime: {
    name: 'new-key-each-time',
    file: 'src/host/port-caller.js',
    text: 'const carryOut = ',
    by: 'call.key += process.pid;\n        const carryOut = ',
  },
} as const satisfies Record<string, Breakage>;

/** Makes the broken build. @returns its folder, to be removed with `removeBuild`. */
export function brokenBuild({ name, file, text, by }: Breakage): string {
  const build = join(DIST, 'broken', name);
  cpSync(join(DIST, 'src'), join(build, 'src'), { recursive: true });
  cpSync(join(DIST, 'machines'), join(build, 'machines'), { recursive: true });
  const path = join(build, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(text)) throw new Error(`${file} has no '${text}' to be broken`);
  writeFileSync(path, source.replace(text, by));
  return build;
}

export const removeBuild = (build: string) => rmSync(build, { recursive: true, force: true });
