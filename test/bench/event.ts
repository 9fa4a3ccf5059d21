import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goal, type Part } from './figures.ts';
import { compare, type Rounds, ratioOf, type Side } from './harness.ts';
import { Naive } from './naive.ts';
import { Subjects } from './subject.ts';

const TOGETHER = 32;
const NAIVE = 'by hand, one a transaction, FULL';
const NAIVE_GROUPED = `by hand, ${TOGETHER} a transaction, FULL`;
const OURS = 'regain, one after another, FULL';
const OURS_TOGETHER = `regain, ${TOGETHER} at once, FULL`;
const NORMAL = 'regain, one after another, NORMAL';
const NORMAL_TOGETHER = `regain, ${TOGETHER} at once, NORMAL`;

/** A durable event on SQLite, against one that is written by hand. */
export async function eventPart(rounds: Rounds): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  const naive = await new Naive(join(folder, 'naive.sqlite'), TOGETHER + 1).fill();
  const full = await Subjects.open(join(folder, 'full.sqlite'), TOGETHER + 1, 'FULL');
  const normal = await Subjects.open(join(folder, 'normal.sqlite'), TOGETHER + 1, 'NORMAL');
  try {
    const single = await compare(
      [
        { name: NAIVE, run: () => naive.one() },
        { name: OURS, run: () => full.one() },
        { name: NORMAL, run: () => normal.one() },
      ],
      rounds,
      '/s',
    );
    const together = (name: string, run: () => unknown): Side => ({ name, run, times: TOGETHER });
    const grouped = await compare(
      [
        together(NAIVE_GROUPED, () => naive.together()),
        together(OURS_TOGETHER, () => full.together()),
        together(NORMAL_TOGETHER, () => normal.together()),
      ],
      rounds,
      '/s',
    );
    return {
      id: 'event',
      title: 'Durable event',
      about:
        'One event on SQLite in WAL mode, from the call of `send` until it is answered after its commit. By hand: select, the cycle ' +
        'of bare XState, one update, one audit entry without a hash, one timer changed, in one transaction. Ours checks the ' +
        'event by its schema, chains the audit trail by hashes, and makes the view that is answered.',
      figures: [...single, ...grouped],
      goals: [
        goal(
          'one after another, against by hand',
          { figure: ratioOf(single, OURS), limit: 0.9, is: 'at least' },
          'checks, hashes and the view that is answered cost what live actors save',
        ),
        goal(
          `${TOGETHER} at once, against ${TOGETHER} a transaction by hand`,
          { figure: ratioOf(grouped, OURS_TOGETHER), limit: 1.5, is: 'at least' },
          'checks, hashes and the view that is answered are paid for each event, however many share a commit',
        ),
      ],
      notes: [
        'NORMAL does not wait for the disk: a power failure may take the last commits with it, timers among them, after their senders ' +
          'were answered. A crash of the process loses nothing under either.',
      ],
    };
  } finally {
    naive.close();
    await full.close();
    await normal.close();
    rmSync(folder, { recursive: true });
  }
}
