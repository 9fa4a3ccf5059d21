import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Figure, spread } from './figures.ts';

const CHILD = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** What a worker did in its time: events that were answered, and seconds of a core. */
export interface Done {
  events: number;
  cpu: number;
}

/** One of several hosts over one database, in a process of its own. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(url: string, count: number, prefix: string): Promise<Worker> {
    const child = fork(CHILD, [url, String(count), prefix]);
    await Promise.race([once(child, 'message'), failed(child)]);
    return new Worker(child);
  }

  /** Sends for so many ms as fast as it is answered. */
  async work(ms: number): Promise<Done> {
    this.#child.send(ms);
    const [done] = await Promise.race([once(this.#child, 'message'), failed(this.#child)]);
    return done as Done;
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`a worker ended with ${code}`);
}

const busy = () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1_000;

/** What the first worker does alone, and both at once, in turns. */
export async function oneAgainstTwo(
  workers: readonly Worker[],
  { rounds, ms }: { rounds: number; ms: number },
): Promise<{ figures: Figure[]; profile: string }> {
  const rates: [number[], number[]] = [[], []];
  const idle: [number[], number[]] = [[], []];
  const own: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const many of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const before = busy();
      const done = await Promise.all(workers.slice(0, many + 1).map((worker) => worker.work(ms)));
      const seconds = ms / 1_000;
      rates[many].push(done.reduce((sum, { events }) => sum + events, 0) / seconds);
      own[many].push(done.reduce((sum, { cpu }) => sum + cpu, 0) / seconds);
      idle[many].push(Math.max(0, cpus().length - (busy() - before) / seconds));
    }
  }
  const cores = (values: number[]) => spread(values).median.toFixed(2);
  return {
    figures: [
      { name: 'PostgreSQL, one worker', unit: '/s', value: spread(rates[0]), ratio: spread([1]) },
      {
        name: 'PostgreSQL, two workers',
        unit: '/s',
        value: spread(rates[1]),
        ratio: spread(rates[1].map((rate, round) => rate / (rates[0][round] ?? 1))),
      },
    ],
    profile:
      `Of ${cpus().length} cores one worker takes ${cores(own[0])} and leaves ${cores(idle[0])} idle, the rest goes to PostgreSQL; two ` +
      `take ${cores(own[1])} and leave ${cores(idle[1])}.`,
  };
}
