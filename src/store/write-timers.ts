import type { Timer } from '../core/index.ts';
import type { Known } from './known.ts';
import { prepared } from './prepared.ts';
import type { TimerRow, Trx } from './tables.ts';
import type { Change } from './types.ts';

type Key = Pick<TimerRow, 'recovery_id' | 'id'>;
type Kept = Pick<TimerRow, 'id' | 'due_at' | 'position'>;

const selectTimers = prepared<{ recovery_id: string }, Kept>(['recovery_id'], (db, { recovery_id }) =>
  db
    .selectFrom('timers')
    .select(['id', 'due_at', 'position'])
    .where('recovery_id', '=', recovery_id)
    .orderBy('position'),
);
const deleteTimer = prepared<Key>(['recovery_id', 'id'], (db, { recovery_id, id }) =>
  db.deleteFrom('timers').where('recovery_id', '=', recovery_id).where('id', '=', id),
);
const insertTimer = prepared<TimerRow>(
  ['recovery_id', 'id', 'source', 'target', 'event', 'due_at', 'position'],
  (db, row) => db.insertInto('timers').values({ ...row }),
);

const rowsOf = ({ timers, positions }: Pick<Known, 'timers' | 'positions'>): Kept[] =>
  timers.map(({ id, dueAt }) => ({ id, due_at: dueAt, position: positions.get(id) ?? 0 }));

/**
 * Only what has changed is written: a timer that is still pending keeps its row, as long as it is still before all that were
 * added.
 * @param known the rows, where they need not be read.
 */
export async function writeTimers(
  trx: Trx,
  { recovery: { id: recovery_id }, from, timers }: Change,
  known: Pick<Known, 'timers' | 'positions'> | undefined,
): Promise<Pick<Known, 'timers' | 'positions'>> {
  const rows = from === null ? [] : known ? rowsOf(known) : (await selectTimers(trx, { recovery_id })).rows;
  const before = new Map(rows.map((row) => [row.id, row]));
  const positions = new Map<string, number>();
  const added: Timer[] = [];
  let last = -1;
  for (const timer of timers) {
    const row = before.get(timer.id);
    const stays = row !== undefined && row.due_at === timer.dueAt && row.position > last && added.length === 0;
    if (!stays) added.push(timer);
    else {
      last = row.position;
      positions.set(timer.id, last);
    }
  }
  for (const { id } of rows) if (!positions.has(id)) await deleteTimer(trx, { recovery_id, id });
  for (const { id, source, target, event, dueAt } of added) {
    last += 1;
    positions.set(id, last);
    const row = { recovery_id, id, source, target, event: JSON.stringify(event), due_at: dueAt, position: last };
    await insertTimer(trx, row);
  }
  return { timers: [...timers], positions };
}
