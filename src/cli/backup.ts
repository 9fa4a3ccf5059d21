import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { isPostgresUrl } from '../store/open.ts';
import { copySqlite, StoreDamaged } from '../store/sqlite.ts';

/** Copies a store while a service goes on using it. @returns the exit code. */
export async function backUp(file: string, copy: string): Promise<number> {
  const refusal = isPostgresUrl(file)
    ? 'a PostgreSQL database is copied by its own tools: pg_dump, or pg_basebackup with the log archived'
    : !existsSync(file)
      ? `${file}: there is no such file`
      : existsSync(copy)
        ? `${copy} is there already: give the copy a name of its own`
        : undefined;
  if (refusal !== undefined) {
    console.error(refusal);
    return 2;
  }
  const unfinished = `${copy}.unfinished`;
  try {
    await copySqlite(file, unfinished);
    await rename(unfinished, copy);
    console.log(`${copy}: a whole copy, looked through for damage`);
    return 0;
  } catch (error) {
    await rm(unfinished, { force: true });
    if (!(error instanceof StoreDamaged)) throw error;
    console.error(error.message);
    return 1;
  }
}
