import { z } from 'zod';
import { issueText } from '../../issues.ts';

/** What is counted of a chart. */
export const KINDS = ['states', 'configurations', 'events', 'transitions', 'guards', 'delays', 'pairs'] as const;
export type CoverageKind = (typeof KINDS)[number];

/** How often each part was met, by its key (see `ChartPart`). */
const Counts = z.record(z.string(), z.int().positive());

/** What was met of one machine. */
export const MachineHits = z.strictObject({
  states: Counts,
  configurations: Counts,
  events: Counts,
  transitions: Counts,
  guards: Counts,
  delays: Counts,
  pairs: Counts,
});
export type MachineHits = z.infer<typeof MachineHits>;

/** What was met, by the id of the machine: plain JSON, to be written to a file and merged with others. */
export const CoverageData = z.strictObject({
  format: z.literal('regain-coverage'),
  version: z.literal(1),
  machines: z.record(z.string(), MachineHits),
});
export type CoverageData = z.infer<typeof CoverageData>;

/** Coverage that cannot be counted or read. */
export class CoverageError extends Error {
  override readonly name = 'CoverageError';
  /** `sameId`: two machines have one id; `unreadable`: a text is no coverage of a version that is known here. */
  readonly code: 'sameId' | 'unreadable';
  constructor(code: CoverageError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export const noHits = (): MachineHits => ({
  states: {},
  configurations: {},
  events: {},
  transitions: {},
  guards: {},
  delays: {},
  pairs: {},
});

export const noCoverage = (): CoverageData => ({ format: 'regain-coverage', version: 1, machines: {} });

/** The hits of one machine, made when there are none yet. */
export function hitsOf(data: CoverageData, machine: string): MachineHits {
  if (!Object.hasOwn(data.machines, machine)) data.machines[machine] = noHits();
  return data.machines[machine] as MachineHits;
}

export function count(counts: Record<string, number>, key: string, times = 1): void {
  counts[key] = (Object.hasOwn(counts, key) ? (counts[key] as number) : 0) + times;
}

/** The sum of several runs. */
export function mergeCoverage(...all: readonly CoverageData[]): CoverageData {
  const merged = noCoverage();
  for (const [id, hits] of all.flatMap(({ machines }) => Object.entries(machines))) {
    for (const kind of KINDS) {
      for (const [key, times] of Object.entries(hits[kind])) count(hitsOf(merged, id)[kind], key, times);
    }
  }
  return merged;
}

/** What `data` met and `without` never did: what a suite alone reaches. */
export function subtractCoverage(data: CoverageData, without: CoverageData): CoverageData {
  const rest = noCoverage();
  for (const [id, hits] of Object.entries(data.machines)) {
    const others = Object.hasOwn(without.machines, id) ? (without.machines[id] as MachineHits) : noHits();
    for (const kind of KINDS) {
      hitsOf(rest, id)[kind] = Object.fromEntries(
        Object.entries(hits[kind]).filter(([key]) => !Object.hasOwn(others[kind], key)),
      );
    }
  }
  return rest;
}

/**
 * Reads what was written as JSON.
 * @throws CoverageError `unreadable`, naming the field.
 */
export function parseCoverage(json: string): CoverageData {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new CoverageError('unreadable', `no coverage: it is not JSON: ${(error as Error).message}`);
  }
  const result = CoverageData.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CoverageError('unreadable', `no coverage: ${issue && issueText(issue)}`);
}
