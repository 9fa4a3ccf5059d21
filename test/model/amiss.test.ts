import { expect, test } from 'vitest';
import { CoverageRecorder } from '../../src/testing/index.ts';
import { coverOnHost, coverOverHttp } from './campaign.ts';
import type { Happening } from './composed.ts';
import type { Demanded, Wanted } from './defined.ts';
import { entryTo } from './graph.ts';
import { HostSystem } from './host.ts';
import { replay } from './replay.ts';
import { completed, pathSubjects } from './subjects.ts';

const subject = completed(pathSubjects.biometric as never);
const path = entryTo('biometric', subject);

/** A host to which something else happens than to the model. */
class Amiss extends HostSystem {
  override apply(happening: Happening, place: number, dueAt: number) {
    const other = happening.do === 'answer' && happening.port === 'assessRisk' ? FAILS : happening;
    return super.apply(other, place, dueAt);
  }
}
const FAILS: Happening = {
  type: 'assessRisk fails',
  do: 'fail',
  owner: '',
  call: 'assessRisk',
  port: 'assessRisk',
};

test('a system that does not stand where the model says is found out', async () => {
  await expect(replay(path, new Amiss(subject))).rejects.toThrow(/differs after\n {2}start\n.*assessRisk/s);
  await expect(replay(path, new HostSystem(subject))).resolves.toBe(path.length);
});

test('the host is closed and opened again between every two steps', async () => {
  const system = new HostSystem(subject);
  const steps = await replay(path, system);
  expect(system.restarts).toBe(steps - 1);
});

test('what the host did is counted over its restarts, and nothing that it did not do', async () => {
  const recorder = new CoverageRecorder();
  await replay(path, new HostSystem(subject, recorder.tracer()));
  const { recovery, biometric } = recorder.data.machines;
  expect(recovery?.guards).toMatchObject({ 'recovery.choosing.deciding always 6 true': 1 });
  expect(recovery?.guards).not.toHaveProperty('recovery.choosing.deciding always 6 false');
  expect(recovery?.delays).toMatchObject({ 'xstate.after.portTimeout.recovery.assessing.loading cancelled': 1 });
  expect(Object.keys(biometric?.states ?? {})).toEqual([
    'biometric',
    'biometric.scanning',
    'biometric.scanning.awaiting',
  ]);
  expect(biometric?.transitions).toEqual({});
});

test('an event without a driver is an error', async () => {
  const strange = { type: 'strange', do: 'dance' } as unknown as Happening;
  const system = new HostSystem(subject);
  await expect(system.apply(strange, 0, 0)).rejects.toThrow('no driver for');
  await system.close();
});

const wanted = (kind: Demanded, key: string): Wanted => ({ machine: 'voice', kind, key });

test('R59: what no path meets is an error, unless it is listed; so is what is listed and met', async () => {
  const parts = [
    wanted('states', 'voice.inMenu'),
    wanted('transitions', 'voice.inMenu always 9'),
    wanted('guards', 'voice.inMenu always 9 false'),
    wanted('delays', 'xstate.after.some.voice cancelled'),
  ];
  const lines = parts.map(({ kind, key }) => `no path meets, of ${kind}: ${key}`);
  await expect(coverOnHost([], parts)).rejects.toThrow(lines.join('\n'));
  const excused: Wanted = { machine: 'recovery', kind: 'guards', key: 'recovery.choosing.deciding always 8 false' };
  await expect(coverOnHost([], [excused])).resolves.toBeDefined();
  const plan = { subject, found: [{ path, met: ['something'], refused: false }] };
  const listed: Wanted = { machine: 'recovery', kind: 'states', key: 'recovery' };
  await expect(coverOnHost([plan], [listed], new Set(['recovery']))).rejects.toThrow(
    'listed as never met, but met: recovery',
  );
});

test('an event from outside that takes a transition has to do so over HTTP', async () => {
  const parts = [wanted('transitions', 'voice.inMenu.calling call.connected 0')];
  await expect(coverOverHttp([], parts)).rejects.toThrow('not taken over HTTP: voice.inMenu.calling call.connected 0');
});
