import { afterAll, expect, expectTypeOf, test } from 'vitest';
import { bankCardMachine, type EventIn, isIn, type PathEvent, port, type RecoveryState } from '../machines/index.ts';
import { createSandbox } from '../src/adapters/index.ts';
import { createRecoveries, createVirtualClock, type Ports } from '../src/index.ts';
import { openSqlite } from '../src/store/sqlite.ts';

/** What the compiler refuses; `npm run lint` compiles this file, and an error that is expected and does not come is one. */

const clock = createVirtualClock(Date.parse('2026-03-02T10:00:00+08:00'));
const { ports } = createSandbox({ clock: clock.now, wait: clock.wait });
const store = await openSqlite(':memory:');
const recoveries = await createRecoveries({ store, ports, clock });
afterAll(async () => {
  await recoveries.close();
  await store.close();
});

test('an event that the path under way does not know is no event of its state', async () => {
  const { recoveryId } = await recoveries.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await recoveries.idle();
  await recoveries.send(recoveryId, { type: 'path.choose', path: 'bankCard' });
  await recoveries.idle();
  const view = await recoveries.get(recoveryId);
  if (!isIn(view, 'verifying.bankCard')) throw new Error(`it is in ${view.state}`);
  expectTypeOf(view.state).toExtend<`verifying.bankCard.${string}`>();
  // @ts-expect-error: a card's path has no faces
  await expect(recoveries.send(view, { type: 'face.submit', captureRef: 's1' })).rejects.toThrow();
  // @ts-expect-error: nobody knows this one
  await expect(recoveries.send(recoveryId, { type: 'password.guess' })).rejects.toThrow();
  // @ts-expect-error: it needs the holder's document
  await expect(recoveries.send(view, { type: 'bankCard.submit', cardId: 'c1' })).rejects.toThrow();
  await recoveries.send(view, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
  await recoveries.idle();
  expect((await recoveries.get(recoveryId)).state).toBe('verifying.bankCard.awaitingCode');
});

test('a state is one of the charts’', () => {
  expectTypeOf<'verifying.bankCard.awaitingCode'>().toExtend<RecoveryState>();
  expectTypeOf<'settingPassword.awaiting'>().toExtend<RecoveryState>();
  expectTypeOf<'verifying.bankCard.awaitingCodes'>().not.toExtend<RecoveryState>();
  expectTypeOf<EventIn<'choosing.offering'>['type']>().toEqualTypeOf<
    'path.choose' | 'recovery.cancel' | 'password.submit'
  >();
  expectTypeOf<PathEvent<'biometric'>['type']>().toEqualTypeOf<'biometric.scan' | 'path.leave'>();
});

test('a port that answers with something else is no port', () => {
  const right: Pick<Ports, 'checkCode'> = { checkCode: async ({ code }) => ({ ok: code === '123456' }) };
  // @ts-expect-error: it has to say whether the code is right
  const wrong: Pick<Ports, 'checkCode'> = { checkCode: async () => ({ right: true }) };
  // @ts-expect-error: there is no such port
  const unknown: Partial<Ports> = { readMinds: async () => ({ ok: true }) };
  // @ts-expect-error: a card has no such status
  port('verifyBankCard', async () => ({ status: 'perhaps' }));
  expect(Object.keys({ ...right, ...wrong, ...unknown })).toEqual(['checkCode', 'readMinds']);
});

test('a chart by itself takes only its own ports', () => {
  const checkCode = port('checkCode', async () => ({ ok: true }));
  expect(bankCardMachine.provide({ actors: { checkCode } }).implementations.actors.checkCode).toBe(checkCode);
  // @ts-expect-error: it never asks for a face
  expect(bankCardMachine.provide({ actors: { checkFace: checkCode } }).id).toBe('bankCard');
});
