import type { HostKind } from './host.ts';

/** The hosts, by the name under which `npm run conformance` knows them. */
export const kinds: Record<string, () => Promise<HostKind>> = {
  sqlite: async () => (await import('./sqlite.ts')).sqliteFiles(),
  postgres: async () => (await import('./postgres.ts')).postgres(),
  restate: async () => (await import('./restate.ts')).restateHosts(),
};
