import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { recoveryMachine } from '../../machines/recovery.ts';
import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { Ports } from '../../src/adapters/ports.ts';
import { structureOf, type Timer } from '../../src/core/index.ts';
import type { Recoveries } from '../../src/host/api.ts';
import { createVirtualClock, type VirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import type { OlderVersion } from '../../src/host/versions.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { RecoveryRecord, RequestRecord, Store } from '../../src/store/types.ts';

/**
 * Recoveries as each released version stored them (R51). Those of the version at hand are written by this file when it is
 * run with UPDATE_FIXTURES=1; those of older ones are never written again.
 */
const FOLDER = join(import.meta.dirname, '../fixtures/versions');
const CURRENT = recoveryMachine.version ?? '';
/** How the service goes on with each version before the current one. */
const OLDER: Record<string, OlderVersion> = {};
/** Of the chart of each version, with those of its paths. A chart that is changed needs a version of its own. */
const FINGERPRINTS: Record<string, string> = {
  1: '08722eeecf96c56583743415f4ab3ae33e17358fe57f0b46aa4f49c5f292ab2f',
};

const START = Date.parse('2026-03-02T10:00:00+08:00');
const MINUTE = 60_000;

interface Stored {
  recovery: RecoveryRecord;
  timers: Timer[];
  requests: RequestRecord[];
}

/** What is to be done with a recovery that a fixture holds, and what becomes of it. */
interface Case {
  /** Leads a recovery of the version at hand to the state. */
  begin(host: Recoveries, id: string, clock: VirtualClock): Promise<unknown>;
  state: string;
  goOn(host: Recoveries, id: string, clock: VirtualClock): Promise<unknown>;
  becomes: string;
}

const choose = (path: string) => async (host: Recoveries, id: string) => {
  await host.send(id, { type: 'path.choose', path });
  await host.idle();
};
const confirm = (host: Recoveries, id: string, contactId: string) =>
  host.send(id, { type: 'contact.confirm', contactId, method: 'qr', token: 't' }, { role: 'contact', id: contactId });

const cases: Record<string, Case> = {
  offering: {
    begin: async () => {},
    state: 'choosing.offering',
    goOn: (_, __, clock) => clock.advance(30 * MINUTE),
    becomes: 'expired',
  },
  'call-under-way': {
    begin: async (host, id) => {
      await choose('bankCard')(host, id);
      await host.send(id, { type: 'bankCard.submit', cardId: 'c1', holderRef: 'h1' });
    },
    state: 'verifying.bankCard.verifyingCard',
    goOn: async (host, id) => {
      await host.idle();
      await host.send(id, { type: 'code.submit', code: '123456' });
    },
    becomes: 'settingPassword.awaiting',
  },
  'contacts-asked': {
    begin: async (host, id, clock) => {
      await choose('securityContacts')(host, id);
      await host.send(id, { type: 'contacts.request', contactIds: ['k1', 'k2'] });
      await clock.advance(10 * MINUTE);
      await confirm(host, id, 'k1');
      await host.idle();
    },
    state: 'verifying.securityContacts.collecting',
    goOn: async (host, id, clock) => {
      await confirm(host, id, 'k2');
      await clock.advance(45 * MINUTE);
    },
    becomes: 'settingPassword.awaiting',
  },
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function hosted(store: Store, clock: VirtualClock, part: Partial<Ports> = {}): Promise<Recoveries> {
  const ports = { ...agreeablePorts(() => sandboxAccount()), ...part };
  const host = await createRecoveries({ store, clock, ports, newId: () => 'r1', versions: OLDER });
  open.push(host);
  return host;
}

async function emptyStore(): Promise<Store> {
  const store = await openSqlite(':memory:');
  open.push(store);
  return store;
}

/** What the version at hand stores of a case. */
async function stored({ begin }: Case): Promise<Stored> {
  const clock = createVirtualClock(START);
  const store = await emptyStore();
  const host = await hosted(store, clock, {
    verifyBankCard: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  await host.start({ accountId: 'a1', device: { deviceId: 'd1' } });
  await host.idle();
  await begin(host, 'r1', clock);
  const loaded = await store.load('r1');
  if (!loaded) throw new Error('there is no recovery');
  return { ...loaded, requests: await store.pendingRequests(10) };
}

const fileOf = (version: string, name: string) => join(FOLDER, version, `${name}.json`);
const fixture = (version: string, name: string): Stored => JSON.parse(readFileSync(fileOf(version, name), 'utf8'));

/** Names and types, without the values: of what is stored these have to stay the same. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

describe('the version at hand', () => {
  test(`R51: the charts of version '${CURRENT}' are those that it was released with`, () => {
    const fingerprint = createHash('sha256').update(structureOf(recoveryMachine).join('\n')).digest('hex');
    expect(
      FINGERPRINTS[CURRENT],
      'raise the version in machines/recovery.ts, and say in OLDER what becomes of the old',
    ).toBe(fingerprint);
  });

  test.each(Object.entries(cases))('R51: stores what it was released with: %s', async (name, each) => {
    const now = JSON.parse(JSON.stringify(await stored(each)));
    if (process.env.UPDATE_FIXTURES) {
      mkdirSync(join(FOLDER, CURRENT), { recursive: true });
      writeFileSync(fileOf(CURRENT, name), `${JSON.stringify(now, null, 2)}\n`);
    }
    expect(now.recovery.state).toBe(each.state);
    expect(shapeOf(now)).toEqual(shapeOf(fixture(CURRENT, name)));
  });
});

describe('what a released version stored is gone on with', () => {
  const all = Object.keys(FINGERPRINTS).flatMap((version) =>
    Object.keys(cases).map((name) => [version, name] as const),
  );

  test.each(all)("R51: version '%s': %s", async (version, name) => {
    const { recovery, timers, requests } = fixture(version, name);
    const { state, goOn, becomes } = cases[name] as Case;
    const clock = createVirtualClock(recovery.updatedAt);
    const store = await emptyStore();
    const awaited = requests.filter(({ kind }) => kind === 'awaited').map(({ key }) => key);
    await store.commit({ recovery, from: null, timers, requests, awaited, audit: [], ledger: [] });
    expect(recovery.state).toBe(state);
    const host = await hosted(store, clock);
    expect(host.leftUntouched).toEqual([]);
    await goOn(host, recovery.id, clock);
    await host.idle();
    expect((await host.get(recovery.id)).state).toBe(becomes);
  });
});
