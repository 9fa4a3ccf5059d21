import type { AnyStateMachine } from 'xstate';
import { awaitedIn, restore, type Step, type Stored } from '../core/index.ts';
import { TabError } from './errors.ts';

/**
 * What is stored of another chart, made into what this machine goes on with.
 * @throws TabError `machineChanged` without a migration, `notMigrated` when it fails or what it gave does not fit.
 */
export function migrated(
  machine: AnyStateMachine,
  { snapshot, timers, calls }: Stored,
  migrate: ((stored: Stored) => Stored) | undefined,
  now: number,
): Step {
  if (!migrate) {
    throw new TabError(
      'machineChanged',
      `what is stored began with another chart of '${machine.id}': give a migration`,
    );
  }
  try {
    const step = restore(machine, migrate(structuredClone({ snapshot, timers, calls })), now);
    const before = awaitedIn({ snapshot });
    const made = step.awaited.filter((key) => !before.includes(key));
    if (made.length === 0) return step;
    throw new Error(`it would wait for ${made.join(', ')}, a call that was never made`);
  } catch (error) {
    throw new TabError(
      'notMigrated',
      `the migration failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
