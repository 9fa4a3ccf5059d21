import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { optionsOf } from '../options.ts';
import { kinds } from './kinds.ts';
import type { Tally, Told } from './run.ts';

const SHARES = 2;
const TOLD_EVERY = 30_000; // ms
/** Faults that are printed in full. */
const SHOWN = 10;

const { every, chosen } = optionsOf({
  name: 'conformance',
  does:
    'Holds hosts against SQLite in memory: every scenario file, generated paths and what befalls a host have to come out the same,\n' +
    'the state, the instants, the trail. Exits 1 on any difference.',
  wholes: { every: 1 },
  parts: Object.keys(kinds),
});

/** @param told takes how many of its cases are done. */
async function shareOf(name: string, share: number, told: (done: number, of: number) => void): Promise<Tally> {
  const child = fork(join(import.meta.dirname, 'shard.ts'), [name, String(share), String(SHARES), String(every)]);
  let tally: Tally | undefined;
  child.on('message', (message) => {
    const what = message as Told;
    if ('tally' in what) tally = what.tally;
    else told(what.done, what.of);
  });
  const [code] = await once(child, 'exit');
  return tally ?? { counts: {}, faults: [`part ${share + 1} of ${SHARES} ended with code ${code}`] };
}

async function conforms(name: string): Promise<boolean> {
  const begun = performance.now();
  const progress = Array.from({ length: SHARES }, () => ({ done: 0, of: 0 }));
  const reports = setInterval(() => {
    const sum = (part: 'done' | 'of') => progress.reduce((total, each) => total + each[part], 0);
    const [done, of] = [sum('done'), sum('of')];
    const seconds = Math.round((performance.now() - begun) / 1_000);
    console.log(of === 0 ? `${name}: making the cases, ${seconds} s` : `${name}: ${done} of ${of} done, ${seconds} s`);
  }, TOLD_EVERY);
  const tallies = await Promise.all(
    progress.map((each, share) => shareOf(name, share, (done, of) => void Object.assign(each, { done, of }))),
  ).finally(() => clearInterval(reports));
  const faults = tallies.flatMap((tally) => tally.faults);
  for (const fault of faults.slice(0, SHOWN)) console.error(`${name}: ${fault}\n`);
  const groups = [...new Set(tallies.flatMap(({ counts }) => Object.keys(counts)))];
  const sum = (group: string, side: 'reference' | 'host') =>
    tallies.reduce((total, { counts }) => total + (counts[group]?.[side] ?? 0), 0);
  const all = (side: 'reference' | 'host') => groups.reduce((total, group) => total + sum(group, side), 0);
  const parts = groups.map((group) => `${group} ${sum(group, 'host')}`).join(', ');
  const seconds = Math.round((performance.now() - begun) / 1_000);
  console.log(`${name}: ${all('host')} of ${all('reference')} the same as in memory (${parts}), ${seconds} s`);
  return faults.length === 0 && all('host') === all('reference') && all('host') > 0;
}

for (const name of chosen) if (!(await conforms(name))) process.exitCode = 1;
