import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createRecoveries } from 'regain';
import { policyOf } from 'regain/machines';
import { createSandbox } from 'regain/sandbox';
import { openSqlite } from 'regain/sqlite';

/** A host over one file in a process of its own, without a loader of TypeScript in its memory: see child.ts. */

/** For the host to be up, in ms. */
const STARTING = 1_000;
const MIB = 2 ** 20;
const rss = () => process.memoryUsage.rss() / MIB;

/** @type {import('./child.ts').Task} */
const task = JSON.parse(process.argv[2] ?? '');
const checking = performance.now();
await (await openSqlite(task.file)).close();
const checkMs = performance.now() - checking;

if (task.watchMs > 0) {
  const database = new Database(task.file);
  database
    .prepare('update timers set due_at = due_at - (select min(due_at) from timers) + ?')
    .run(Date.now() + STARTING);
  database.close();
}
const begun = performance.now();
const store = await openSqlite(task.file, { check: false });
/** @type {number[]} */
const lateness = [];
const recoveries = await createRecoveries({
  store,
  ports: createSandbox({ policy: policyOf(task.policy) }).ports,
  policy: task.policy,
  observer: {
    stepped: (_, late) => {
      if (late !== undefined) lateness.push(late);
    },
  },
});
const readyMs = performance.now() - begun;
const opened = rss();

/** @type {number[]} */
const us = [];
for (const id of task.ids) {
  const sent = performance.now();
  await recoveries.send(id, { type: 'call.dropped' });
  us.push((performance.now() - sent) * 1_000);
}
await setTimeout(task.watchMs);
/** @type {import('./child.ts').Found} */
const found = { readyMs, checkedMs: readyMs + checkMs, rss: { opened, after: rss() }, us, lateness };
process.send?.(found, () => process.exit(0));
