import { expect, test } from 'vitest';
import { Coverage } from './coverage.ts';
import { covering, entryTo, shortest, spread, withRefusals } from './graph.ts';
import { HostSystem } from './host.ts';
import { replay } from './replay.ts';
import { completed, pathSubjects } from './subjects.ts';
import { transitionsOf } from './coverage.ts';
import { paths } from '../../machines/paths.ts';

test.for(Object.keys(pathSubjects))('%s', { timeout: 100_000 }, async (name) => {
  const given = pathSubjects[name]!;
  const subject = completed(given);
  const t0 = Date.now();
  const found = shortest({ from: entryTo(given.path, subject), subject, stop: ({ child }) => child === null });
  const chosen = covering(found.filter(({ refused }) => !refused));
  const t1 = Date.now();
  const coverage = new Coverage();
  const seen = new Set<string>();
  let steps = 0;
  const errors: string[] = [];
  const plan = [...chosen, ...spread(found, 5)];
  for (const { path } of plan) {
    try { steps += await replay(withRefusals(path, subject, seen), new HostSystem(subject), coverage); } catch (e) { errors.push((e as Error).stack ?? ''); }
  }
  console.log(name, found.length, 'found', chosen.length, 'chosen', steps, 'steps', t1 - t0, 'ms gen', Date.now() - t1, 'ms replay', errors.length, 'errors');
  const machine = paths.find(({ id }) => id === given.path)!.machine;
  console.log(transitionsOf(machine).filter((n) => !coverage.transitions.has(n)).join('\n'));
  for (const e of errors.slice(0, 2)) console.log(e.slice(0, 4000));
  expect(errors.length).toBe(0);
});
