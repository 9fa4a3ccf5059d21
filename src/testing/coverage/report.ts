import type { AnyStateMachine } from 'xstate';
import { type CoverageData, type CoverageKind, KINDS, noHits } from './data.ts';
import { type ChartPart, type ChartParts, coverageOf } from './definition.ts';

/** What of one kind was met, of how much. */
export interface CoverageTally {
  total: number;
  covered: number;
  /** 0 to 100, to one decimal and never rounded up to 100; 100 where there is nothing to cover. */
  percent: number;
  uncovered: ChartPart[];
}

export interface MachineReport extends ChartParts {
  tallies: Record<CoverageKind, CoverageTally>;
  /** How often a part was met. */
  hits(kind: CoverageKind, key: string): number;
  /** Keys that were counted and are not of this chart: the coverage is of another version of it. */
  unknown: string[];
}

/** Holds what was counted against the definition: one report for each machine, the given one first. */
export function coverageReport(machine: AnyStateMachine, data: CoverageData): MachineReport[] {
  return coverageOf(machine).map((chart) => {
    const met = Object.hasOwn(data.machines, chart.machine) ? (data.machines[chart.machine] ?? noHits()) : noHits();
    const hits = (kind: CoverageKind, key: string) => (Object.hasOwn(met[kind], key) ? (met[kind][key] ?? 0) : 0);
    const tallies = byKind((kind) => tally(chart.parts[kind], (key) => hits(kind, key) > 0));
    return { ...chart, tallies, hits, unknown: KINDS.flatMap((kind) => unknownOf(chart, kind, met[kind])) };
  });
}

/** Charts with too many configurations have none listed, and pairs are only those that structure permits. */
function unknownOf({ parts }: ChartParts, kind: CoverageKind, counts: Record<string, number>): string[] {
  if (kind === 'configurations' || kind === 'pairs') return [];
  const known = new Set(parts[kind].map(({ key }) => key));
  return Object.keys(counts).filter((key) => !known.has(key));
}

function tally(parts: readonly ChartPart[], isCovered: (key: string) => boolean): CoverageTally {
  const uncovered = parts.filter(({ key }) => !isCovered(key));
  const covered = parts.length - uncovered.length;
  return { total: parts.length, covered, percent: percentOf(covered, parts.length), uncovered };
}

const percentOf = (covered: number, total: number): number =>
  total === 0 ? 100 : Math.floor((covered / total) * 1000) / 10;

/** What a threshold is about; pairs that structure permits need not be possible. */
const JUDGED = ['states', 'events', 'transitions', 'guards'] as const satisfies CoverageKind[];

/** Machines and kinds whose coverage is below a percentage. */
export function below(reports: readonly MachineReport[], percent: number): { machine: string; kind: CoverageKind }[] {
  return reports.flatMap(({ machine, tallies }) =>
    JUDGED.filter((kind) => tallies[kind].percent < percent).map((kind) => ({ machine, kind })),
  );
}

function byKind<T>(of: (kind: CoverageKind) => T): Record<CoverageKind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<CoverageKind, T>;
}
