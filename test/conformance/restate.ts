import type { Recoveries } from '../../src/host/api.ts';
import { createRestateRecoveries, openRestate } from '../../src/restate/index.ts';
import { startRestate } from '../restate/server.ts';
import type { HostKind } from './host.ts';

/** Cases that one process runs at once: each waits for the server most of its time. */
const AT_ONCE = 8;

/** Places on one Restate server, each a namespace. What one left is not looked at by the next, and goes with the server. */
export async function restateHosts(): Promise<HostKind> {
  const server = await startRestate();
  const endpoint = await openRestate(server);
  let places = 0;
  return {
    atOnce: AT_ONCE,
    async openPlace() {
      const namespace = `place-${++places}`;
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
      };
    },
    async close() {
      await endpoint.close();
      await server.close();
    },
  };
}
