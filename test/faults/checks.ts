import Database from 'better-sqlite3';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Campaign } from './campaign.ts';

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

interface Entry {
  kind: string;
  data: string | null;
}

function withStore<T>(file: string, read: (database: Database.Database) => T): T {
  const database = new Database(file, { readonly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

const sorted = (texts: string[]) => texts.sort().join('\n');

/** The course of every recovery, by the number of its player. */
export function coursesOf({ child, players, world }: Campaign): Course[] {
  return withStore(child.store, (database) => {
    const recovery = database.prepare('select status, state, snapshot from recoveries where id = ?');
    const audit = database.prepare<[string], Entry>('select kind, data from audit where recovery_id = ? order by seq');
    return players.map(({ recoveryId }) => {
      const row = recovery.get(recoveryId) as { status: string; state: string; snapshot: string } | undefined;
      const { output } = JSON.parse(row?.snapshot ?? '{}') as { output?: unknown };
      const taken = audit.all(recoveryId).flatMap(({ kind, data }) => {
        if (data === null) return [`${kind}, erased`];
        const { event, timer, port } = JSON.parse(data) as { event?: { type: string }; timer?: string; port?: string };
        return ['event', 'timer', 'answer', 'failure'].includes(kind)
          ? [`${kind} ${event?.type ?? timer ?? port}`]
          : [];
      });
      return {
        end: `${row?.status} ${row?.state} ${JSON.stringify(output)}`,
        taken: sorted(taken),
        calls: sorted([...(world.keys.get(recoveryId) ?? [])].map((key) => key.slice(recoveryId.length))),
      };
    });
  });
}

/** Judges a campaign by one without kills. */
export async function judge(campaign: Campaign, reference: ReadonlyMap<string, Course>): Promise<Check[]> {
  const { players, world, client, child, failures } = campaign;
  const courses = coursesOf(campaign);
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
  const waiting = withStore(
    child.store,
    (database) => database.prepare('select count(*) from requests').pluck().get() as number,
  );
  const takenTwice = withStore(child.store, (database) =>
    database
      .prepare(
        `select recovery_id || ' ' || json_extract(data, '$.request') from audit where kind = 'event' and data is not null
         group by recovery_id, json_extract(data, '$.request'), json_extract(data, '$.by.role') having count(*) > 1`,
      )
      .pluck()
      .all(),
  ) as string[];
  await child.stop(); // the trails are read by whoever has the file
  const store = await openSqlite(child.store);
  const tampered = await store.tamperings();
  await store.close();
  return [
    { what: 'scripts not played to their end', of: players.length, found: failures },
    unlike('recoveries that ended otherwise', 'end'),
    unlike('inputs that were lost or applied twice', 'taken'),
    unlike('calls missing, or made under another key', 'calls'),
    { what: 'acknowledged answers forgotten', of: client.acknowledged.length, found: forgotten },
    { what: 'events taken twice under one key', of: client.acknowledged.length, found: takenTwice },
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
