import { prepared } from './prepared.ts';
import type { RequestRow, Trx } from './tables.ts';
import type { Change } from './types.ts';

const deleteAwaited = prepared<{ recovery_id: string }>(['recovery_id'], (db, { recovery_id }) =>
  db.deleteFrom('requests').where('recovery_id', '=', recovery_id).where('kind', '=', 'awaited'),
);
const insertRequest = prepared<RequestRow>(
  ['recovery_id', 'key', 'path', 'port', 'attempt', 'input', 'at', 'kind', 'tries', 'not_before'],
  (db, row) => db.insertInto('requests').values({ ...row }),
);

/**
 * Calls that nobody waits for any more leave the outbox, new ones come in.
 * @param mayAwait whether there may be awaited ones of before.
 */
export async function writeRequests(
  trx: Trx,
  { recovery: { id }, requests, awaited, from }: Change,
  mayAwait = true,
): Promise<void> {
  if (from !== null && mayAwait) await deleteOthers(trx, id, awaited);
  for (const { recoveryId, notBefore, ...request } of requests) {
    await insertRequest(trx, { ...request, recovery_id: recoveryId, not_before: notBefore });
  }
}

async function deleteOthers(trx: Trx, recovery_id: string, awaited: readonly string[]): Promise<void> {
  if (awaited.length === 0) {
    await deleteAwaited(trx, { recovery_id });
    return;
  }
  await trx
    .deleteFrom('requests')
    .where('recovery_id', '=', recovery_id)
    .where('kind', '=', 'awaited')
    .where('key', 'not in', awaited)
    .execute();
}
