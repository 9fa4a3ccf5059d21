import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  checkRegistry,
  createPalmAndVoice,
  palmAndVoice,
  paths,
  type RecoveryPath,
  recoveryMachine,
  recoveryMachineOf,
} from '../../machines/index.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import { createSandbox, sandboxAccount } from '../../src/adapters/index.ts';
import { createVirtualClock } from '../../src/host/clock.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import { UnusableFile } from '../../src/scenario/load.ts';
import { loadPaths } from '../../src/scenario/load-paths.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { LOCALES, textsOf, type Viewed } from '../../src/texts/index.ts';

/** What holds of a list of paths that is not the eight. */

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'regain-paths-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const clock = createVirtualClock(Date.parse('2026-03-02T10:00:00+08:00'));

let files = 0;
/** A module that says something with the ninth path as `path`. */
function moduleOf(text: string): string {
  const file = join(folder, `paths${++files}.ts`);
  const from = JSON.stringify(join(ROOT, 'machines/trial/palm-and-voice.ts'));
  writeFileSync(
    file,
    `import path, { createPalmAndVoice } from ${from};\nexport const other = createPalmAndVoice;\n${text}\n`,
  );
  return file;
}

test('without a module there are the eight; a module adds to them, one path or a list', async () => {
  expect(await loadPaths()).toBe(paths);
  const ninth = await loadPaths(join(ROOT, 'machines/trial/palm-and-voice.ts'));
  expect(ninth.map(({ id }) => id)).toEqual([...paths.map(({ id }) => id), 'palmAndVoice']);
  expect(await loadPaths(moduleOf('export default [path]'))).toHaveLength(9);
  expect(recoveryMachineOf(ninth).version).toBe('1+palmAndVoice');
  expect(recoveryMachineOf([...paths])).toBe(recoveryMachine);
});

test.each([
  ['export default', 'cannot be loaded'],
  ['', 'no default export'],
  ['export default 7', 'path 1: the whole: Invalid input: expected object'],
  ['export default { ...path, id: "palm vein" }', "path 'palm vein': id: expected a word"],
  ['export default { ...path, id: "palm" }', "path 'palm': machine: its id is not that of the path"],
  ['export default { ...path, machine: {} }', "path 'palmAndVoice': machine: expected a machine"],
  ['export default { ...path, grants: ["luck"] }', "path 'palmAndVoice': grants.0: "],
  [
    'export default { ...path, ports: { matchPalmVein: { does: "x" } } }',
    'ports.matchPalmVein.input: expected an object schema',
  ],
  ['export default [path, path]', "path 'palmAndVoice': its id is taken"],
])('%s: is refused with what is wrong', async (text, message) => {
  const file = moduleOf(text);
  const error = await loadPaths(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnusableFile);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).toContain(file);
});

test('events and ports of its own take no name that is taken, and no name that charts keep for themselves', () => {
  const spec = { from: 'owner', schema: palmAndVoice.events?.['palm.scan']?.schema } as never;
  const withEvent = (name: string): RecoveryPath[] => [...paths, { ...palmAndVoice, events: { [name]: spec } }];
  expect(() => checkRegistry(withEvent('bankCard.submit'))).toThrow("event 'bankCard.submit' is taken");
  expect(() => checkRegistry(withEvent('deadline.resume'))).toThrow("'deadline.resume' is called like one that charts");
  const { matchPalmVein } = palmAndVoice.ports ?? {};
  const stolen = { ...palmAndVoice, ports: { setPassword: matchPalmVein as never } };
  expect(() => checkRegistry([...paths, stolen])).toThrow("port 'setPassword' is taken");
  const two = [
    ...paths,
    palmAndVoice,
    { ...palmAndVoice, id: 'another', ports: { matchPalmVein: { ...matchPalmVein } as never } },
  ];
  expect(() => checkRegistry(two)).toThrow("path 'another': port 'matchPalmVein' is taken");
});

test('a host without a port that a path asks for does not open', async () => {
  const store = await openSqlite(':memory:');
  const ports = agreeablePorts(() => sandboxAccount());
  const host = createRecoveries({ store, clock, ports, paths: [...paths, palmAndVoice] });
  await expect(host).rejects.toThrow("port 'matchPalmVein' is missing: it compares the veins of a palm");
  await store.close();
});

test('a sandbox has the ports of the paths given, with faults and delays, or others in their place', async () => {
  const call = { key: 'k', recoveryId: 'r1', path: 'palmAndVoice', step: 'matchPalmVein', attempt: 1, at: 0 };
  const signal = new AbortController().signal;
  const ask = (options: object, key = 'k') => {
    const accounts = [sandboxAccount({ others: { palmVeinEnrolled: true } })];
    const { ports } = createSandbox({ accounts, paths: [palmAndVoice], ...options });
    const { matchPalmVein } = ports;
    return matchPalmVein?.({ accountId: 'a1', captureRef: 'p1' } as never, { ...call, key, signal });
  };
  expect(await ask({})).toEqual({ match: 95 });
  expect(await ask({ ports: { matchPalmVein: async () => ({ match: 12 }) } })).toEqual({ match: 12 });
  await expect(ask({ faults: { matchPalmVein: 'throws' } })).rejects.toThrow('out of order');
  const waits: number[] = [];
  await ask({ delays: { matchPalmVein: 700 }, wait: async (ms: number) => void waits.push(ms) });
  expect(waits).toEqual([700]);
  expect(() => createSandbox({ faults: { matchPalmVein: 'throws' } })).toThrow("there is no port 'matchPalmVein'");
  const silent = {
    ...palmAndVoice,
    ports: { matchPalmVein: { ...palmAndVoice.ports?.matchPalmVein, sandbox: undefined } },
  };
  await expect(ask({ paths: [silent] })).rejects.toThrow("port 'matchPalmVein' has no answer here");
});

test('figures of the path are checked, and lead its chart', () => {
  expect(() => createPalmAndVoice({ matchThreshold: 101 })).toThrow('matchThreshold');
  const { machine } = createPalmAndVoice({ attemptsPerDay: 1 });
  expect(machine.id).toBe('palmAndVoice');
});

test.each(LOCALES)('each of its states, events and reasons has words of its own in %s', (locale) => {
  const registry = [...paths, palmAndVoice];
  const view = { allowed: ['palm.scan'], ineligible: { palmAndVoice: 'palmVeinNotEnrolled' }, deadlines: [] };
  const said = (state: string) => textsOf({ ...view, state } as unknown as Viewed, locale, registry);
  const titles: string[] = [palmAndVoice.title[locale]];
  const { states } = palmAndVoice.machine.root;
  const names = Object.values(states).flatMap((node) => {
    const inner = Object.keys(node.states);
    return inner.length > 0 ? inner.map((name) => `${node.key}.${name}`) : [node.key];
  });
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) expect(titles, name).not.toContain(said(`verifying.palmAndVoice.${name}`).state);
  const other = textsOf({ ...view, state: '' } as unknown as Viewed, locale, paths);
  expect(said('').allowed['palm.scan']).not.toBe(other.allowed['palm.scan']);
  expect(said('').ineligible.palmAndVoice).not.toBe(other.ineligible.palmAndVoice);
  const texts = palmAndVoice.texts?.[locale];
  for (const text of [texts?.states, texts?.events, texts?.reasons].flatMap((table) => Object.values(table ?? {}))) {
    if (locale === 'en') expect(text).not.toMatch(/\p{Script=Han}/u);
    else expect(text).not.toMatch(/[A-Za-z]/);
  }
});
