import { type CoverageKind, KINDS } from './data.ts';
import type { MachineReport } from './report.ts';

const GAP = '  ';

/** A table with a line for each machine: covered of all and the percentage, for each kind. */
export function coverageTable(reports: readonly MachineReport[]): string {
  const rows = [
    ['machine', ...KINDS],
    ...reports.map(({ machine, tallies }) => [
      machine,
      ...KINDS.map((kind) => {
        const { covered, total, percent } = tallies[kind];
        return total === 0 ? 'none' : `${covered}/${total} ${percent}%`;
      }),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

const LISTED: readonly CoverageKind[] = ['states', 'events', 'transitions', 'guards', 'delays'];

/**
 * What was not covered, by machine and state.
 * @param all with configurations and pairs, of which there may be thousands.
 */
export function* uncoveredLines(reports: readonly MachineReport[], all = false): Generator<string> {
  const kinds = all ? KINDS : LISTED;
  for (const { machine, parts, tallies, unknown } of reports) {
    if (unknown.length > 0)
      yield `\n${machine}: ${unknown.length} counts are of another version of its chart, such as '${unknown[0]}'`;
    for (const { state } of parts.states) {
      const lines = kinds.flatMap((kind) =>
        tallies[kind].uncovered
          .filter((part) => part.state === state)
          .map(({ text }) => `${GAP}${singular(kind)} ${text}`),
      );
      if (lines.length > 0) yield `\n${machine}: ${state}\n${lines.join('\n')}`;
    }
  }
}

const WIDTH = 'configuration'.length;
const singular = (kind: CoverageKind) => kind.replace(/s$/, '').padEnd(WIDTH);
