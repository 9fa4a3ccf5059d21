import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openReadOnly } from '../../src/store/open.ts';
import { Client } from './client.ts';
import { Player, TIMES, type Time } from './player.ts';
import type { Reader } from './reader.ts';
import { SCRIPTS } from './scripts.ts';
import { Child, type Served } from './service.ts';
import { SECRET, World } from './world.ts';

const BEGIN = Date.parse('2026-12-01T10:00:00+08:00');

/** How a service dies, again and again, while people use it. */
export interface Killer {
  /** Fault point of the next life, such as `committed:3`; without one it is killed from outside, at a random moment. */
  next?(): string | undefined;
  /** Told of each death, and whether the fault point was the cause. */
  died?(point: string | undefined, byItself: boolean): void;
  /** Whether enough have died. */
  isDone(): boolean;
}

export interface CampaignOptions {
  recoveries: number;
  killer?: Killer;
  /** What serves, in place of one process on a file; and what befalls it meanwhile, until it is told that all is over. */
  cluster?: Cluster;
  befalls?: (over: { yet: boolean }) => Promise<void>;
  build?: string;
  armed?: boolean;
  env?: Record<string, string>;
  /** Scripts to play; all by default. */
  only?: readonly string[];
  /** Gives up after so many ms. */
  within?: number;
  /** How long a script waits for a state, in ms. */
  patience?: number;
}

/** Makes several processes on one store. */
export interface Cluster {
  open: () => Promise<Reader>;
  served(options: { portsUrl: string; portsSecret: string }): Served;
}

/** A campaign that is over, its service still up. */
export interface Campaign {
  child: Served;
  client: Client;
  world: World;
  /** Opens what keeps the recoveries. */
  open: () => Promise<Reader>;
  players: readonly Player[];
  /** Scripts that could not be played to their end. */
  failures: string[];
  end(): Promise<void>;
}

/** Moves the clock on when everybody waits for a later time. */
class Director {
  readonly #waiting = new Map<Time, (() => void)[]>();
  #playing: number;
  #reached = 0;

  constructor(players: number) {
    this.#playing = players;
  }

  readonly wait = (time: Time): Promise<void> => {
    if (TIMES[time] <= this.#reached) return Promise.resolve();
    this.#playing -= 1;
    return new Promise((resolve) => this.#waiting.set(time, [...(this.#waiting.get(time) ?? []), resolve]));
  };

  readonly finish = (): void => {
    this.#playing -= 1;
  };

  /** @param move sets the clock, in ms from the begin. */
  async direct(move: (ms: number) => Promise<void>): Promise<void> {
    for (;;) {
      while (this.#playing > 0) await setTimeout(20);
      const [next] = [...this.#waiting.keys()].sort((a, b) => TIMES[a] - TIMES[b]);
      if (next === undefined) return;
      await move(TIMES[next]);
      this.#reached = TIMES[next];
      const people = this.#waiting.get(next) ?? [];
      this.#waiting.delete(next);
      this.#playing += people.length;
      for (const go of people) go();
    }
  }
}

/** Plays recoveries of all kinds at once against the real service in a process of its own, which may be killed meanwhile. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { recoveries, killer, only = Object.keys(SCRIPTS), within = 900_000, patience = 120_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'regain-faults-'));
  const open = options.cluster?.open ?? (() => openReadOnly(join(folder, 'store.sqlite')));
  const world = await World.open(open);
  const ports = { portsUrl: world.url, portsSecret: SECRET };
  const { armed = false, build } = options;
  const alone = new Child({ ...ports, folder, armed, ...(build === undefined ? {} : { build }) });
  const child = options.cluster?.served(ports) ?? alone;
  await child.start(options.env);
  const client = new Client(child);

  // The service that moves its clock answers when all has come to rest; one that is killed all the time never does.
  const move = async (ms: number) => {
    const set = new Date(BEGIN + ms).toISOString();
    for (const served of child.each) {
      const one = new Client(served);
      const now = async () => ((await one.get('/sandbox/clock', {})).body as { now: string }).now;
      while ((await now()) < set) await one.nudge('/sandbox/clock', { set });
    }
  };
  await move(0);

  const director = new Director(recoveries);
  const failures: string[] = [];
  const players = Array.from({ length: recoveries }, (_, index) => {
    const name = only[index % only.length] ?? '';
    return new Player(name, index + 1, { client, world, time: director.wait, patience });
  });
  const playing = Promise.all(
    players.map(async (player) => {
      try {
        await SCRIPTS[player.name]?.(player);
      } catch (error) {
        failures.push(String((error as Error).message));
      } finally {
        director.finish();
      }
    }),
  );
  const over = { yet: false };
  const killing = killer ? kills(alone, killer, over) : options.befalls?.(over);
  const inTime = await Promise.race([
    Promise.all([playing, director.direct(move)]).then(() => true),
    setTimeout(within, false, { ref: false }),
  ]);
  if (!inTime) failures.push(`not over within ${within} ms`);
  over.yet = true;
  await killing;
  const end = async () => {
    await child.stop();
    await world.close();
    child.remove();
    alone.remove();
  };
  return { child, client, world, open, players, failures, end };
}

const WHILE_IT_STARTS = 0.2; // share of the deaths
const SHORT_LIFE = 500; // ms
const POINT_NEVER_PASSED = 4_000; // ms

/** Kills at random moments, some of them before it listens, or lets an armed fault point do it. */
async function kills(child: Child, killer: Killer, over: { yet: boolean }): Promise<void> {
  let startUp = SHORT_LIFE;
  await child.kill();
  while (!over.yet && !killer.isDone() && child.crashes.length === 0) {
    const point = killer.next?.();
    const began = Date.now();
    const started = child.start(point === undefined ? {} : { REGAIN_FAULT: point });
    if (point !== undefined) {
      await Promise.race([child.ended, setTimeout(POINT_NEVER_PASSED)]);
    } else if (Math.random() < WHILE_IT_STARTS) {
      await setTimeout(Math.random() * startUp);
    } else {
      await started;
      startUp = Date.now() - began;
      await setTimeout(Math.random() * Math.max(SHORT_LIFE, startUp));
    }
    killer.died?.(point, !child.isUp);
    await child.kill();
  }
  await child.start();
}
