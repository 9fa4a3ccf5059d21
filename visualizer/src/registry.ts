import type { RecoveryPath } from '../../machines/path.ts';
import { eventsOf, paths, portsOf } from '../../machines/paths.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import own from './own-paths.ts';

/** What the page knows: the eight paths and those that it was built with. */
export const PATHS: readonly RecoveryPath[] = [...paths, ...[own].flat()];
/** The parent over them. */
export const PARENT = recoveryMachineOf(PATHS);
export const EVENTS = eventsOf(PATHS);
export const PORTS = portsOf(PATHS);
