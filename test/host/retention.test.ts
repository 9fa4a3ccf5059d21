import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { AccountFacts } from '../../machines/account.ts';
import { events } from '../../machines/events.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { ports } from '../../machines/ports.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import { createSandbox } from '../../src/adapters/sandbox.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { evidenceFields } from '../../src/host/marks.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OWNER = 'account-of-someone';
const DEVICE = 'device-of-someone';
const folder = mkdtempSync(join(tmpdir(), 'regain-retention-'));
let files = 0;
const open: { host: Recoveries; store: Store }[] = [];

afterEach(async () => {
  for (const { host, store } of open.splice(0)) {
    await host.close();
    await store.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  account?: Partial<AccountFacts>;
  policy?: PolicyInput;
  /** In the place of the sandbox's. */
  eraseEvidence?: (carryOut: Ports['eraseEvidence']) => Ports['eraseEvidence'];
}

/** A host over the sandbox, on a file of its own. */
async function hosted({ account = { cards: [] }, policy = {}, eraseEvidence = (port) => port }: Given = {}) {
  const clock = createVirtualClock(START);
  const facts = sandboxAccount({ accountId: OWNER, ...account });
  const sandbox = createSandbox({ accounts: [facts], clock: clock.now, wait: clock.wait, passwordCost: 2 });
  const calls: PortCall[] = [];
  const erase = eraseEvidence(sandbox.ports.eraseEvidence);
  const ports: Ports = {
    ...sandbox.ports,
    eraseEvidence: (input, call) => {
      calls.push(call);
      return erase(input, call);
    },
  };
  const name = `${++files}.sqlite`;
  const errors: unknown[] = [];
  const up = async () => {
    const store = await openSqlite(join(folder, name), { synchronous: 'NORMAL' });
    const onError = (error: unknown) => void errors.push(error);
    const host = await createRecoveries({ store, ports, clock, policy, retryDelay: () => 0, onError });
    open.push({ host, store });
    await host.idle();
    return { host, store };
  };
  const down = async () => {
    const last = open.pop();
    await last?.host.close();
    await last?.store.close();
  };
  /** The bytes of every file that SQLite keeps beside each other. */
  const bytes = () =>
    readdirSync(folder)
      .filter((each) => each.startsWith(name))
      .map((each) => readFileSync(join(folder, each), 'latin1'))
      .join('');
  return { ...(await up()), ...sandbox, clock, calls, errors, up, down, bytes, file: join(folder, name) };
}
type Hosted = Awaited<ReturnType<typeof hosted>>;

const begin = async ({ host }: Pick<Hosted, 'host'>) => {
  const network = { ip: '203.0.113.7' };
  const { recoveryId } = await host.start({ accountId: OWNER, device: { deviceId: DEVICE }, network });
  await host.idle();
  return recoveryId;
};

/** A recovery that showed its document and a face, and then went no further: three references. */
async function endedAtOnce(hosted: Hosted) {
  const { host, world } = hosted;
  const id = await begin(hosted);
  const refs = [world.capture({}), world.capture({}), world.capture({ faults: ['poorLight'] })];
  const [frontRef = '', backRef = '', captureRef = ''] = refs;
  await host.send(id, { type: 'path.choose', path: 'idCard' });
  await host.idle();
  await host.send(id, { type: 'document.submit', frontRef, backRef });
  await host.idle();
  await host.send(id, { type: 'face.submit', captureRef });
  await host.idle();
  const owner = { role: 'owner', deviceId: DEVICE } as const;
  await host.send(id, { type: 'recovery.cancel' }, owner, { idempotencyKey: `${id} cancelled` });
  await host.idle();
  expect((await host.get(id)).state).toBe('cancelled');
  return { id, refs };
}

const some = (bytes: string, words: readonly string[]) => words.filter((word) => bytes.includes(word));
const erasures = async (host: Recoveries, id: string) =>
  (await host.audit(id)).filter(({ kind }) => kind === 'erased').map(({ at, data }) => [at, data.class]);

describe('R55: evidence is erased a while after the end', () => {
  test('nothing before its date; at its date the references, and what they stand for; that is on record', async () => {
    const given = await hosted();
    const { host, store, world, clock, bytes } = given;
    const { id, refs } = await endedAtOnce(given);
    await clock.advance(7 * DAY - 1);
    expect(world.erased).toEqual([]);
    expect(await erasures(host, id)).toEqual([]);
    expect(some(bytes(), refs)).toEqual(refs);
    await clock.advance(1);
    const at = START + 7 * DAY;
    expect(world.erased).toEqual([{ at, accountId: OWNER, evidenceRefs: refs }]);
    expect(() => world.captured(refs[0] ?? '')).toThrow('erased');
    expect(some(bytes(), refs)).toEqual([]);
    const trail = await host.audit(id);
    const [entry] = trail.filter(({ kind }) => kind === 'erased');
    const seqs = trail.filter(({ data }) => data.erased).map(({ seq }) => seq);
    expect(entry).toMatchObject({ at, data: { class: 'evidence', references: 3, entries: seqs } });
    expect(entry?.data.kept).toMatchObject([
      { event: 'document.submit', by: 'owner', from: expect.stringContaining('capturingDocument') },
      { event: 'face.submit', by: 'owner', from: expect.stringContaining('capturingFace') },
    ]);
    expect(trail.at(-1)).toMatchObject({ kind: 'notice', data: { port: 'eraseEvidence', ok: true } });
    expect(await store.tamperings()).toEqual([]);
    await clock.advance(30 * DAY);
    expect(world.erased).toHaveLength(1);
  });

  test('a date that passes while nobody is awake is kept at the next start, once', async () => {
    const given = await hosted();
    const { world, clock, calls, up, down, bytes } = given;
    const { id, refs } = await endedAtOnce(given);
    await down();
    await clock.advance(8 * DAY);
    expect(world.erased).toEqual([]);
    await up();
    expect(world.erased).toMatchObject([{ at: START + 8 * DAY, evidenceRefs: refs }]);
    expect(some(bytes(), refs)).toEqual([]);
    await down();
    const again = await up();
    expect(calls).toHaveLength(1);
    expect(await erasures(again.host, id)).toEqual([[START + 8 * DAY, 'evidence']]);
    expect(await again.store.tamperings()).toEqual([]);
  });

  test('a process that ends between the erasure and the call makes it at the next start, under the same key', async () => {
    const given = await hosted();
    const { world, clock, calls, up, down, bytes } = given;
    world.setFault('eraseEvidence', 'hangs', 1);
    const { id, refs } = await endedAtOnce(given);
    await clock.advance(7 * DAY);
    await down();
    expect(world.erased).toEqual([]);
    expect(some(bytes(), refs)).toEqual(refs); // in the outbox, else they would be lost
    const { host, store } = await up();
    expect(world.erased).toMatchObject([{ evidenceRefs: refs }]);
    expect(some(bytes(), refs)).toEqual([]);
    expect(calls.map(({ key }) => key)).toEqual(Array(2).fill(`${id}/recovery/eraseEvidence/1`));
    expect(await erasures(host, id)).toHaveLength(1);
    expect(await store.tamperings()).toEqual([]);
  });

  test('a port that fails, or does not say that it is done, is asked again', async () => {
    let tries = 0;
    const given = await hosted({
      eraseEvidence: (carryOut) => async (input, call) => {
        tries += 1;
        if (tries === 1) throw new Error(`cannot reach ${input.evidenceRefs[0]}`);
        return tries === 2 ? ({ ok: false } as never) : carryOut(input, call);
      },
    });
    const { host, world, clock, calls, bytes } = given;
    const { id, refs } = await endedAtOnce(given);
    await clock.advance(7 * DAY);
    expect(world.erased).toMatchObject([{ evidenceRefs: refs }]);
    expect(calls.map(({ key }) => key)).toEqual(Array(3).fill(`${id}/recovery/eraseEvidence/1`));
    const notices = (await host.audit(id)).filter(({ data }) => data.port === 'eraseEvidence');
    expect(notices.map(({ data }) => data.ok)).toEqual([true]);
    expect(some(bytes(), refs)).toEqual([]);
  });

  test('a store that fails at the date is tried again; nothing is lost by it', async () => {
    const given = await hosted();
    const { host, store, world, clock, errors } = given;
    const { id } = await endedAtOnce(given);
    const raw = new Database(given.file);
    raw.exec(`create trigger full before update on audit begin select raise(abort, 'the disk is full'); end`);
    await clock.advance(7 * DAY);
    expect(String(errors[0])).toContain('the disk is full');
    expect(world.erased).toEqual([]);
    expect(await store.pendingRequests(10)).toEqual([]);
    raw.exec('drop trigger full');
    raw.close();
    await clock.advance(2_000);
    expect(world.erased).toHaveLength(1);
    expect(await erasures(host, id)).toEqual([[START + 7 * DAY + 1_000, 'evidence']]);
  });

  test('while someone reads the file the log keeps the old bytes; they go when the reader has', async () => {
    const given = await hosted();
    const { id, refs } = await endedAtOnce(given);
    const reader = new Database(given.file, { readonly: true });
    reader.exec('begin');
    reader.prepare('select count(*) from audit').get();
    await given.clock.advance(7 * DAY);
    expect(given.world.erased).toHaveLength(1);
    expect(some(given.bytes(), refs)).toEqual(refs);
    reader.close();
    await given.clock.advance(2_000);
    expect(some(given.bytes(), refs)).toEqual([]);
    expect(await erasures(given.host, id)).toHaveLength(1);
  });

  test('a process that ends before the log is emptied leaves that to the next one', async () => {
    const given = await hosted();
    const { refs } = await endedAtOnce(given);
    const reader = new Database(given.file, { readonly: true });
    reader.exec('begin');
    reader.prepare('select count(*) from audit').get();
    await given.clock.advance(7 * DAY);
    await given.down();
    reader.close();
    expect(some(given.bytes(), refs)).toEqual(refs);
    await given.up();
    expect(some(given.bytes(), refs)).toEqual([]);
  });

  test('a recovery without evidence asks no port and records nothing', async () => {
    const given = await hosted();
    const id = await begin(given);
    await given.host.send(id, { type: 'recovery.cancel' });
    await given.clock.advance(8 * DAY);
    expect(given.calls).toEqual([]);
    expect(await erasures(given.host, id)).toEqual([]);
  });

  test('references that come after the end are not written down', async () => {
    const given = await hosted();
    const { host, bytes } = given;
    const { id } = await endedAtOnce(given);
    const late = { type: 'face.submit', captureRef: 'a-late-capture' } as const;
    await expect(host.send(id, late, { role: 'owner', deviceId: DEVICE })).rejects.toThrow('not accepted');
    await expect(host.send(id, late, { role: 'owner', deviceId: 'another-device' })).rejects.toThrow('only on');
    await expect(host.send(id, late, { role: 'owner', deviceId: DEVICE }, { ifVersion: 1 })).rejects.toThrow(
      'moved on',
    );
    const refused = (await host.audit(id)).slice(-3);
    expect(refused.map(({ data }) => data)).toMatchObject([
      { event: { type: 'face.submit' }, by: { role: 'owner' }, code: 'notAccepted' },
      { event: { type: 'face.submit' }, by: { role: 'owner' }, code: 'notAuthorised' },
      { event: { type: 'face.submit' }, by: { role: 'owner' }, code: 'conflict' },
    ]);
    expect(some(bytes(), ['a-late-capture', 'another-device'])).toEqual([]);
  });

  test('one that got stuck counts from then, and its state lets go of them too', async () => {
    const given = await hosted();
    const { host, world, clock, up, down, file, bytes } = given;
    const id = await begin(given);
    const [frontRef, backRef] = [world.capture({}), world.capture({})];
    await host.send(id, { type: 'path.choose', path: 'idCard' });
    await host.idle();
    await host.send(id, { type: 'document.submit', frontRef, backRef });
    await host.idle();
    await down();
    const raw = new Database(file);
    raw.exec(`update recoveries set snapshot = replace(snapshot, '"src":"idCard"', '"src":"gone"')`);
    raw.close();
    const later = await up();
    await clock.advance(HOUR);
    const { status, updatedAt } = await later.host.get(id);
    expect(status).toBe('stuck');
    await clock.advance(updatedAt + 7 * DAY - 1 - clock.now());
    expect(world.erased).toEqual([]);
    await clock.advance(1);
    expect(world.erased).toMatchObject([{ evidenceRefs: [frontRef, backRef] }]);
    expect(some(bytes(), [frontRef, backRef])).toEqual([]);
    expect(JSON.stringify((await later.store.load(id))?.recovery.snapshot)).toContain('"frontRef":"[erased]"');
    await clock.advance(180 * DAY);
    expect((await later.host.get(id)).status).toBe('stuck');
    expect(some(bytes(), [OWNER, DEVICE, '203.0.113.7'])).toEqual([]);
    expect(await later.store.tamperings()).toEqual([]);
  });
});

describe('R55: personal data are erased later', () => {
  test('what stays is the outcome and the hashes; no byte tells whose recovery it was', async () => {
    const given = await hosted();
    const { host, store, clock, bytes } = given;
    const { id, refs } = await endedAtOnce(given);
    const before = await host.audit(id);
    const heads = await store.trailHeads();
    const personal = [OWNER, DEVICE, '203.0.113.7', '+8613800000000', ...refs];
    await clock.advance(180 * DAY - 1);
    expect((await host.get(id)).accountId).toBe(OWNER);
    expect(some(bytes(), [OWNER, DEVICE, `${id} cancelled`])).toHaveLength(3);
    await clock.advance(1);
    expect(some(bytes(), personal)).toEqual([]);
    expect(some(bytes(), [`${id} cancelled`])).toEqual([]); // the answer under that key named the account
    expect(await host.get(id)).toMatchObject({
      accountId: '',
      state: 'cancelled',
      status: 'done',
      output: { outcome: 'cancelled', attempts: [] },
      eligible: [],
      ineligible: {},
      allowed: [],
    });
    expect(await host.list({ accountId: OWNER })).toEqual([]);
    expect((await host.list({ status: 'done' })).map((each) => [each.id, each.deviceId])).toEqual([[id, '']]);
    const trail = await host.audit(id);
    expect(trail.slice(0, before.length).map(({ at, kind }) => [at, kind])).toEqual(
      before.map(({ at, kind }) => [at, kind]),
    );
    expect(trail.filter(({ data }) => !data.erased).map(({ kind }) => kind)).toEqual(['erased', 'notice', 'erased']);
    expect(await store.tamperings(heads)).toEqual([]);
  });

  test('afterwards it takes nothing, and the account may be recovered again', async () => {
    const given = await hosted();
    const { host, clock, bytes, store } = given;
    const { id } = await endedAtOnce(given);
    await clock.advance(181 * DAY);
    const late = host.send(id, { type: 'recovery.cancel' }, { role: 'owner', deviceId: DEVICE });
    await expect(late).rejects.toMatchObject({ code: 'notAuthorised' });
    await expect(host.send(id, { type: 'recovery.cancel' })).rejects.toMatchObject({ code: 'notAccepted' });
    expect(some(bytes(), [OWNER, DEVICE])).toEqual([]);
    expect(await store.tamperings()).toEqual([]);
    expect(await begin(given)).not.toBe(id);
  });

  test('both dates may pass in one sleep: evidence goes first, while it is known whose it is', async () => {
    const given = await hosted();
    const { world, clock, up, down, bytes } = given;
    const { id, refs } = await endedAtOnce(given);
    await down();
    await clock.advance(400 * DAY);
    const { host, store } = await up();
    expect(world.erased).toMatchObject([{ accountId: OWNER, evidenceRefs: refs }]);
    expect((await erasures(host, id)).map(([, of]) => of)).toEqual(['evidence', 'personalData']);
    expect(some(bytes(), [OWNER, DEVICE, ...refs])).toEqual([]);
    expect(await store.tamperings()).toEqual([]);
  });

  test('many recoveries at once leave no byte of any', async () => {
    const given = await hosted();
    const refs: string[] = [];
    for (let count = 0; count < 40; count++) {
      refs.push(...(await endedAtOnce(given)).refs);
    }
    expect(new Set(some(given.bytes(), refs)).size).toBe(120);
    await given.clock.advance(7 * DAY);
    expect(given.world.erased).toHaveLength(40);
    expect(some(given.bytes(), refs)).toEqual([]);
    await given.clock.advance(173 * DAY);
    expect(some(given.bytes(), [OWNER, DEVICE])).toEqual([]);
    expect(await given.store.tamperings()).toEqual([]);
  });

  test('a recovery that is watched has not ended, and a count that a limit needs outlasts the rest', async () => {
    const alone = { ...sandboxAccount(), cards: [], contacts: [], validTransactions: 0 };
    const { realName, biometric, voiceprint } = alone;
    const given = await hosted({
      account: {
        ...alone,
        accountId: OWNER,
        realName: { ...realName, verified: false },
        biometric: { ...biometric, enabled: false },
        voiceprint: { ...voiceprint, enrolled: false },
        device: { ...alone.device, deviceId: DEVICE },
      },
      policy: { retention: { evidence: '1h', personalData: '30d' }, emergencyCode: { codesPerWindow: 1 } },
    });
    const { host, store, world, clock, bytes } = given;
    const id = await begin(given);
    await host.send(id, { type: 'path.choose', path: 'emergencyCode' });
    await host.idle();
    const institutionToken = given.institutionToken();
    await host.send(id, { type: 'institution.scan', institutionToken }, { role: 'staff', id: 'staff-of-someone' });
    await host.idle();
    const evidenceRef = world.capture({});
    await host.send(id, { type: 'identity.present', evidenceRef }, { role: 'staff', id: 'staff-of-someone' });
    await host.idle();
    const payment = { amountFen: 100, category: 'medical', merchantRef: 'hospital', redemptionId: 'p1' };
    await host.send(id, { type: 'code.redeem', ...payment });
    await host.idle();
    await clock.advance(15 * DAY - 1);
    expect((await host.get(id)).state).toBe('observing');
    expect(world.erased).toEqual([]);
    await clock.advance(1 + HOUR);
    expect((await host.get(id)).state).toBe('completed');
    expect(world.erased).toMatchObject([{ at: START + 15 * DAY + HOUR, evidenceRefs: [evidenceRef] }]);

    await clock.advance(30 * DAY);
    expect((await host.get(id)).output).toEqual({ outcome: 'emergencyCodeUsed', attempts: [] });
    expect(some(bytes(), [DEVICE, 'staff-of-someone', evidenceRef])).toEqual([]);
    const second = await begin(given);
    expect((await host.get(second)).ineligible.emergencyCode).toBe('restricted');
    await host.send(second, { type: 'recovery.cancel' });

    await clock.advance(START + 180 * DAY - clock.now() - 1);
    expect((await store.ledger(OWNER)).map(({ kind }) => kind)).toContain('emergencyCode');
    await clock.advance(1);
    expect(await store.ledger(OWNER)).toEqual([]);
    expect((await erasures(host, id)).map(([, of]) => of)).toEqual(['evidence', 'personalData', 'ledger']);
    expect(some(bytes(), [OWNER])).toEqual([]);
    const third = await begin(given);
    expect((await host.get(third)).eligible).toContain('emergencyCode');
    expect(await store.tamperings()).toEqual([]);
  });
});

test('evidence kept longer than it is known whose it is: such a policy is refused', () => {
  expect(() => policyOf({ retention: { evidence: '30d', personalData: '7d' } })).toThrow('retention.evidence');
});

test('every field that refers to evidence is marked as such, in events and in ports', () => {
  const named = (schema: z.core.$ZodObject) => Object.keys(schema._zod.def.shape).filter((name) => /Refs?$/.test(name));
  for (const [name, { schema }] of Object.entries(events)) {
    const refs = named(schema).filter((field) => field !== 'merchantRef'); // where was paid: no evidence of anyone
    expect(evidenceFields(schema), name).toEqual(refs);
  }
  for (const [name, { input }] of Object.entries(ports)) {
    const refs = named(input).filter((field) => field !== 'merchantRef');
    expect(evidenceFields(input), name).toEqual(refs);
  }
  expect(Object.values(events).flatMap(({ schema }) => evidenceFields(schema))).toHaveLength(9);
});
