import { expect, test } from 'vitest';
import {
  openPostgres,
  openPostgresReadOnly,
  type PostgresConfigInput,
  UnusableStore,
} from '../../src/store/postgres.ts';

test.each<[what: string, config: string | PostgresConfigInput, says: string]>([
  ['no address', 'hello', 'url: expected postgres://…'],
  ['an address without its scheme', 'user:hunter2@host/regain', 'url: expected postgres://…'],
  ['a setting that is none', { url: 'postgres://h/r', conections: 4 } as never, "unknown key 'conections'"],
  [
    'two that are wrong',
    { url: 'hello', connections: 1 },
    'url: expected postgres://…; connections: Too small: expected number to be >=2',
  ],
])('a database is not looked for under %s', async (_, config, says) => {
  for (const open of [openPostgres, openPostgresReadOnly]) {
    const error = await (open(config) as Promise<unknown>).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableStore);
    expect((error as Error).message).toBe(`PostgreSQL cannot be used: ${says}`);
  }
});
