import { existsSync } from 'node:fs';
import pc from 'picocolors';
import { openSqlite, StoreInUse } from '../store/sqlite.ts';

/** Says which entries of the audit trails are not as they were written. @returns 0 when all are, 1 when not, 2 without a file. */
export async function verifyAudit(file: string): Promise<number> {
  if (!existsSync(file)) {
    console.error(`${file}: there is no such file`);
    return 2;
  }
  try {
    const store = await openSqlite(file);
    const found = await store.tamperings();
    await store.close();
    for (const { recoveryId, seq, what } of found) console.log(pc.red(`recovery ${recoveryId}, entry ${seq}: ${what}`));
    console.log(
      found.length === 0
        ? pc.green('every audit trail is as it was written')
        : `${found.length} entries are not as they were written`,
    );
    return found.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StoreInUse)) throw error;
    console.error(error.message);
    return 2;
  }
}
