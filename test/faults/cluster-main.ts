import { setTimeout } from 'node:timers/promises';
import { openReadOnly } from '../../src/store/open.ts';
import { optionsOf } from '../options.ts';
import { Namespace } from '../postgres/namespace.ts';
import { Relay } from '../postgres/relay.ts';
import { Server } from '../postgres/server.ts';
import { type Campaign, runCampaign } from './campaign.ts';
import { type Check, type Course, coursesOf, judge } from './checks.ts';
import { Workers } from './cluster.ts';
import { added, printed, type Strikes, struck } from './report.ts';
import { SCRIPTS } from './scripts.ts';

const kinds = Object.keys(SCRIPTS).length;
const LEASE = 2_000; // ms, as `cluster.ts` sets it
const HALF_A_MINUTE = 30_000;
const some = (most: number) => setTimeout(200 + Math.random() * most);

interface Scene {
  workers: Workers;
  server: Server;
  /** From the workers to the server. */
  way: Relay | Namespace;
}

/** One of the workers, by chance. */
const oneOf = ({ workers: { children } }: Scene) => {
  const child = children[Math.floor(Math.random() * children.length)];
  if (!child) throw new Error('there are no workers');
  return child;
};

async function killWorker(scene: Scene): Promise<void> {
  const child = oneOf(scene);
  await child.kill();
  await some(LEASE);
  await child.start();
}

async function cutWay({ way }: Scene): Promise<void> {
  way.cut();
  await some(4_000);
  way.heal();
}

/** What befalls them, each until the recoveries are over; and how far the clocks of the two are apart, in ms. */
const FAULTS: { name: string; inNamespace?: true; apart?: number; befalls?(scene: Scene): Promise<void> }[] = [
  { name: 'nothing' },
  { name: 'a worker is killed', befalls: killWorker },
  {
    name: 'the database is killed',
    async befalls({ server }) {
      await server.signal('SIGKILL');
      await some(500);
      await server.up();
    },
  },
  { name: 'the way to the database is cut', befalls: cutWay },
  { name: 'the cable to the database is pulled', inNamespace: true, befalls: cutWay },
  {
    name: 'a worker stops for longer than its lease',
    async befalls(scene) {
      const child = oneOf(scene);
      child.signal('SIGSTOP');
      await setTimeout(2 * LEASE);
      child.signal('SIGCONT');
    },
  },
  { name: 'clocks 30 s apart, a worker is killed', apart: HALF_A_MINUTE, befalls: killWorker },
];

const { recoveries, minutes, chosen } = optionsOf({
  name: 'cluster-faults',
  does:
    'Plays recoveries of all kinds on several workers and one PostgreSQL, while something befalls them again and again; what came\n' +
    'of each is held against the same in one process on SQLite that nothing befell.',
  wholes: { recoveries: kinds, minutes: 12 },
  parts: FAULTS.map(({ name }) => name),
  only: true,
});

const calm = await runCampaign({ recoveries: Math.min(recoveries, kinds) });
const right = await coursesOf(calm);
const reference = new Map(calm.players.map(({ name }, index) => [name, right[index] as Course]));
await calm.end();

const server = await Server.start();

/** An empty database: its address for whoever judges, and for the workers; and the way that they take to it. */
interface Place {
  database: string;
  through: string;
  way: Relay | Namespace;
  close(): Promise<void>;
}

async function placeBehindRelay(): Promise<Place> {
  const database = await server.database();
  const way = await Relay.open(server.port);
  const through = database.replace(`:${server.port}/`, `:${way.port}/`);
  return { database, through, way, close: () => way.close() };
}

/** With a server of its own in a namespace of the kernel; none where the machine permits none. */
async function placeInNamespace(): Promise<Place | undefined> {
  let way: Namespace;
  try {
    way = new Namespace();
  } catch (error) {
    console.log(`no network namespace, no cable to pull: ${(error as Error).message.trim()}`);
    return undefined;
  }
  const inside = await Server.start(undefined, way);
  const database = await inside.database();
  const through = database.replace(/@[^:]*/, `@${way.address}`).replace(/[?].*/, '');
  return { database, through, way, close: () => inside.stop().finally(() => way.remove()) };
}

const results: Check[][] = [];
const lines: string[] = [];
const strikes: Strikes[] = [];
try {
  for (const { name, inNamespace, apart = 0, befalls } of FAULTS) {
    if (!chosen.includes(name)) continue;
    const place = await (inNamespace ? placeInNamespace() : placeBehindRelay());
    if (!place) continue;
    const { database, through, way } = place;
    let workers: Workers | undefined;
    let times = 0;
    const began = Date.now();
    const campaign: Campaign = await runCampaign({
      recoveries,
      within: (minutes * 60_000) / chosen.length,
      cluster: {
        open: () => openReadOnly(database),
        served(ports) {
          workers = new Workers({ ...ports, database: through, ahead: [0, apart] });
          return workers;
        },
      },
      async befalls(over) {
        while (befalls && workers && !over.yet) {
          await befalls({ workers, server, way });
          times += 1;
          await some(1_500);
        }
      },
    });
    const checks = await judge(campaign, reference);
    results.push(checks);
    if (befalls) strikes.push({ name, times });
    await campaign.end();
    await place.close();
    const amiss = checks.reduce((sum, { found }) => sum + found.length, 0);
    const seconds = Math.round((Date.now() - began) / 1_000);
    lines.push(
      `${name.padEnd(42)} ${String(times).padStart(5)} ${String(campaign.world.repeats).padStart(11)} ${String(amiss).padStart(6)} ${String(seconds).padStart(5)}`,
    );
    console.log(lines.at(-1));
  }
} finally {
  await server.stop();
}

console.log(`\n${recoveries} recoveries on two workers each time\n`);
console.log(`${'what befell them'.padEnd(42)} times calls again amiss     s`);
for (const line of lines) console.log(line);
console.log('');
process.exit(printed([...added(results), struck(strikes)]) ? 0 : 1);
