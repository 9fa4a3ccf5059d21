import { setTimeout } from 'node:timers/promises';
import type { Campaign } from './campaign.ts';
import type { Reader } from './reader.ts';

/** One thing that may not happen, and what of it was found. */
export interface Check {
  what: string;
  of: number;
  found: string[];
}

/** How a recovery went: what has to be the same with and without kills. */
export interface Course {
  end: string;
  /** Inputs that were taken, and calls made; each by its kind, without the order. */
  taken: string;
  calls: string;
}

async function withStore<T>({ open }: Campaign, read: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = await open();
  return read(reader).finally(() => reader.close());
}

const sorted = (texts: string[]) => texts.sort().join('\n');

/** The course of every recovery, by the number of its player. */
export function coursesOf(campaign: Campaign): Promise<Course[]> {
  const { players, world } = campaign;
  return withStore(campaign, async (reader) => {
    const courses: Course[] = [];
    for (const { recoveryId } of players) {
      const recovery = (await reader.load(recoveryId))?.recovery;
      const { output } = (recovery?.snapshot ?? {}) as { output?: unknown };
      const taken = (await reader.audit(recoveryId)).flatMap(({ kind, data }) => {
        if (data.erased === true) return [`${kind}, erased`];
        const { event, timer, port } = data as { event?: { type: string }; timer?: string; port?: string };
        return ['event', 'timer', 'answer', 'failure'].includes(kind)
          ? [`${kind} ${event?.type ?? timer ?? port}`]
          : [];
      });
      courses.push({
        end: `${recovery?.status} ${recovery?.state} ${JSON.stringify(output)}`,
        taken: sorted(taken),
        calls: sorted([...(world.keys.get(recoveryId) ?? [])].map((key) => key.slice(recoveryId.length))),
      });
    }
    return courses;
  });
}

/** Keys of requests by whose event a recovery was changed more than once. */
async function takenTwice(reader: Reader, recoveryId: string): Promise<string[]> {
  const seen = new Set<string>();
  return (await reader.audit(recoveryId)).flatMap(({ kind, data }) => {
    if (kind !== 'event' || data.erased === true) return [];
    const { request, by } = data as { request?: string; by?: { role: string } };
    const key = `${request} ${by?.role}`;
    if (!seen.has(key)) seen.add(key);
    else return [`${recoveryId} ${request}`];
    return [];
  });
}

const EMPTIED_WITHIN = 60_000; // ms; what failed often is tried again after longer and longer

/** Calls that are in the outbox, when it has had time to become empty. */
async function callsLeft(campaign: Campaign): Promise<number> {
  for (const until = Date.now() + EMPTIED_WITHIN; ; await setTimeout(200)) {
    const waiting = await withStore(campaign, async (reader) => {
      let requests = 0;
      for (const { recoveryId } of campaign.players) requests += (await reader.requestsOf(recoveryId)).length;
      return requests;
    });
    if (waiting === 0 || Date.now() > until) return waiting;
  }
}

/** Judges a campaign by one without kills. */
export async function judge(campaign: Campaign, reference: ReadonlyMap<string, Course>): Promise<Check[]> {
  const { players, world, client, child, failures } = campaign;
  const waiting = await callsLeft(campaign);
  const courses = await coursesOf(campaign);
  const unlike = (what: string, part: keyof Course): Check => ({
    what,
    of: players.length,
    found: players.flatMap(({ name, recoveryId }, index) => {
      const right = reference.get(name)?.[part];
      const here = courses[index]?.[part];
      return here === right ? [] : [`${name} (${recoveryId}): ${difference(right ?? '', here ?? '')}`];
    }),
  });
  const forgotten: string[] = [];
  for (const acknowledged of client.acknowledged) {
    const { status, answer } = await client.repeat(acknowledged);
    if (status === acknowledged.status && answer === acknowledged.answer) continue;
    forgotten.push(`${acknowledged.path} ${acknowledged.body}: was ${acknowledged.status}, now ${status} ${answer}`);
  }
  const resets = players.filter((_, index) => courses[index]?.end.includes('"outcome":"reset"'));
  const spent = players.filter((_, index) => courses[index]?.end.includes('"outcome":"emergencyCodeUsed"'));
  const payments = (accountId: string) =>
    world.sandbox.world.payments.filter((payment) => payment.accountId === accountId).length;
  const twice = await withStore(campaign, async (reader) => {
    const found: string[] = [];
    for (const { recoveryId } of players) found.push(...(await takenTwice(reader, recoveryId)));
    return found;
  });
  await child.stop(); // the trails are read by whoever has the store
  const tampered = await withStore(campaign, (reader) => reader.tamperings());
  return [
    { what: 'scripts not played to their end', of: players.length, found: failures },
    unlike('recoveries that ended otherwise', 'end'),
    unlike('inputs that were lost or applied twice', 'taken'),
    unlike('calls missing, or made under another key', 'calls'),
    { what: 'acknowledged answers forgotten', of: client.acknowledged.length, found: forgotten },
    { what: 'events taken twice under one key', of: client.acknowledged.length, found: twice },
    { what: 'calls made before they were committed', of: total(world.keys), found: world.uncommitted },
    { what: 'calls made again with another body', of: total(world.keys), found: world.changed },
    {
      what: 'passwords not set exactly once',
      of: resets.length,
      found: resets.flatMap(({ accountId }) => {
        const times = world.sandbox.passwordsSet(accountId);
        return times === 1 ? [] : [`${accountId}: ${times} times`];
      }),
    },
    {
      what: 'passwords set without a reset',
      of: players.length - resets.length,
      found: players.flatMap((player) =>
        !resets.includes(player) && world.sandbox.passwordsSet(player.accountId) > 0 ? [player.accountId] : [],
      ),
    },
    {
      what: 'emergency codes not spent exactly once',
      of: spent.length,
      found: spent.flatMap(({ accountId }) =>
        payments(accountId) === 1 ? [] : [`${accountId}: ${payments(accountId)} payments`],
      ),
    },
    { what: 'calls left in the outbox', of: total(world.keys), found: waiting === 0 ? [] : [`${waiting} calls`] },
    {
      what: 'audit trails that do not verify',
      of: players.length,
      found: tampered.map(({ recoveryId, seq, what }) => `${recoveryId} ${seq}: ${what}`),
    },
    { what: 'ends of the process that nobody caused', of: child.starts, found: child.crashes },
  ];
}

const total = (keys: ReadonlyMap<string, ReadonlySet<string>>) =>
  [...keys.values()].reduce((sum, { size }) => sum + size, 0);

function difference(right: string, here: string): string {
  const [rightLines, hereLines] = [right.split('\n'), here.split('\n')];
  const less = (from: string[], taken: string[]) => {
    const rest = [...from];
    for (const line of taken) {
      const at = rest.indexOf(line);
      if (at >= 0) rest.splice(at, 1);
    }
    return rest;
  };
  const missing = less(rightLines, hereLines);
  const more = less(hereLines, rightLines);
  return [missing.length ? `lacks ${missing.join(', ')}` : '', more.length ? `has ${more.join(', ')}` : '']
    .filter(Boolean)
    .join('; ');
}
