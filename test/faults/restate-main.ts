import { setTimeout } from 'node:timers/promises';
import { optionsOf } from '../options.ts';
import { runCampaign } from './campaign.ts';
import { type Check, type Course, coursesOf, judge } from './checks.ts';
import { added, printed, type Strikes, struck } from './report.ts';
import { OnRestate } from './restate.ts';
import { SCRIPTS } from './scripts.ts';

const kinds = Object.keys(SCRIPTS).length;
const some = (most: number) => setTimeout(200 + Math.random() * most);

/** What befalls them, each a number of times or until the recoveries are over. */
const FAULTS: { name: string; befalls(scene: OnRestate): Promise<void> }[] = [
  {
    name: 'the service is killed',
    async befalls({ service }) {
      await service.kill();
      await some(1_000);
      await service.start();
    },
  },
  {
    name: 'restate-server is killed',
    async befalls({ server }) {
      await server.kill();
      await some(500);
      await server.start();
    },
  },
  {
    name: 'the network between them is cut',
    async befalls({ ways }) {
      for (const way of ways) way.cut();
      await some(3_000);
      for (const way of ways) way.mend();
    },
  },
];

const {
  recoveries,
  times: most,
  minutes,
  chosen,
} = optionsOf({
  name: 'restate-faults',
  does:
    'Plays recoveries of all kinds on the service in front of a real Restate, while something befalls them at random moments, so many\n' +
    'times or until they are over; what came of each is held against the same in one process on SQLite that nothing befell.',
  wholes: { recoveries: kinds, times: 20, minutes: 12 },
  parts: FAULTS.map(({ name }) => name),
  only: true,
});

const calm = await runCampaign({ recoveries: Math.min(recoveries, kinds) });
const right = await coursesOf(calm);
const reference = new Map(calm.players.map(({ name }, index) => [name, right[index] as Course]));
await calm.end();

/** Plays all while one thing befalls them. @returns what was found, how often it befell them, and a line of the table. */
async function under({ name, befalls }: (typeof FAULTS)[number], within: number) {
  const scene = await OnRestate.open();
  let times = 0;
  const began = Date.now();
  try {
    const campaign = await runCampaign({
      recoveries,
      within,
      cluster: scene.cluster,
      async befalls(over) {
        for (; times < most; times += 1) {
          await some(3_000);
          if (over.yet) return;
          await befalls(scene);
        }
      },
    });
    const checks = await judge(campaign, reference);
    await campaign.end();
    const amiss = checks.reduce((sum, { found }) => sum + found.length, 0);
    const seconds = Math.round((Date.now() - began) / 1_000);
    const figures = [String(times).padStart(5), String(campaign.world.repeats).padStart(11), String(amiss).padStart(6)];
    return { checks, times, line: `${name.padEnd(42)} ${figures.join(' ')} ${String(seconds).padStart(5)}` };
  } finally {
    await scene.close();
  }
}

const results: Check[][] = [];
const lines: string[] = [];
const strikes: Strikes[] = [];
for (const fault of FAULTS.filter(({ name }) => chosen.includes(name))) {
  const { checks, times, line } = await under(fault, (minutes * 60_000) / chosen.length);
  results.push(checks);
  strikes.push({ name: fault.name, times });
  lines.push(line);
  console.log(line);
}
console.log(`\n${recoveries} recoveries on the service in front of Restate each time\n`);
console.log(`${'what befell them'.padEnd(42)} times calls again amiss     s`);
for (const line of lines) console.log(line);
console.log('');
process.exit(printed([...added(results), struck(strikes)]) ? 0 : 1);
