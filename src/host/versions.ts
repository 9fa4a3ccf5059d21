import type { AnyStateMachine } from 'xstate';
import type { EventRegistry } from '../../machines/events.ts';
import type { PortRegistry } from '../../machines/own-parts.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { eventsOf, portsOf } from '../../machines/paths.ts';
import { createRecoveryMachine } from '../../machines/recovery.ts';
import { awaitedIn, type Instant, restore, type Step, type Stored } from '../core/index.ts';

/** What is done with recoveries that began with another version of the machine. */
export type OlderVersion =
  /** They go on with the machine that they began with: the built-in parent over these paths, unless it is given too. */
  | { paths: readonly RecoveryPath[]; machine?: AnyStateMachine }
  /**
   * They become recoveries of the version `to`. `migrate` is given a copy of what is stored of one, and gives what is to
   * be stored in its place: it may rename states, timers (`xstate.after.<delay>.<state id>`) and actors, and add to
   * contexts. It makes no calls: what the machine waits for has to be what it waited for.
   */
  | { to: string; migrate: (stored: Stored) => Stored };

/** The versions of the machine do not fit each other, or not what is stored. Nothing was touched. */
export class VersionError extends Error {
  override readonly name = 'VersionError';
  /**
   * `invalidVersions`: the option `versions` contradicts itself. `machineChanged`: the chart of a version is not the one
   * that its active recoveries began with. `unknownVersion`: a version has active recoveries, and no machine here.
   * `notMigrated`: a migration failed, or what it gave does not fit.
   */
  readonly code: 'invalidVersions' | 'machineChanged' | 'unknownVersion' | 'notMigrated';
  constructor(code: VersionError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** A version that recoveries go on with. */
export interface Version {
  name: string;
  machine: AnyStateMachine;
  paths: readonly RecoveryPath[];
  /** Events that its machines know. */
  events: EventRegistry;
}

type Migration = Extract<OlderVersion, { to: string }>;

function versionOf(name: string, machine: AnyStateMachine, paths: readonly RecoveryPath[]): Version {
  return { name, machine, paths, events: eventsOf(paths) };
}

/** The version that new recoveries begin with, and what is known of older ones. */
export class Versions {
  readonly current: Version;
  readonly #kept = new Map<string, Version>();
  readonly #migrations = new Map<string, Migration>();

  /** @throws VersionError `invalidVersions` for a version given twice, a migration that leads nowhere or in a circle. */
  constructor(
    machine: AnyStateMachine,
    paths: readonly RecoveryPath[],
    older: Readonly<Record<string, OlderVersion>> = {},
  ) {
    this.current = versionOf(machine.version ?? '', machine, paths);
    this.#kept.set(this.current.name, this.current);
    for (const [name, version] of Object.entries(older)) this.#add(name, version);
    for (const name of this.#migrations.keys()) this.#follow(name);
  }

  #add(name: string, older: OlderVersion): void {
    const invalid = (what: string) => new VersionError('invalidVersions', `versions['${name}'] ${what}`);
    if (name === this.current.name) throw invalid('is the version that new recoveries begin with; it is no older one');
    if ('to' in older) {
      this.#migrations.set(name, older);
      return;
    }
    const machine = older.machine ?? createRecoveryMachine(older.paths, name);
    if (machine.version !== name) throw invalid(`holds a machine that calls itself version '${machine.version ?? ''}'`);
    this.#kept.set(name, versionOf(name, machine, older.paths));
  }

  /** The migrations that lead from a version to one that is kept. */
  #follow(name: string): { steps: [from: string, Migration][]; to: Version } | undefined {
    const steps: [string, Migration][] = [];
    let at = name;
    for (let next = this.#migrations.get(at); next; next = this.#migrations.get(at)) {
      steps.push([at, next]);
      at = next.to;
      if (steps.some(([from]) => from === at)) {
        const circle = [...steps.map(([from]) => from), at].join(' → ');
        throw new VersionError('invalidVersions', `the migrations in versions go round in a circle: ${circle}`);
      }
    }
    const to = this.#kept.get(at);
    if (to) return { steps, to };
    if (steps.length === 0) return undefined;
    const known = [...this.#kept.keys(), ...this.#migrations.keys()].map((each) => `'${each}'`).join(', ');
    throw new VersionError(
      'invalidVersions',
      `versions['${steps.at(-1)?.[0]}'] migrates to '${at}', which is no version known here; known are ${known}`,
    );
  }

  /** Ports of all machines that are kept; where two versions have one of the same name, the newest one's. */
  get ports(): PortRegistry {
    return Object.assign(Object.create(null), ...this.kept.reverse().map(({ paths }) => portsOf(paths)));
  }

  /** Versions with a machine. */
  get kept(): Version[] {
    return [...this.#kept.values()];
  }

  /** The version that a recovery goes on with as it is. */
  of(name: string): Version | undefined {
    return this.#kept.get(name);
  }

  /** Whether there is a migration from a version. */
  migrates(name: string): boolean {
    return this.#migrations.has(name);
  }

  /**
   * What a stored recovery of a version becomes.
   * @throws what the migration throws, and VersionError or DurabilityError when what it gave cannot be gone on with.
   */
  migrate(name: string, stored: Stored, now: Instant): { to: Version; step: Step } {
    const way = this.#follow(name);
    if (!way) throw new VersionError('unknownVersion', `there is no migration from version '${name}'`);
    let next = stored;
    for (const [from, { migrate }] of way.steps) next = plain(from, migrate(structuredClone(next)));
    const step = restore(way.to.machine, next, now);
    const before = awaitedIn(stored);
    const made = step.awaited.filter((key) => !before.includes(key));
    if (made.length > 0) {
      throw new VersionError('notMigrated', `it would wait for ${made.join(', ')}, a call that was never made`);
    }
    return { to: way.to, step };
  }
}

/** What a migration gave, as it is when it has been stored. */
function plain(from: string, migrated: Stored | undefined): Stored {
  if (migrated?.snapshot && Array.isArray(migrated.timers) && migrated.calls)
    return JSON.parse(JSON.stringify(migrated));
  throw new VersionError('notMigrated', `the migration from '${from}' gave no { snapshot, timers, calls }`);
}
