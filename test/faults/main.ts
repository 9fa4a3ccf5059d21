import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsOf } from '../options.ts';
import { type Campaign, type Killer, runCampaign } from './campaign.ts';
import { type Check, type Course, coursesOf, judge } from './checks.ts';
import { added, printed } from './report.ts';
import { restartWithMany } from './restart.ts';
import { SCRIPTS } from './scripts.ts';

const { kills, recoveries, open } = optionsOf({
  name: 'faults',
  does: 'Kills the real service while recoveries of all kinds are under way, and holds what came of them against the same without kills.',
  wholes: { kills: 1_000, recoveries: 208, open: 10_000 },
});
/** Passes of a fault point at which the process dies. */
const PASSES = [1, 2, 7, 20];

const kinds = Object.keys(SCRIPTS).length;
const folder = mkdtempSync(join(tmpdir(), 'regain-points-'));
const log = join(folder, 'points');

console.log(`${kinds} kinds of recoveries without a kill: what has to come of each`);
const calm = await runCampaign({ recoveries: kinds, armed: true, env: { REGAIN_FAULT_LOG: log } });
const courses = await coursesOf(calm);
const reference = new Map(calm.players.map(({ name }, index) => [name, courses[index] as Course]));
for (const [name, { end }] of reference) console.log(`  ${name.padEnd(52)} ${end.slice(0, 60)}`);
const results: Check[][] = [await judge(calm, reference)];
await calm.end();
const points = readFileSync(log, 'utf8').trim().split('\n').sort();
rmSync(folder, { recursive: true, force: true });

let killed = 0;
let repeats = 0;
async function campaign(killer: Killer, armed: boolean): Promise<Campaign> {
  const began = Date.now();
  const done = await runCampaign({ recoveries, killer, armed });
  killed += done.child.kills;
  repeats += done.world.repeats;
  results.push(await judge(done, reference));
  await done.end();
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(`  ${recoveries} recoveries, ${done.child.kills} kills, ${seconds} s; ${killed} kills in all`);
  return done;
}

console.log(`\nkilled at each of ${points.length} points between two writes, at the pass number ${PASSES.join(', ')}`);
const wanted = PASSES.flatMap((pass) => points.map((point) => `${point}:${pass}`));
const deaths = new Map<string, number>();
while (wanted.length > 0) {
  await campaign(
    {
      next: () => wanted.shift(),
      died: (point, byItself) => {
        const name = point?.split(':')[0] ?? '';
        if (byItself) deaths.set(name, (deaths.get(name) ?? 0) + 1);
      },
      isDone: () => wanted.length === 0,
    },
    true,
  );
}
for (const point of points) console.log(`  ${point.padEnd(24)} ${deaths.get(point) ?? 0} deaths`);

console.log('\nkilled at random moments');
const enough = () => killed >= kills;
while (!enough()) {
  let here = killed;
  await campaign(
    {
      died: () => {
        here += 1;
      },
      isDone: () => here >= kills,
    },
    false,
  );
}

console.log(`\n${open} open recoveries, a kill, a restart`);
results.push(await restartWithMany(open));

console.log(`\n${killed} kills; ${repeats} calls came again, under the same key`);
const isSound = printed([
  ...added(results),
  {
    what: 'fault points at which nothing died',
    of: points.length,
    found: points.filter((point) => !deaths.has(point)),
  },
]);
process.exit(isSound ? 0 : 1);
