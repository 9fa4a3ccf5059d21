import { existsSync } from 'node:fs';
import type { Recoveries } from '../../src/host/api.ts';
import { createRestateRecoveries, openRestate } from '../../src/restate/index.ts';
import { startRestate } from '../restate/server.ts';
import type { HostKind } from './host.ts';

/** Cases that one process runs at once: each waits for the server most of its time. */
const AT_ONCE = 8;

/** A restart takes a dozen round trips: one comes before every third step, before another one from path to path. */
const RESTART_EVERY = 3;

/** No power fails here: in memory, nothing waits for a disk. */
const MEMORY = '/dev/shm';

/** Places on one Restate server, each a namespace. What one left is not looked at by the next, and goes with the server. */
export async function restateHosts(): Promise<HostKind> {
  const server = await startRestate(existsSync(MEMORY) ? MEMORY : undefined);
  const endpoint = await openRestate({ ...server, listen: { port: 0 } });
  let places = 0;
  return {
    atOnce: AT_ONCE,
    async openPlace() {
      const number = ++places;
      const namespace = `place-${number}`;
      let host: Recoveries | undefined;
      return {
        async open(options) {
          await host?.close();
          const { sealingKey = 'a key for whoever gives none', ...others } = options;
          host = await createRestateRecoveries({ ...others, sealingKey, endpoint, namespace });
          return host;
        },
        async close() {
          await host?.close();
        },
        restartsBefore: (step) => (step + number) % RESTART_EVERY === 0,
      };
    },
    async close() {
      await endpoint.close();
      await server.close();
    },
  };
}
