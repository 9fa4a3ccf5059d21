import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { Property } from '../../src/testing/index.ts';
import { check, type Exploration, type ExploreOptions, explore, printBreach } from '../../src/testing/index.ts';
import { PROPERTIES, STRICT_PROPERTIES } from './properties.ts';
import { allPaths, onePath, twoPaths } from './recovery.ts';

/**
 * Explores each path under the parent until it closes, pairs under the profile `strict`, then the parent with all
 * paths up to a bound, and judges every property: `npm run explore`, or `npm run explore -- voice biometric` for some. Exits 1 on a breach, or when one does not close.
 * EXPLORE_MINUTES bounds the whole, by default 18.
 */

const MINUTE = 60_000;
const budget = Number(process.env.EXPLORE_MINUTES ?? 18) * MINUTE;
/** Pairs that open the password together under the profile `strict`, and not by themselves. */
const STRICT = [
  ['biometric', 'voice'],
  ['idCard', 'transactionHistory'],
] as const;
/** What is kept for the parent with all paths. */
const FOR_ALL = Math.min(3 * MINUTE, budget / 4);
const begun = performance.now();
const left = () => budget - (performance.now() - begun);

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const columns = (...cells: (string | number)[]) =>
  cells.map((cell, index) => (index === 0 ? String(cell).padEnd(36) : String(cell).padStart(13))).join('');

function explored(name: string, options: ExploreOptions): Exploration {
  const { isTTY } = process.stderr;
  let told = performance.now();
  const exploration = explore(recoveryMachine, {
    ...options,
    maxStates: 1_000_000,
    onProgress: ({ states, transitions, waiting, depth }) => {
      if (performance.now() - told < (isTTY ? 500 : 30_000)) return;
      told = performance.now();
      const line = `${name}: ${states} states, ${transitions} transitions, ${waiting} waiting, depth ${depth}`;
      process.stderr.write(isTTY ? `\r${line}  ` : `${line}\n`);
    },
  });
  if (isTTY) process.stderr.write('\r\x1b[2K');
  return exploration;
}

/** How far from the start everything was tried. */
const reach = ({ states, depth }: Exploration) => {
  const open = states.find(({ expanded }) => !expanded);
  return open ? open.depth - 1 : depth;
};

let isWrong = false;
function judged(
  name: string,
  options: ExploreOptions,
  { mustClose = true, properties = PROPERTIES }: { mustClose?: boolean; properties?: readonly Property[] } = {},
): void {
  const exploration = explored(name, options);
  const { states, transitions, closed, stoppedBy, elapsedMs } = exploration;
  const verdicts = check(exploration, properties);
  const broken = verdicts.filter(({ ok }) => !ok);
  const holds = `${verdicts.length - broken.length}/${verdicts.length}`;
  console.log(
    columns(
      name,
      states.length,
      transitions.length,
      reach(exploration),
      closed ? 'yes' : `no: ${stoppedBy}`,
      holds,
      seconds(elapsedMs),
    ),
  );
  for (const verdict of broken) console.log(printBreach(exploration, verdict));
  if (broken.length > 0 || (mustClose && !closed)) isWrong = true;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((id) => id !== 'all' && id !== 'strict' && !paths.some((path) => path.id === id));
if (unknown.length > 0)
  throw new Error(`unknown path ${unknown.join(', ')}: all, strict, or ${paths.map(({ id }) => id).join(', ')}`);
const isAsked = (id: string) => asked.length === 0 || asked.includes(id);

console.log(columns('', 'states', 'transitions', 'depth', 'closed', 'properties', 'time'));
for (const { id } of paths) {
  if (isAsked(id)) judged(id, { ...onePath(id), maxMs: left() - FOR_ALL });
}
for (const pair of isAsked('strict') ? STRICT : []) {
  const options = { ...twoPaths(pair), maxMs: left() - FOR_ALL };
  judged(`strict: ${pair.join(', ')}`, options, { properties: [...PROPERTIES, ...STRICT_PROPERTIES] });
}
if (isAsked('all')) judged('all paths', { ...allPaths(), maxMs: Math.min(FOR_ALL, left()) }, { mustClose: false });
process.exitCode = isWrong ? 1 : 0;
