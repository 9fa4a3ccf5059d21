import { z } from 'zod';
import { fetchPorts, openActor } from '../../../../src/browser/index.ts';
import { order } from '../order.ts';

// A page with a durable order, to be driven from outside through `app`.

const ports = fetchPorts(
  { charge: { answer: z.object({ receipt: z.string() }), tries: 3, timeout: 5_000 } },
  { url: '/ports', headers: () => ({ Authorization: 'Bearer page' }) },
);
const delays = { reminder: 1_500, patience: 60_000 };

Object.assign(globalThis, {
  app: {
    open: async (id: string) => {
      const actor = await openActor(order.provide({ delays }), { id, ports, retryDelay: () => 100 });
      const seen: unknown[] = [];
      actor.subscribe(({ value }) => seen.push(value));
      Object.assign(globalThis, {
        actor,
        look: () => ({
          state: actor.getSnapshot().value,
          context: actor.getSnapshot().context,
          seen,
          ...actor.info.getSnapshot(),
        }),
      });
    },
  },
});
