import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from 'regain/sqlite';
import { fill, remove, sizes } from './bulk.ts';
import { inChild } from './child.ts';
import { type Figure, goal, type Part, round, spread } from './figures.ts';
import { compare, type Rounds } from './harness.ts';
import { Subjects } from './subject.ts';

const A_SECOND = 1_000;
/** Recoveries of which one a millisecond has its first timer fall due, from when the process is up. */
const DUE = 5_000;
const CLAIM = 100;
const DAY = 24 * 60 * 60 * 1_000;

/** Open timers: their size, what it costs to find the due ones, how late they are. */
export async function timersPart({ quick, ...rounds }: Rounds & { quick: boolean }): Promise<Part> {
  const counts = quick ? [10_000, 60_000] : [10_000, 100_000, 1_000_000];
  const folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  const figures: Figure[] = [];
  const claims: [number, number][] = [];
  let [nothing, bytes, ready, checked, lateness] = [0, 0, 0, 0, 0];
  try {
    const patterns = join(folder, 'patterns.sqlite');
    await (await Subjects.open(patterns, 1)).close();
    for (const count of counts) {
      const file = join(folder, 'filled.sqlite');
      const first = Date.now() + DAY;
      const each = 3; // timers of a pattern
      const rows = fill(patterns, file, Math.round(count / each), { first, spacing: 1 });
      const timers = sizes(file).filter(({ name }) => name.startsWith('timers'));
      bytes = timers.reduce((sum, { bytes }) => sum + bytes, 0) / rows.timers;
      const store = await openSqlite(file, { check: false });
      const [claim, none] = await compare(
        [
          {
            name: `${count.toLocaleString('en')}: claim of the next ${CLAIM}`,
            run: () => store.due(first + CLAIM * 2, CLAIM),
          },
          { name: `${count.toLocaleString('en')}: nothing is due`, run: () => store.due(0, CLAIM) },
        ],
        rounds,
      );
      await store.close();
      if (!claim || !none) continue;
      claims.push([count, claim.value.median]);
      nothing = none.value.median;
      figures.push(
        claim,
        { ...none, name: none.name },
        { name: `${count.toLocaleString('en')}: bytes a timer`, unit: 'B', value: spread([bytes]) },
        {
          name: `${count.toLocaleString('en')}: inserted with their recoveries`,
          unit: '/s',
          value: spread([(rows.timers / rows.ms) * A_SECOND]),
        },
      );
      if (count === counts.at(-1))
        ({ readyMs: ready, checkedMs: checked } = await inChild({ file, ids: [], watchMs: 0 }));
      remove(file);
    }
    const file = join(folder, 'due.sqlite');
    fill(patterns, file, DUE, { first: 0, spacing: 1 });
    const found = await inChild({ file, ids: [], watchMs: DUE + 2 * A_SECOND });
    const late = found.lateness.toSorted((a, b) => a - b);
    lateness = late[Math.floor(late.length * 0.99)] ?? Number.NaN;
    figures.push(
      { name: 'lateness while 1,000 a second fall due', unit: 'ms', value: spread(late) },
      { name: 'lateness, p99', unit: 'ms', value: spread([lateness]) },
      {
        name: 'timers processed meanwhile',
        unit: '/s',
        value: spread([(late.length / DUE) * A_SECOND]),
      },
      { name: 'ready after a kill with all of them open', unit: 'ms', value: spread([ready]) },
      { name: 'the same, the file looked through for damage first', unit: 'ms', value: spread([checked]) },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  const [small, large] = [claims[0]?.[1] ?? 0, claims.at(-1)?.[1] ?? 0];
  return {
    id: 'timers',
    title: 'Timers',
    about: `Up to ${counts.at(-1)?.toLocaleString('en')} open timers on SQLite, with the recoveries that they are of.`,
    figures,
    goals: [
      goal(
        `claim of the next ${CLAIM} due`,
        { figure: large / 1_000, limit: 1, is: 'at most', unit: ' ms' },
        'a loaded machine',
      ),
      goal(
        `claim at ${round(counts.at(-1) ?? 0)} against ${round(counts[0] ?? 0)}`,
        { figure: large / small, limit: 1.5, is: 'at most' },
        'a deeper tree, and pages that are in no cache',
      ),
      goal(
        'nothing due',
        { figure: nothing, limit: 10, is: 'at most', unit: ' us' },
        'Kysely takes its connection, and waits for several promises, for each query',
      ),
    ],
    plots: [
      {
        name: 'timers-claim',
        title: `Claim of the next ${CLAIM} due`,
        x: { title: 'open timers', log: true },
        y: { title: 'us' },
        series: [{ name: 'claim', points: claims }],
      },
    ],
  };
}
