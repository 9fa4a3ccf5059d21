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

const SHOWN = 5;

/** Prints a table of checks. @returns whether nothing was found. */
export function printed(checks: readonly Check[]): boolean {
  const width = Math.max(...checks.map(({ what }) => what.length));
  for (const { what, of, found } of checks) {
    const count = String(found.length).padStart(6);
    console.log(`${what.padEnd(width)} ${found.length === 0 ? pc.green(count) : pc.red(count)} of ${of}`);
    for (const each of found.slice(0, SHOWN)) console.log(pc.dim(`    ${each}`));
  }
  return checks.every(({ found }) => found.length === 0);
}
