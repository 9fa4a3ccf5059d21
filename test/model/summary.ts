import { recoveryMachine } from '../../machines/recovery.ts';
import { coverageReport, mergeCoverage } from '../../src/testing/index.ts';
import type { Tally } from './campaign.ts';
import { DEMANDED } from './defined.ts';
import { neverMet } from './unreached.ts';

export type MachineTally = Tally & { machine: string };

/** A line for each machine whose paths were walked: how many, and what the host did of the chart, by all of them together. */
export function summaryOf(tallies: readonly MachineTally[]): string[] {
  const reports = coverageReport(recoveryMachine, mergeCoverage(...tallies.map(({ coverage }) => coverage)));
  return tallies.map(({ machine, generated, host, http, coverage }) => {
    const replayed = [
      ...(host.paths > 0 ? [`${host.paths} replayed on the host (${host.steps} steps)`] : []),
      ...(http.paths > 0 ? [`${http.paths} over HTTP (${http.steps} steps)`] : []),
    ];
    const report = coverage.machines[machine] ? reports.find((each) => each.machine === machine) : undefined;
    const covered = [...DEMANDED, 'pairs' as const].flatMap((kind) => {
      if (!report) return [];
      const { covered, total, uncovered } = report.tallies[kind];
      const listed = uncovered.filter(({ key }) => neverMet.has(key)).length;
      return [`${kind} ${covered}/${total}${listed > 0 ? ` (${listed} listed)` : ''}`];
    });
    return `${machine}: ${[`${generated} paths`, ...replayed, ...covered].join(', ')}`;
  });
}
