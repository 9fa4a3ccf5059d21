import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { type Check, type Course, coursesOf, judge } from './checks.ts';
import { added, printed } from './report.ts';
import { OnRestate } from './restate.ts';
import { SCRIPTS } from './scripts.ts';

// Recoveries of all kinds on the service in front of a real Restate, while something befalls them at random moments; what came of each
// is held against the same in one process on SQLite that nothing befell.
//   npm run restate-faults -- --recoveries 26 --times 50 --minutes 12

const kinds = Object.keys(SCRIPTS).length;
const { values } = parseArgs({
  options: {
    recoveries: { type: 'string', default: String(kinds) },
    times: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '12' },
    only: { type: 'string' },
  },
});
const RECOVERIES = Number(values.recoveries);
const TIMES = Number(values.times);
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

const calm = await runCampaign({ recoveries: Math.min(RECOVERIES, kinds) });
const right = await coursesOf(calm);
const reference = new Map(calm.players.map(({ name }, index) => [name, right[index] as Course]));
await calm.end();

/** Plays all while one thing befalls them. @returns what was found, and a line of the table. */
async function under({ name, befalls }: (typeof FAULTS)[number], within: number) {
  const scene = await OnRestate.open();
  let times = 0;
  const began = Date.now();
  try {
    const campaign = await runCampaign({
      recoveries: RECOVERIES,
      within,
      cluster: scene.cluster,
      async befalls(over) {
        for (; times < TIMES; times += 1) {
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
    return { checks, line: `${name.padEnd(42)} ${figures.join(' ')} ${String(seconds).padStart(5)}` };
  } finally {
    await scene.close();
  }
}

const chosen = FAULTS.filter(({ name }) => values.only === undefined || name.includes(values.only));
const results: Check[][] = [];
const lines: string[] = [];
for (const fault of chosen) {
  const { checks, line } = await under(fault, (Number(values.minutes) * 60_000) / chosen.length);
  results.push(checks);
  lines.push(line);
  console.log(line);
}
console.log(`\n${RECOVERIES} recoveries on the service in front of Restate each time\n`);
console.log(`${'what befell them'.padEnd(42)} times calls again amiss     s`);
for (const line of lines) console.log(line);
console.log('');
process.exit(printed(added(results)) ? 0 : 1);
