import { appendFileSync } from 'node:fs';

/**
 * The fault points of a test: this file takes the place of `none.ts` where Node is started with
 * `--conditions=regain-faults`. `REGAIN_FAULT=committed:3` kills the process when `committed` is passed the third time;
 * `REGAIN_FAULT_LOG` names a file that gets the names of the points that were passed.
 */
const [target, nth = '1'] = (process.env.REGAIN_FAULT ?? '').split(':');
const log = process.env.REGAIN_FAULT_LOG;
const seen = new Set<string>();
let passed = 0;

export function faultPoint(name: string): void {
  if (log !== undefined && !seen.has(name)) {
    seen.add(name);
    appendFileSync(log, `${name}\n`);
  }
  if (name !== target) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
}
