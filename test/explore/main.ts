import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { Property } from '../../src/testing/index.ts';
import { check, type Exploration, type ExploreOptions, explore, printBreach } from '../../src/testing/index.ts';
import { optionsOf } from '../options.ts';
import { PROPERTIES, STRICT_PROPERTIES } from './properties.ts';
import { allPaths, onePath, twoPaths } from './recovery.ts';

const MINUTE = 60_000;
/** Pairs that open the password together under the profile `strict`, and not by themselves. */
const STRICT = [
  ['biometric', 'voice'],
  ['idCard', 'transactionHistory'],
] as const;
const { minutes, chosen } = optionsOf({
  name: 'explore',
  does:
    'Explores each path under the parent until it closes, pairs under the profile strict, then the parent with all paths up to a\n' +
    'bound, and judges every property. Exits 1 on a breach, or when one does not close.',
  wholes: { minutes: 18 },
  parts: [...paths.map(({ id }) => id), 'strict', 'all'],
});
const budget = minutes * MINUTE;
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

console.log(columns('', 'states', 'transitions', 'depth', 'closed', 'properties', 'time'));
for (const { id } of paths) {
  if (chosen.includes(id)) judged(id, { ...onePath(id), maxMs: left() - FOR_ALL });
}
for (const pair of chosen.includes('strict') ? STRICT : []) {
  const options = { ...twoPaths(pair), maxMs: left() - FOR_ALL };
  judged(`strict: ${pair.join(', ')}`, options, { properties: [...PROPERTIES, ...STRICT_PROPERTIES] });
}
if (chosen.includes('all'))
  judged('all paths', { ...allPaths(), maxMs: Math.min(FOR_ALL, left()) }, { mustClose: false });
process.exitCode = isWrong ? 1 : 0;
