import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '../../src/store/sqlite.ts';
import { type HostKind, type Place, placeOfStore } from './host.ts';

/** Where there is a folder in memory, no disk slows the many restarts down. */
const MEMORY = '/dev/shm';

/** A place in an SQLite file of its own, which every restart closes and opens again. */
export function sqliteFile(): Place {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'regain-place-'));
  const openStore = () => openSqlite(join(folder, 'store.sqlite'), { synchronous: 'NORMAL', check: false });
  return placeOfStore(openStore, async () => rmSync(folder, { recursive: true, force: true }));
}

export const sqliteFiles = async (): Promise<HostKind> => ({
  openPlace: async () => sqliteFile(),
  atOnce: 1,
  close: async () => {},
});

/** A place in memory: a restart drops everything but the store. What other hosts do is held against what happens here. */
export async function inMemory(): Promise<Place> {
  const store = await openSqlite(':memory:');
  return placeOfStore(
    async () => store,
    () => store.close(),
    async () => {},
  );
}
