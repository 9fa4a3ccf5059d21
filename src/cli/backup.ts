import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { UnusableStore } from '../store/errors.ts';
import { isPostgresUrl } from '../store/open.ts';
import { copySqlite, StoreDamaged } from '../store/sqlite.ts';
import { Unusable } from './errors.ts';
import { checkOutputs } from './output.ts';

/**
 * Copies a store while a service goes on using it.
 * @returns the exit code: 1 when what was copied is damaged.
 * @throws Unusable, UnusableStore
 */
export async function backUp(file: string, copy: string): Promise<number> {
  if (isPostgresUrl(file))
    throw new Unusable(
      'a PostgreSQL database is copied by its own tools: pg_dump, or pg_basebackup with the log archived',
    );
  if (!existsSync(file)) throw new Unusable(`${file}: there is no such file`);
  if (existsSync(copy)) throw new Unusable(`${copy} is there already: give the copy a name of its own`);
  await checkOutputs(copy);
  const unfinished = `${copy}.unfinished`;
  try {
    await copySqlite(file, unfinished);
    await rename(unfinished, copy);
    console.log(`${copy}: a whole copy, looked through for damage`);
    return 0;
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof StoreDamaged) {
      console.error(error.message);
      return 1;
    }
    if (!isOfSqlite(error)) throw error;
    throw new UnusableStore(`${file} cannot be copied to ${copy}: ${error.message}`, { cause: error });
  }
}

const isOfSqlite = (error: unknown): error is Error =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('SQLITE_');
