import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openReadOnly } from '../../src/store/open.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { Child } from './service.ts';
import { SECRET, World } from './world.ts';

/** What befalls a store: a full disk, somebody else's lock, damage. The service is the real one, in a process of its own. */

const last: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of last.splice(0).reverse()) await end();
});

async function started(folder: string) {
  const world = await World.open(() => openReadOnly(join(folder, 'store.sqlite')));
  last.push(() => world.close());
  const child = new Child({ folder, portsUrl: world.url, portsSecret: SECRET });
  last.push(() => child.stop());
  await child.start();
  return child;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'regain-store-'));
  last.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Much to be said of a device, to fill a disk with. */
const PAD = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`trait${index}`, 'x'.repeat(256)]));

async function start(child: Child, account: number, pad: Record<string, string> = {}) {
  const response = await fetch(`${child.url}/v1/recoveries`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `start-of-account-${account}` },
    body: JSON.stringify({ accountId: `a${account}`, device: { deviceId: 'd1', ...pad } }),
  });
  return { status: response.status, body: (await response.json()) as { recoveryId: string; code?: string } };
}

const statusOf = async (child: Child, path: string) => {
  const response = await fetch(`${child.url}${path}`);
  await response.text();
  return response.status;
};

async function untilReady(child: Child): Promise<void> {
  while ((await statusOf(child, '/ready')) !== 200) await setTimeout(50);
}

test.runIf(process.getuid?.() === 0)('a full disk is told, and nothing that was answered is lost', async () => {
  const folder = temporary();
  const mount = (...options: string[]) => execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(), 'tmpfs', folder]);
  mount('size=3m');
  last.push(() => void execFileSync('umount', ['-l', folder]));
  const child = await started(folder);
  await untilReady(child);

  const begun: string[] = [];
  let refused: Awaited<ReturnType<typeof start>> | undefined;
  for (let account = 1; account < 500 && !refused; account++) {
    const { status, body } = await start(child, account, PAD);
    if (status === 201) begun.push(body.recoveryId);
    else refused = { status, body };
  }
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(await statusOf(child, '/health')).toBe(200);

  mount('remount', 'size=64m');
  expect(await statusOf(child, '/ready')).toBe(200);
  const again = await start(child, begun.length + 1); // another body under the key that was refused: nothing was kept
  expect(again.status).toBe(201);
  await child.stop();
  expect(child.crashes).toEqual([]);
  const store = await openSqlite(child.store);
  expect(await store.tamperings()).toEqual([]);
  for (const id of begun) expect(await store.load(id), id).toBeDefined();
  expect(await store.list({ limit: 1_000 })).toHaveLength(begun.length + 1);
  await store.close();
});

test('a database that somebody else has locked is waited for, and the process answers meanwhile', async () => {
  const child = await started(temporary());
  await untilReady(child);
  const other = new Database(child.store);
  other.exec('begin immediate');
  const starting = start(child, 1);
  const settled = starting.then(() => true);
  await setTimeout(300);
  expect(await statusOf(child, '/health')).toBe(200);
  expect(await Promise.race([settled, setTimeout(0, false)])).toBe(false);
  other.exec('rollback');
  other.close();
  expect((await starting).status).toBe(201);
});

test('one that stays locked is told as unavailable, and the same request is taken later', async () => {
  const child = await started(temporary());
  await untilReady(child);
  const other = new Database(child.store);
  other.exec('begin immediate');
  expect(await start(child, 1)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  other.exec('rollback');
  other.close();
  expect((await start(child, 1)).status).toBe(201);
});

test.each([
  ['whose pages are damaged', (bytes: Buffer) => bytes.fill(0xa5, 8_192, bytes.length - 4_096)],
  ['that is no database', (bytes: Buffer) => bytes.fill('no database, whatever its name says. ')],
])('a file %s is refused, untouched, with what to do', async (_, damage) => {
  const folder = temporary();
  const child = await started(folder);
  await untilReady(child);
  for (let account = 1; account <= 5; account++) await start(child, account);
  await child.stop();
  const bytes = readFileSync(child.store);
  damage(bytes);
  writeFileSync(child.store, bytes);
  const hash = () => createHash('sha256').update(readFileSync(child.store)).digest('hex');
  const before = hash();

  await child.start();
  await child.ended;
  expect(child.crashes).toHaveLength(1);
  expect(child.crashes[0]).toMatch(/exit 2 .*store\.sqlite cannot be used: .*Nothing was changed.*regain backup/s);
  expect(hash()).toBe(before);
});

test('a second service on one file is refused', async () => {
  const folder = temporary();
  const first = await started(folder);
  await untilReady(first);
  const second = new Child({ folder, portsUrl: 'http://127.0.0.1:9', portsSecret: SECRET });
  await second.start();
  await second.ended;
  expect(second.crashes[0]).toContain('is in use by another process');
  expect(await statusOf(first, '/ready')).toBe(200);
});
