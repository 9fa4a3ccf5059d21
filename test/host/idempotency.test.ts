import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { RecoveriesOptions } from '../../src/host/api.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'regain-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A host whose file outlives it. */
async function hosted(options: Partial<RecoveriesOptions> = {}) {
  const clock = createVirtualClock(START);
  const file = join(folder, `${++files}.sqlite`);
  const open = async () => {
    const store = await openSqlite(file, { synchronous: 'NORMAL' });
    const ports = agreeablePorts(() => sandboxAccount());
    const host = await createRecoveries({ store, clock, ports, sealingKey: 'a key for these tests', ...options });
    return { store, host, close: () => host.close().then(() => store.close()) };
  };
  const here = { clock, ...(await open()) };
  return Object.assign(here, {
    restart: async () => {
      await here.close();
      Object.assign(here, await open());
    },
  });
}
const OWNER = { role: 'owner' } as const;
const begin = { accountId: 'a1', device: { deviceId: 'd1' } };

describe('R45: a request with an idempotency key', () => {
  test('has its effect once and gets the same answer, over restarts', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    const choose = { type: 'path.choose', path: 'idCard' } as const;
    const refusal = await here.host.send(recoveryId, choose, OWNER, { idempotencyKey: 'k0' }).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'notEligible', reason: 'cardPathAvailable' });
    const bank = { type: 'path.choose', path: 'bankCard' } as const;
    const first = await here.host.send(recoveryId, bank, OWNER, { idempotencyKey: 'k1' });
    await here.host.idle();
    await here.restart();
    const { length } = await here.host.audit(recoveryId);
    expect(await here.host.send(recoveryId, bank, OWNER, { idempotencyKey: 'k1' })).toEqual(first);
    const again = await here.host.send(recoveryId, choose, OWNER, { idempotencyKey: 'k0' }).catch((error) => error);
    expect({ ...again, message: again.message }).toEqual({ ...refusal, message: refusal.message });
    expect(await here.host.audit(recoveryId)).toHaveLength(length);
    await here.close();
  });

  test('is refused when its content is another', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    await here.host.send(recoveryId, { type: 'path.choose', path: 'bankCard' }, OWNER, { idempotencyKey: 'k1' });
    const other = here.host.send(recoveryId, { type: 'path.choose', path: 'voice' }, OWNER, { idempotencyKey: 'k1' });
    await expect(other).rejects.toMatchObject({ code: 'conflict', reason: 'idempotencyKeyReused' });
    await here.close();
  });

  test('of another sender is another request', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    await here.host.send(recoveryId, { type: 'path.choose', path: 'bankCard' }, OWNER, { idempotencyKey: 'k1' });
    const agent = here.host.send(
      recoveryId,
      { type: 'review.approve' },
      { role: 'agent', id: '7' },
      { idempotencyKey: 'k1' },
    );
    await expect(agent).rejects.toMatchObject({ code: 'notAccepted' });
    await here.close();
  });

  test('that starts a recovery starts one, even after that one has ended', async () => {
    const here = await hosted();
    const starts = await Promise.all(
      Array.from({ length: 20 }, () => here.host.start(begin, undefined, { idempotencyKey: 's1' })),
    );
    const [first] = starts;
    expect(new Set(starts.map(({ recoveryId }) => recoveryId)).size).toBe(1);
    await here.host.send(first?.recoveryId ?? '', { type: 'recovery.cancel' });
    await here.restart();
    expect(await here.host.start(begin, undefined, { idempotencyKey: 's1' })).toMatchObject({
      recoveryId: first?.recoveryId,
    });
    const other = here.host.start({ ...begin, accountId: 'a2' }, undefined, { idempotencyKey: 's1' });
    await expect(other).rejects.toMatchObject({ code: 'conflict', reason: 'idempotencyKeyReused' });
    await here.close();
  });

  test('50 of the same at once are one', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    const send = () =>
      here.host.send(recoveryId, { type: 'path.choose', path: 'bankCard' }, OWNER, { idempotencyKey: 'k1' });
    const answers = await Promise.all(Array.from({ length: 50 }, send));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const taken = (await here.host.audit(recoveryId)).filter(({ kind }) => kind === 'event');
    expect(taken).toHaveLength(1);
    await here.close();
  });
});

describe('an event for one version', () => {
  test('is taken in that version only', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    const { version } = await here.host.get(recoveryId);
    const choose = () =>
      here.host.send(recoveryId, { type: 'path.choose', path: 'bankCard' }, OWNER, { ifVersion: version });
    await choose();
    await here.host.idle();
    await expect(choose()).rejects.toMatchObject({ code: 'conflict', reason: 'versionChanged' });
    expect((await here.host.audit(recoveryId)).at(-1)).toMatchObject({ kind: 'refused', data: { code: 'conflict' } });
    await here.close();
  });

  test('is refused when a timer that was due has moved the recovery on', async () => {
    const here = await hosted();
    const { recoveryId } = await here.host.start(begin);
    await here.host.idle();
    const { version } = await here.host.get(recoveryId);
    await here.host.close();
    await here.store.close();
    await here.clock.advance(31 * MINUTE);
    await here.restart();
    const late = here.host.send(recoveryId, { type: 'recovery.cancel' }, OWNER, { ifVersion: version });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect(await here.host.get(recoveryId)).toMatchObject({ state: 'expired' });
    await here.close();
  });
});
