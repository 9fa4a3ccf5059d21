import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stage, until } from './stage.ts';

/** A minute of the policy, in ms: no mock, the policy is shortened. */
const MINUTE = 300;
const policy = {
  contacts: { askUntil: 5 * MINUTE, collectUntil: 30 * MINUTE, opensAt: 45 * MINUTE },
};
const PATH = 'verifying.securityContacts';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(policy);
});
afterAll(() => stage?.close());

test('R41: on Restate a window is kept although the service is killed at minute 10 and started at minute 50', async () => {
  const { client } = stage;
  const { recoveryId: id } = await client.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  const inState = (state: string) => () => client.get(id).then((view) => view.state === state && view);
  await until('choosing', inState('choosing.offering'));
  await client.send(id, { type: 'path.choose', path: 'securityContacts' });
  await until('asking', () => client.get(id).then(({ allowed }) => allowed.includes('contacts.request')));
  await client.send(id, { type: 'contacts.request', contactIds: ['k1', 'k2'] });
  await until('collecting', () => client.get(id).then(({ allowed }) => allowed.includes('contact.confirm')));
  for (const contactId of ['k1', 'k2']) {
    const event = { type: 'contact.confirm', contactId, method: 'qr', token: 't' } as const;
    await client.send(id, event, { role: 'contact', id: contactId });
    await until('confirmed', async () =>
      (await client.audit(id)).some(({ data }) => data.port === 'checkConfirmation') ? true : undefined,
    );
  }
  const begun = (await client.audit(id)).find(({ data }) => String(data.to).startsWith(PATH))?.at ?? 0;
  await pause(Math.max(0, begun + 10 * MINUTE - Date.now()));
  await stage.killWorker();
  await pause(begun + 50 * MINUTE - Date.now());
  await stage.startWorker();
  await until('the entrance', inState('settingPassword.awaiting'));
  const trail = await client.audit(id);
  const timers = trail.filter(({ kind }) => kind === 'timer').map(({ at }) => at - begun);
  expect(timers.at(-1)).toBe(45 * MINUTE);
  const after = trail.filter(({ seq, kind }) => kind === 'answer' && seq > lastTimer(trail));
  expect(after.every(({ at }) => at >= begun + 50 * MINUTE)).toBe(true); // calls could only be made then
});

const lastTimer = (trail: readonly { kind: string; seq: number }[]) =>
  trail.findLast(({ kind }) => kind === 'timer')?.seq ?? 0;
