import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openReadOnly } from '../../src/store/open.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Check } from './checks.ts';
import { Child } from './service.ts';
import { SECRET, World } from './world.ts';

const CHOOSING = 30 * 60_000; // ms until a recovery in which nobody chooses is over
const SPREAD = 20 * 60_000; // ms over which the recoveries begin

interface Fired {
  at: number;
  timer: string;
  id: string;
}

/** Opens recoveries whose timers fall due while the service is down, kills it while it catches up, and starts it again. */
export async function restartWithMany(open: number): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), 'regain-restart-'));
  const world = await World.open(() => openReadOnly(join(folder, 'store.sqlite')));
  const child = new Child({ folder, portsUrl: world.url, portsSecret: SECRET });
  // Half of their timers are due by now, the others will be in up to ten minutes.
  await begin(child.store, open, Date.now() - CHOOSING - SPREAD / 2);
  const due = timersOf(child.store).filter(({ at }) => at <= Date.now());

  await child.start(); // it listens, and catches up
  await setTimeout(300);
  await child.kill();
  const processedBefore = firedIn(child.store).length;
  const began = Date.now();
  await child.start();
  const isReady = () =>
    fetch(`${child.url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  while (child.isUp && !(await isReady())) await setTimeout(50);
  const ready = Date.now() - began;
  await child.stop();

  const fired = firedIn(child.store);
  const late = timersOf(child.store).filter(({ at }) => at <= began);
  const counts = new Map<string, number>();
  for (const { id, timer } of fired) counts.set(`${id} ${timer}`, (counts.get(`${id} ${timer}`) ?? 0) + 1);
  const instants = new Map(due.map(({ id, at }) => [id, at]));
  await world.close();
  child.remove();
  console.log(`  ${due.length} timers fell due meanwhile; ${processedBefore} were processed before the kill`);
  console.log(`  ready again after ${ready} ms, the start of the process included`);
  return [
    {
      what: 'timers processed out of due order',
      of: fired.length,
      found: fired.flatMap(({ id, at }, index) => (at < (fired[index - 1]?.at ?? 0) ? [`${id} at ${at}`] : [])),
    },
    {
      what: 'timers not processed as of their due instants',
      of: fired.length,
      found: fired.flatMap(({ id, at }) =>
        instants.has(id) && instants.get(id) !== at ? [`${id}: ${at}, due at ${instants.get(id)}`] : [],
      ),
    },
    { what: 'timers that were due and not processed', of: due.length, found: late.map(({ id }) => id) },
    {
      what: 'timers processed twice',
      of: fired.length,
      found: [...counts].flatMap(([timer, count]) => (count > 1 ? [timer] : [])),
    },
  ];
}

/** Begins recoveries, one after the other in virtual time. */
async function begin(file: string, open: number, at: number): Promise<void> {
  const clock = createVirtualClock(at);
  const store = await openSqlite(file, { synchronous: 'NORMAL' });
  const host = await createRecoveries({ store, clock, ports: agreeablePorts(() => sandboxAccount()) });
  const GROUP = 100;
  for (let begun = 0; begun < open; begun += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, open - begun) }, (_, index) => begun + index);
    await Promise.all(
      group.map((number) => host.start({ accountId: `account-${number}`, device: { deviceId: 'd1' } })),
    );
    await clock.advance((SPREAD * GROUP) / open);
  }
  await host.close();
  await store.close();
}

function read<T>(file: string, query: string): T[] {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare(query).all() as T[];
  } finally {
    database.close();
  }
}

const timersOf = (file: string) =>
  read<Fired>(file, 'select recovery_id as id, id as timer, due_at as at from timers order by due_at');

/** Timers in the order in which they were processed. */
const firedIn = (file: string) =>
  read<Fired>(
    file,
    `select recovery_id as id, at, json_extract(data, '$.timer') as timer from audit where kind = 'timer' order by rowid`,
  );
