import type { AnyStateMachine } from 'xstate';
import { type Instant, structureOf, type Timer } from '../core/index.ts';
import type { Change, RecoveryRecord, Store } from '../store/types.ts';
import { ChangeBuilder, type Particulars } from './change.ts';
import type { Clock } from './clock.ts';
import { type Version, VersionError, type Versions } from './versions.ts';

/** Active recoveries that a host leaves as they are: no timer fires, no call is made, no event is taken. */
export interface LeftUntouched {
  /** The version of the machine that they began with. */
  machineVersion: string;
  /** `unknownVersion`: it is not known here; `notMigrated`: their migration failed. */
  reason: 'unknownVersion' | 'notMigrated';
  count: number;
  /** Ten of them at most. */
  recoveryIds: string[];
}

/** A recovery as it is stored, with the machine that it goes on with; none when it is left untouched. */
export interface Taken {
  recovery: RecoveryRecord;
  timers: Timer[];
  machine: AnyStateMachine | undefined;
  /** Why there is none. */
  reason?: LeftUntouched['reason'];
}

interface TakeoverOptions {
  store: Pick<Store, 'activeVersions' | 'activeOf' | 'keepStructure' | 'load' | 'commit'>;
  versions: Versions;
  clock: Clock;
  particulars: Particulars;
  onError(error: unknown): void;
}

interface Left {
  reason: LeftUntouched['reason'];
  ids: Set<string>;
  cause?: unknown;
}

/** Ids that a report names. */
const SAMPLE = 10;
/** Lines of a chart that an error names. */
const LINES = 4;

/** Takes over what began with another version of the machine: with that machine, by a migration, or not at all. */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #left = new Map<string, Left>();
  #opened = false;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** @throws VersionError `machineChanged` when active recoveries began with another chart of the same version. */
  async open(): Promise<void> {
    const { store, versions } = this.#options;
    for (const version of versions.kept) await this.#compare(version);
    for (const machineVersion of await store.activeVersions()) {
      if (versions.of(machineVersion)) continue;
      for (const id of await store.activeOf(machineVersion)) {
        if (versions.migrates(machineVersion)) await this.load(id);
        else this.#leave(machineVersion, 'unknownVersion', id);
      }
    }
    this.#opened = true;
    for (const machineVersion of this.#left.keys()) this.#tell(machineVersion);
  }

  async #compare({ name, machine }: Version): Promise<void> {
    const structure = structureOf(machine).join('\n');
    const holds = await this.#options.store.keepStructure(name, structure);
    if (holds === structure) return;
    throw new VersionError(
      'machineChanged',
      `the chart of version '${name}' was changed, and recoveries are under way that began with the old one. Give the ` +
        `changed machine a version of its own, and in \`versions\` the machine of version '${name}' or a migration from it.` +
        `${linesOnlyIn(holds, structure, 'No longer there')}${linesOnlyIn(structure, holds, 'New')}`,
    );
  }

  /** Loads a recovery; one that has to be migrated first is migrated, in a transaction of its own. */
  async load(id: string): Promise<Taken | undefined> {
    const { store, clock, particulars } = this.#options;
    for (;;) {
      const loaded = await store.load(id);
      if (!loaded) return undefined;
      const { taken, migration } = this.take(loaded, clock.now(), particulars);
      if (taken) return taken;
      await store.commit(migration); // stale or not: what is stored now is loaded
    }
  }

  /** What is loaded with its machine, or the change that migrates it first. */
  take(
    { recovery, timers }: Pick<Taken, 'recovery' | 'timers'>,
    clock: Instant,
    particulars: Particulars,
  ): { taken: Taken; migration?: never } | { taken?: never; migration: Change } {
    const { versions } = this.#options;
    const { id, machineVersion, status, snapshot, calls } = recovery;
    const version = versions.of(machineVersion);
    if (version || status !== 'active') return { taken: { recovery, timers, machine: version?.machine } };
    const left = (reason: Left['reason']) => ({ taken: { recovery, timers, machine: undefined, reason } });
    if (!versions.migrates(machineVersion)) return left(this.#leave(machineVersion, 'unknownVersion', id));
    const now = Math.max(clock, recovery.updatedAt);
    try {
      const { to, step } = versions.migrate(machineVersion, { snapshot, timers, calls }, now);
      const change = new ChangeBuilder({ ...recovery, machineVersion: to.name }, particulars);
      const data = { fromVersion: machineVersion, toVersion: to.name };
      change.add(step, { at: now, kind: 'migrated', data });
      return { migration: change.build(recovery.version, now) };
    } catch (error) {
      return left(this.#leave(machineVersion, 'notMigrated', id, error));
    }
  }

  #leave(machineVersion: string, reason: Left['reason'], id: string, cause?: unknown): Left['reason'] {
    const left = this.#left.get(machineVersion) ?? { reason, ids: new Set(), cause };
    const isNew = left.ids.size === 0;
    left.ids.add(id);
    this.#left.set(machineVersion, left);
    if (isNew && this.#opened) this.#tell(machineVersion);
    return reason;
  }

  #tell(machineVersion: string): void {
    const left = this.#left.get(machineVersion);
    if (!left) return;
    const { reason, ids, cause } = left;
    const why =
      reason === 'unknownVersion'
        ? 'which is not known here. Give it in `versions`, as a machine or as a migration'
        : `and could not be migrated: ${cause instanceof Error ? cause.message : String(cause)}. Correct the migration`;
    this.#options.onError(
      new VersionError(
        reason,
        `${ids.size === 1 ? '1 recovery' : `${ids.size} recoveries`} under way (${[...ids].slice(0, SAMPLE).join(', ')}) ` +
          `began with version '${machineVersion}' of the machine, ${why}, and start again. Until then they are left ` +
          'untouched: no timer fires, no call is made, no event is taken',
        cause,
      ),
    );
  }

  /** Versions whose active recoveries are to be passed over: all of them, also where the migration of only some failed. */
  get passedOver(): string[] {
    return [...this.#left.keys()];
  }

  get leftUntouched(): LeftUntouched[] {
    return [...this.#left].map(([machineVersion, { reason, ids }]) => ({
      machineVersion,
      reason,
      count: ids.size,
      recoveryIds: [...ids].slice(0, SAMPLE),
    }));
  }
}

function linesOnlyIn(one: string, other: string, title: string): string {
  const others = new Set(other.split('\n'));
  const lines = one.split('\n').filter((line) => !others.has(line));
  if (lines.length === 0) return '';
  const more = lines.length > LINES ? [`and ${lines.length - LINES} more`] : [];
  return [`\n${title}:`, ...lines.slice(0, LINES), ...more].join('\n  ');
}
