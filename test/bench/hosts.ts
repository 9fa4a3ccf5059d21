import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from 'regain/postgres';
import { createRestateRecoveries, openRestate } from 'regain/restate';
import { Server } from '../postgres/server.ts';
import { startRestate } from '../restate/server.ts';
import { goal, type Part } from './figures.ts';
import { compare, type Rounds, ratioOf, type Side } from './harness.ts';
import { type HostOptions, Senders, Subjects } from './subject.ts';
import { oneAgainstTwo, Worker } from './workers.ts';

const TOGETHER = 32;
const HOSTS = ['SQLite', 'PostgreSQL', 'Restate'] as const;
const TWO = 'PostgreSQL, two workers';

/** The same events on every host, each with its data on the same disk. */
export async function hostsPart({ quick, ...rounds }: Rounds & { quick: boolean }): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  const postgres = await Server.start(tmpdir());
  const restate = await startRestate();
  const endpoint = await openRestate({ ...restate, listen: { port: 0 } });
  const workers: Worker[] = [];
  const sides: Senders[] = [];
  try {
    const url = await postgres.database();
    sides.push(await Subjects.open(join(folder, 'store.sqlite'), TOGETHER + 1));
    sides.push(await Subjects.over(await openPostgres(url), TOGETHER + 1));
    const onRestate = (options: HostOptions) =>
      createRestateRecoveries({ ...options, endpoint, sealingKey: 'a key of the benchmark' });
    sides.push(await Senders.begin(onRestate, TOGETHER + 1));
    const named = (name: string, run: (senders: Senders) => unknown, times: number): Side[] =>
      sides.map((senders, index) => ({ name: `${HOSTS[index]}, ${name}`, run: () => run(senders), times }));
    const single = await compare(
      named('one after another', (senders) => senders.one(), 1),
      rounds,
      '/s',
    );
    const grouped = await compare(
      named(`${TOGETHER} at once`, (senders) => senders.together(), TOGETHER),
      rounds,
      '/s',
    );
    const other = await postgres.database();
    for (const name of ['first-', 'second-']) workers.push(await Worker.start(other, TOGETHER, name));
    const scaled = await oneAgainstTwo(workers, quick ? { rounds: 3, ms: 2_000 } : { rounds: 7, ms: 5_000 });
    return {
      id: 'hosts',
      title: 'Hosts',
      about:
        'The event of the part before, on every host with its data on the same disk and all that is written safe from a power failure as ' +
        'the host does it by default: SQLite with FULL, a server of PostgreSQL with fsync, a server of Restate. Servers run on the ' +
        'same cores as what is measured. Workers are processes, each with senders of its own, on one database.',
      figures: [...single, ...grouped, ...scaled.figures],
      goals: [
        goal(
          'two workers on PostgreSQL, against one',
          { figure: ratioOf(scaled.figures, TWO), limit: 1.6, is: 'at least' },
          scaled.profile,
        ),
      ],
      notes: [scaled.profile],
    };
  } finally {
    for (const worker of workers) await worker.end();
    for (const side of sides) await side.close();
    await endpoint.close();
    await restate.close();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  }
}
