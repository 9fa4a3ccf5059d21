import { setImmediate } from 'node:timers/promises';
import { CompiledQuery } from 'kysely';
import type { Trx } from './tables.ts';

/** What is written in one transaction, or in a part of one that can be undone by itself. */
export type Work<T> = (trx: Trx, before: ReadonlySet<string>) => Promise<T>;

type Transact = <T>(work: (trx: Trx) => Promise<T>) => Promise<T>;

type Outcome = { result: unknown } | { error: unknown };

interface Job {
  /** The recovery that it writes. */
  id: string;
  work: Work<unknown>;
  outcome?: Outcome;
  settle(outcome: Outcome): void;
}

/** Work that shares one transaction, at most: others wait while it is written. */
const MOST = 128;

const SAVEPOINT = CompiledQuery.raw('savepoint part');
const RELEASE = CompiledQuery.raw('release part');
const UNDO = CompiledQuery.raw('rollback to part');

/**
 * Group commit: what arrives while a transaction is written, or at the same moment, shares the next one, and with it one wait for
 * the disk. Each is answered only after that commit. What fails takes nothing else with it: all is undone and written again with
 * a savepoint for each, which costs more; where that fails as a whole, each is tried again alone.
 */
export class GroupCommit {
  readonly #once: Transact;
  readonly #alone: Transact;
  #waiting: Job[] = [];
  #running = false;

  /**
   * @param once carries out work in one transaction.
   * @param alone does the same as often as it takes.
   */
  constructor(once: Transact, alone: Transact) {
    this.#once = once;
    this.#alone = alone;
  }

  /** @param committed is told of the result before anything else is written. */
  run<T>(id: string, work: Work<T>, committed: (result: T) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome) => {
        if ('error' in outcome) return reject(outcome.error);
        committed(outcome.result as T);
        resolve();
      };
      this.#waiting.push({ id, work, settle });
      if (this.#running) return;
      this.#running = true;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    await setImmediate(); // what is ready at the same moment joins
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting.splice(0, MOST);
      if (jobs.length > 1 && ((await this.#together(jobs, plainly)) || (await this.#together(jobs, savepoint))))
        settle(jobs);
      else for (const job of jobs) await this.#byItself(job);
      await setImmediate(); // who was answered may have the next one ready
    }
    this.#running = false;
  }

  async #byItself(job: Job): Promise<void> {
    try {
      job.settle({ result: await this.#alone((trx) => job.work(trx, NONE)) });
    } catch (error) {
      job.settle({ error });
    }
  }

  /** @returns whether the transaction was committed. */
  async #together(jobs: readonly Job[], write: typeof plainly): Promise<boolean> {
    try {
      await this.#once(async (trx) => {
        const before = new Set<string>();
        for (const job of jobs) {
          await write(trx, job, before);
          before.add(job.id);
        }
      });
      return true;
    } catch {
      return false;
    }
  }
}

const settle = (jobs: readonly Job[]) => {
  for (const job of jobs) if (job.outcome) job.settle(job.outcome);
};

const NONE: ReadonlySet<string> = new Set();

async function plainly(trx: Trx, job: Job, before: ReadonlySet<string>): Promise<void> {
  job.outcome = { result: await job.work(trx, before) };
}

async function savepoint(trx: Trx, job: Job, before: ReadonlySet<string>): Promise<void> {
  await trx.executeQuery(SAVEPOINT);
  try {
    job.outcome = { result: await job.work(trx, before) };
  } catch (error) {
    job.outcome = { error };
    await trx.executeQuery(UNDO);
  }
  await trx.executeQuery(RELEASE);
}
