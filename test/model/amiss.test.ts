import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import type { Happening } from './composed.ts';
import { Coverage } from './coverage.ts';
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
  const coverage = new Coverage();
  await expect(replay(path, new Amiss(subject), coverage)).rejects.toThrow(/differs after\n {2}start\n.*assessRisk/s);
  await expect(replay(path, new HostSystem(subject), coverage)).resolves.toBe(path.length);
});

test('the host is closed and opened again between every two steps', async () => {
  const system = new HostSystem(subject);
  const steps = await replay(path, system, new Coverage());
  expect(system.restarts).toBe(steps - 1);
});

test('an event without a driver is an error', async () => {
  const strange = { type: 'strange', do: 'dance' } as unknown as Happening;
  await expect(new HostSystem(subject).apply(strange, 0, 0)).rejects.toThrow('no driver for');
});

test('what no path covers is an error, unless it is listed; so is what is listed and covered', async () => {
  const nothing = campaign([], { states: ['biometric.scanning'], transitions: ['biometric.scanning always 9'] });
  await expect(nothing).rejects.toThrow(
    'no path comes by: biometric.scanning\nno path takes: biometric.scanning always 9',
  );
  const listed = 'voice.inMenu.calling call.connected 1';
  await expect(campaign([], { states: [], transitions: [listed] })).resolves.toMatchObject({ covered: 0, total: 1 });
});
