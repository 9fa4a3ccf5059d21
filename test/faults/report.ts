import pc from 'picocolors';
import type { Check } from './checks.ts';

/** The same checks of several campaigns, added up. */
export function added(all: readonly Check[][]): Check[] {
  const sums = new Map<string, Check>();
  for (const check of all.flat()) {
    const sum = sums.get(check.what) ?? { what: check.what, of: 0, found: [] };
    sums.set(check.what, { ...sum, of: sum.of + check.of, found: [...sum.found, ...check.found] });
  }
  return [...sums.values()];
}

/** How often something befell the recoveries. */
export interface Strikes {
  name: string;
  times: number;
}

/** What never came to pass was never withstood. */
export const struck = (strikes: readonly Strikes[]): Check => ({
  what: 'faults that never came to pass',
  of: strikes.length,
  found: strikes.filter(({ times }) => times === 0).map(({ name }) => name),
});

const SHOWN = 5;

/** Prints a table of checks. @returns whether something was judged, and nothing found. */
export function printed(checks: readonly Check[]): boolean {
  const width = Math.max(...checks.map(({ what }) => what.length));
  for (const { what, of, found } of checks) {
    const count = String(found.length).padStart(6);
    console.log(`${what.padEnd(width)} ${found.length === 0 ? pc.green(count) : pc.red(count)} of ${of}`);
    for (const each of found.slice(0, SHOWN)) console.log(pc.dim(`    ${each}`));
  }
  const isJudged = checks.some(({ of }) => of > 0);
  if (!isJudged) console.log(pc.red('nothing was judged'));
  return isJudged && checks.every(({ found }) => found.length === 0);
}
