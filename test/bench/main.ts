import { join } from 'node:path';
import { optionsOf } from '../options.ts';
import { eventPart } from './event.ts';
import { explorerPart } from './explorer.ts';
import type { Part } from './figures.ts';
import type { Rounds } from './harness.ts';
import { hostsPart } from './hosts.ts';
import { insteadPart } from './instead.ts';
import { pagePart } from './page.ts';
import { recoveriesPart } from './recoveries.ts';
import { tableOf, writeReport } from './report.ts';
import { servicePart } from './service.ts';
import { stepPart } from './step.ts';
import { timersPart } from './timers.ts';

/** How much is measured. */
export interface Size extends Rounds {
  quick: boolean;
}

const PARTS: Record<string, (size: Size) => Promise<Part>> = {
  step: stepPart,
  event: eventPart,
  hosts: hostsPart,
  service: servicePart,
  timers: timersPart,
  recoveries: recoveriesPart,
  instead: insteadPart,
  explorer: explorerPart,
  page: pagePart,
};

const { quick, out, chosen } = optionsOf({
  name: 'bench',
  does: 'Measures the engine, its hosts, the service and the page, in turns with a baseline, and writes a report.',
  texts: ['out'],
  flags: ['quick'],
  parts: Object.keys(PARTS),
});
const size: Size = quick ? { quick, rounds: 15, ms: 60 } : { quick, rounds: 41, ms: 150 };
const isWhole = !quick && chosen.length === Object.keys(PARTS).length;
const folder = out ?? join(import.meta.dirname, isWhole ? 'report' : '../../dist/bench');

const parts: Part[] = [];
for (const name of chosen) {
  const part = await PARTS[name]?.(size);
  if (!part) continue;
  console.log(`\n## ${part.title}\n\n${part.about}\n\n${tableOf(part)}`);
  for (const note of part.notes ?? []) console.log(`\n${note}`);
  parts.push(part);
}
writeReport(folder, parts, { ...size, parts: chosen });
console.log(`\nwritten to ${folder}`);
process.exit(0); // all is measured, whatever still waits
