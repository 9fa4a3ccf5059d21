import { faultCases } from './faults.ts';
import { kinds } from './kinds.ts';
import { MACHINES, pathCases } from './paths.ts';
import { runCases, type Told } from './run.ts';
import { scenarioCases } from './scenarios.ts';

/** Runs a share of the cases, in a process of its own, and tells its parent how far it is and what came of them. */
const [name = '', share = '0', of = '1', every = '1'] = process.argv.slice(2);
const mine = <T>(all: readonly T[]): T[] => all.filter((_, index) => index % Number(of) === Number(share));
const sample = <T>(all: readonly T[]): T[] => mine(all.filter((_, index) => index % Number(every) === 0));

const tell = (told: Told) => new Promise((sent) => process.send?.(told, sent));

const kind = await kinds[name]?.();
if (!kind) throw new Error(`there is no host '${name}'`);
try {
  const groups = {
    scenarios: sample(await scenarioCases()),
    'generated paths': sample(MACHINES).flatMap(pathCases),
    faults: mine(faultCases()),
  };
  const tally = await runCases(groups, kind, (done, of) => void tell({ done, of }));
  await tell({ tally });
} finally {
  await kind.close();
  process.disconnect?.();
}
