import { type Mirror, mirrorRecovery, startRecovery } from '../../../../src/browser/index.ts';

// A page that mirrors a recovery of the service behind its site, to be driven from outside through `app`.

interface Seen {
  state: string;
  optimistic: string;
  pending: string[];
  connection: string;
}

const seen: Seen[] = [];
const look = (mirror: Mirror): Seen => {
  const { server, optimistic, pending, connection } = mirror.getSnapshot();
  return { state: server.state, optimistic: optimistic.text, pending: pending.map(({ key }) => key), connection };
};

Object.assign(globalThis, {
  app: {
    start: () => startRecovery({ accountId: 'a1', device: { deviceId: 'd1' }, language: 'en' }),
    mirror: async (recoveryId: string, token: string) => {
      const mirror = await mirrorRecovery({
        recoveryId,
        token,
        deviceId: 'd1',
        language: 'en',
        retryDelay: () => 100,
        predict: (recovery, event) => ({ ...recovery, text: `${event.type} is on its way` }),
      });
      mirror.subscribe(() => void seen.push(look(mirror)));
      Object.assign(globalThis, { mirror, seen, look: () => look(mirror) });
    },
  },
});
