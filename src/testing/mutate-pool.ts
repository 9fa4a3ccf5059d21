import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Said } from './mutate-process.ts';

/** What came of a job; without an answer when its process said nothing for too long, and had to be ended. */
export type Answer = Exclude<Said, { kind: 'check' }> | { kind: 'silent'; check: string };

/** Processes that do jobs, one each at a time. */
export class Pool {
  readonly #size: number;
  readonly #paths: string | undefined;
  readonly #silence: number;
  #open: ChildProcess[] = [];

  /**
   * @param paths module of paths of one's own.
   * @param silence how long a process may say nothing, in ms: longer than a check may take by itself.
   */
  constructor(size: number, paths: string | undefined, silence = 45_000) {
    this.#size = size;
    this.#paths = paths;
    this.#silence = silence;
  }

  /** Does jobs in their order, until none is left or time is over; each answer is told as it comes. */
  async run<J extends Job>(
    jobs: Iterable<J>,
    until: number,
    onAnswer: (job: J, answer: Answer) => void,
  ): Promise<void> {
    const left = jobs[Symbol.iterator]();
    const work = async () => {
      let child = this.#start();
      while (Date.now() < until) {
        const { value: job, done } = left.next();
        if (done) break;
        const answer = await asked(child, job, until, this.#silence);
        if (answer === 'timeIsOver') break;
        if (answer.kind === 'silent') {
          this.#end(child);
          child = this.#start();
        }
        onAnswer(job, answer);
      }
      this.#end(child);
    };
    await Promise.all(Array.from({ length: this.#size }, work));
  }

  /** Ends the processes that are under way. */
  close(): void {
    for (const child of this.#open) this.#end(child);
  }

  #start(): ChildProcess {
    const child = fork(
      fileURLToPath(new URL('./mutate-process.js', import.meta.url)),
      this.#paths === undefined ? [] : [this.#paths],
      {
        stdio: 'ignore',
      },
    );
    this.#open.push(child);
    return child;
  }

  #end(child: ChildProcess): void {
    child.kill('SIGKILL');
    this.#open = this.#open.filter((each) => each !== child);
  }
}

function asked(child: ChildProcess, job: Job, until: number, silence: number): Promise<Answer | 'timeIsOver'> {
  return new Promise((resolve) => {
    let check = '';
    const silent = () => settle({ kind: 'silent', check });
    let limit = setTimeout(silent, silence);
    const over = setTimeout(() => settle('timeIsOver'), until - Date.now());
    const hear = (said: Said) => {
      if (said.kind !== 'check') return settle(said);
      check = said.name;
      clearTimeout(limit);
      limit = setTimeout(silent, silence);
    };
    const settle = (answer: Answer | 'timeIsOver') => {
      clearTimeout(limit);
      clearTimeout(over);
      child.off('message', hear);
      child.off('exit', silent);
      resolve(answer);
    };
    child.on('message', hear);
    child.on('exit', silent); // it ran out of memory
    child.send(job);
  });
}
