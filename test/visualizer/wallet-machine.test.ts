import { expect, it } from 'vitest';
import { type AnyActorRef, createActor, waitFor } from 'xstate';
import { policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { createSandbox } from '../../src/adapters/sandbox.ts';
import { WalletClock } from '../../visualizer/src/wallet/clock.ts';
import { walletMachine } from '../../visualizer/src/wallet/machine.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;

function begun() {
  const account = sandboxAccount();
  const clock = new WalletClock(START);
  const sandbox = createSandbox({ accounts: [account], clock: clock.now, passwordCost: 2 });
  const actor = createActor(walletMachine(sandbox.ports, 'r1', clock.now), {
    clock,
    input: {
      recoveryId: 'r1',
      accountId: account.accountId,
      device: { deviceId: 'd1' },
      network: {},
      policy: policyOf(),
      at: START,
    },
  }).start();
  return { actor, sandbox, clock, account };
}

it('runs the parent with a path and the ports of a sandbox', async () => {
  const { actor, sandbox, account } = begun();
  await waitFor(actor, (snapshot) => snapshot.matches({ choosing: 'offering' }));
  actor.send({ type: 'path.choose', path: 'bankCard', at: START });
  await waitFor(actor, ({ value }) => (value as { verifying?: string }).verifying === 'bankCard');
  actor.send({ type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1', at: START } as never);
  await expect.poll(() => sandbox.world.inbox(account.phone)).toHaveLength(1);
  await expect
    .poll(() => (actor.getSnapshot().children as { bankCard?: AnyActorRef }).bankCard?.getSnapshot().value)
    .toBe('awaitingCode');
  actor.send({ type: 'code.submit', code: sandbox.world.inbox(account.phone)[0]?.code, at: START } as never);
  await waitFor(actor, (snapshot) => snapshot.matches({ settingPassword: 'awaiting' }));
  actor.send({ type: 'password.submit', password: '294817', confirmation: '294817', at: START });
  await waitFor(actor, ({ status }) => status === 'done');
  expect(actor.getSnapshot().output).toMatchObject({ outcome: 'reset', path: 'bankCard' });
  expect(sandbox.passwordsSet(account.accountId)).toBe(1);
});

it('lets time pass as it is told to, each alarm at its own instant', async () => {
  const { actor, clock } = begun();
  await waitFor(actor, (snapshot) => snapshot.matches({ choosing: 'offering' }));
  await clock.advance(30 * MINUTE - 1);
  expect(actor.getSnapshot().status).toBe('active');
  const rung: number[] = [];
  clock.setTimeout(() => rung.push(clock.now() - START), MINUTE);
  await clock.advance(5 * MINUTE);
  expect(actor.getSnapshot().output).toMatchObject({ outcome: 'expired', reason: 'timedOut' });
  expect(rung).toEqual([31 * MINUTE - 1]);
});
