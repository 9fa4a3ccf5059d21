import { createRecoveries, createVirtualClock, type Stored } from 'regain';
import { type PolicyInput, policyOf } from 'regain/machines';
import { createSandbox } from 'regain/sandbox';
import { openSqlite } from 'regain/sqlite';

/** The recovery that is measured: the real parent with a child, in a call that drops and is taken up again without an end. */

export const START = Date.parse('2026-03-02T10:00:00+08:00');

/** The line is open all day, and nothing falls due while a benchmark lasts; the rest is as it is by default. */
const POLICY: PolicyInput = {
  voice: { opensAt: '00:00', closesAt: '00:00', resumeWithin: '20h' },
  recovery: { idleTimeout: '1h', choosingTimeout: '2h' },
};

/** Each is taken, arms one timer and cancels another, calls no port, and leads to where the other is taken. */
export const EVENTS = [{ type: 'call.dropped' }, { type: 'call.connected' }] as const;

/** A recovery as it is stored in the call, made by the real host; `call.dropped` comes next. */
export async function inCall(): Promise<Stored> {
  const store = await openSqlite(':memory:');
  const clock = createVirtualClock(START);
  const sandbox = createSandbox({ clock: clock.now, policy: policyOf(POLICY) });
  const recoveries = await createRecoveries({ store, clock, ports: sandbox.ports, policy: POLICY });
  const { recoveryId } = await recoveries.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await recoveries.idle();
  await recoveries.send(recoveryId, { type: 'path.choose', path: 'voice' });
  await recoveries.idle();
  await recoveries.send(recoveryId, { type: 'call.connected' });
  await recoveries.send(recoveryId, { type: 'call.dropped' });
  await recoveries.send(recoveryId, { type: 'call.connected' });
  const loaded = await store.load(recoveryId);
  await recoveries.close();
  await store.close();
  if (!loaded) throw new Error('the recovery is gone');
  const { recovery, timers } = loaded;
  return { snapshot: recovery.snapshot, timers, calls: recovery.calls };
}
