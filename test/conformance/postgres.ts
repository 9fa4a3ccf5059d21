import { openPostgres } from '../../src/store/postgres.ts';
import { Server } from '../postgres/server.ts';
import { type HostKind, placeOfStore } from './host.ts';

const TABLES =
  'audit, codes, ledger, limits, machines, parts, receipts, recoveries, requests, retention, settings, timers';

/** Places in databases of a real server; one that is done with is emptied and used again. */
export async function postgres(): Promise<HostKind> {
  const server = await Server.start();
  const free: string[] = [];
  return {
    atOnce: 4,
    async openPlace() {
      const url = free.pop() ?? (await server.database());
      return placeOfStore(
        () => openPostgres({ url, connections: 4 }),
        async () => {
          await server.run(`truncate ${TABLES}`, new URL(url).pathname.slice(1));
          free.push(url);
        },
      );
    },
    close: () => server.stop(),
  };
}
