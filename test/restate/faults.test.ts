import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventIn, RecoveryState } from '../../machines/states.ts';
import { Stage, until } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({});
});
afterAll(() => stage?.close());

const PASSWORD = '506172';
const FAULTS: [name: string, happens: () => Promise<void>][] = [
  [
    'kill -9 of the service',
    async () => {
      await stage.killWorker();
      await stage.startWorker();
    },
  ],
  [
    'kill -9 of restate-server',
    async () => {
      await stage.server.kill();
      await stage.server.start();
    },
  ],
  ['the network between them cut for a second', () => stage.cut(1_000)],
];

/** Resets a password by fingerprint; in the middle of the call that sets it, something happens. */
async function reset(accountId: string, happens: () => Promise<void>) {
  const { client, effects } = stage;
  let happened: Promise<void> | undefined;
  effects.atWork = async (port) => {
    if (port !== 'setPassword' || happened) return;
    happened = happens();
    await happened;
  };
  const { recoveryId: id } = await client.start({ accountId, device: { deviceId: 'd1' } });
  const does = async (event: EventIn<RecoveryState>) => {
    await until(`${event.type} is allowed`, async () => (await client.get(id)).allowed.includes(event.type));
    // An answer may be lost with the server: the event is sent again under its key, as every client has to.
    const key = { idempotencyKey: `${id} ${event.type}` };
    await until(`${event.type} is answered`, () => client.send(id, event, undefined, key).then(() => true));
  };
  await does({ type: 'path.choose', path: 'biometric' });
  await does({ type: 'biometric.scan', captureRef: 'finger' });
  await does({ type: 'password.submit', password: PASSWORD, confirmation: PASSWORD });
  await until('done', async () => (await client.get(id)).status === 'done');
  await happened;
  const trail = await client.audit(id);
  return {
    outcome: (await client.get(id)).output?.outcome,
    course: trail.filter(({ kind }) => kind !== 'notice').map(({ kind, data }) => `${kind} ${data.port ?? data.to}`),
    effects: [...effects.keys.keys()]
      .filter((key) => key.startsWith(`${id}/`) && !key.includes('/notice/'))
      .map((key) => key.slice(id.length))
      .sort(),
  };
}

describe('in the middle of a call', () => {
  test.each(FAULTS)('%s loses nothing and does nothing twice', { timeout: 120_000 }, async (name, happens) => {
    const without = await reset(`${name}, before`, async () => {});
    expect(without.outcome).toBe('reset');
    expect(await reset(name, happens)).toEqual(without);
  });
});
