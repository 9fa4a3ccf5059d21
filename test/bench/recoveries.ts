import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { fill, remove, sizes } from './bulk.ts';
import { inChild } from './child.ts';
import { type Figure, goal, type Part, spread } from './figures.ts';
import { Subjects } from './subject.ts';

const EVENTS = 500;
/** The clock of a copy is the machine's: nothing falls due while it is looked at. */
const DAY = 24 * 60 * 60 * 1_000;

/** Recoveries at rest: their size, and what one event costs among them. */
export async function recoveriesPart({ quick }: { quick: boolean }): Promise<Part> {
  const counts = quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  const folder = mkdtempSync(join(tmpdir(), 'regain-bench-'));
  const figures: Figure[] = [];
  const points: [number, number][] = [];
  const memory: [number, number][] = [];
  let bytes = 0;
  let rss = 0;
  const notes: string[] = [];
  try {
    const patterns = join(folder, 'patterns.sqlite');
    await (await Subjects.open(patterns, 1)).close();
    for (const count of counts) {
      const file = join(folder, 'filled.sqlite');
      const rows = fill(patterns, file, count, { first: Date.now() + DAY, spacing: 1 });
      bytes = rows.bytes / rows.recoveries;
      if (count === counts[0]) notes.push(sizeNote(file, rows.recoveries));
      const found = await inChild({ file, ids: idsIn(file, EVENTS), watchMs: 0 });
      const us = spread(found.us);
      rss = Math.max(rss, found.rss.after);
      points.push([count, us.median]);
      memory.push([count, found.rss.after]);
      figures.push(
        { name: `${count.toLocaleString('en')}: event to a random one`, unit: 'us', value: us },
        { name: `${count.toLocaleString('en')}: bytes each`, unit: 'B', value: spread([bytes]) },
        { name: `${count.toLocaleString('en')}: memory of the process`, unit: 'MiB', value: spread([found.rss.after]) },
      );
      remove(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    id: 'recoveries',
    title: 'Recoveries at rest',
    about:
      `Up to ${counts.at(-1)?.toLocaleString('en')} recoveries, each a copy of the rows of one in a call with its child, two ` +
      `timers and ten audit entries. A process of its own opens the file and sends an event to each of ${EVENTS} of them, picked at random.`,
    figures,
    goals: [
      goal(
        'bytes of a recovery with its audit',
        { figure: bytes, limit: 2_500, is: 'at most', unit: ' B' },
        'ten audit entries with hash, salt and digest take about half; a row of more than 2 kB has a page of 4 kB to itself',
      ),
      goal(
        'memory of the process, whatever the count',
        { figure: rss, limit: 150, is: 'at most', unit: ' MiB' },
        'Node and the loaded charts are most of it',
      ),
    ],
    notes,
    plots: [
      plot('recoveries-event', 'An event to a random recovery', 'us', points),
      plot('recoveries-memory', 'Memory of the process', 'MiB', memory),
    ],
  };
}

const plot = (name: string, title: string, unit: string, points: [number, number][]) => ({
  name,
  title,
  x: { title: 'recoveries at rest', log: true },
  y: { title: unit },
  series: [{ name: title, points }],
});

function idsIn(file: string, count: number): string[] {
  const database = new Database(file, { readonly: true });
  const ids = database
    .prepare<[number], string>("select id from recoveries where status = 'active' order by random() limit ?")
    .pluck()
    .all(count);
  database.close();
  return ids;
}

function sizeNote(file: string, count: number): string {
  const each = sizes(file).map(({ name, bytes }) => `${name} ${Math.round(bytes / count)}`);
  return `Bytes each, by table and index: ${each.slice(0, 9).join(', ')}.`;
}
