import pc from 'picocolors';
import type { AnyStateMachine } from 'xstate';
import { openReadOnly } from '../store/open.ts';
import { coverageReport, type MachineReport } from '../testing/coverage/report.ts';
import { TrailCoverage } from '../testing/coverage/trail.ts';

/**
 * Prints which transitions the recoveries in a store took, which they may have taken, and which nobody ever took.
 * @throws UnusableStore when the file is no store.
 */
export async function printTrails(file: string, machine: AnyStateMachine): Promise<void> {
  const store = await openReadOnly(file);
  const coverage = new TrailCoverage(machine);
  const version = machine.version ?? '1';
  let recoveries = 0;
  let others = 0;
  try {
    for (const { recoveryId } of await store.trailHeads()) {
      const loaded = await store.load(recoveryId);
      if (loaded?.recovery.machineVersion === version) {
        coverage.add(await store.audit(recoveryId));
        recoveries += 1;
      } else others += 1;
    }
  } finally {
    await store.close();
  }
  console.log(`${file}: the audit trails of ${recoveries} recoveries of version '${version}'`);
  if (others > 0) console.log(pc.yellow(`${others} of other versions are left out`));
  if (coverage.unexplained > 0)
    console.log(pc.yellow(`${coverage.unexplained} entries are explained by no transition`));
  print(coverageReport(machine, coverage.certain), coverageReport(machine, coverage.possible));
}

function print(certain: readonly MachineReport[], possible: readonly MachineReport[]): void {
  console.log(`\n${'machine'.padEnd(20)}${'taken'.padEnd(8)}${'perhaps'.padEnd(10)}${'never'.padEnd(8)}transitions`);
  const untold: string[] = [];
  const never: string[] = [];
  for (const [index, { machine, tallies, parts, hits }] of possible.entries()) {
    const taken = certain[index]?.tallies.transitions.covered ?? 0;
    const { covered, total } = tallies.transitions;
    console.log(
      `${machine.padEnd(20)}${String(taken).padEnd(8)}${String(covered - taken).padEnd(10)}${String(total - covered).padEnd(8)}${total}`,
    );
    for (const { key, state, text } of parts.transitions) {
      const line = `  ${state}: ${text}`;
      if (hits('transitions', key) === 0) never.push(line);
      else if (certain[index]?.hits('transitions', key) === 0) untold.push(line);
    }
  }
  console.log(`\nNobody ever took\n${never.join('\n') || '  none'}`);
  console.log(`\nIt cannot be told whether anybody took\n${untold.join('\n') || '  none'}`);
  console.log(
    '\nA trail holds the states before and after each input. It does not tell which of several transitions between the same two\n' +
      'states was taken, what guards said of those that were not, which delays were cancelled, nor pairs.',
  );
}
