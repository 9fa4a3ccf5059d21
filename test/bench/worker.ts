import { systemClock } from 'regain';
import { openPostgres } from 'regain/postgres';
import { Subjects } from './subject.ts';
import type { Done } from './workers.ts';

/** A host on a database that others share: sends for as long as its parent says, and tells what it did. */
const [url = '', count = '', prefix = ''] = process.argv.slice(2);
const senders = await Subjects.over(await openPostgres(url), Number(count), systemClock, prefix);
process.on('message', async (ms: number) => {
  const began = process.cpuUsage();
  const until = performance.now() + ms;
  let events = 0;
  while (performance.now() < until) {
    await senders.together();
    events += senders.ids.length - 1;
  }
  const { user, system } = process.cpuUsage(began);
  process.send?.({ events, cpu: (user + system) / 1e6 } satisfies Done);
});
process.once('disconnect', () => void senders.close());
process.send?.('ready');
