import type { Recoveries, RecoveriesOptions } from '../../src/host/api.ts';
import { createRecoveries } from '../../src/host/recoveries.ts';
import type { Store } from '../../src/store/types.ts';

/** Options of a host, but for where it keeps things. */
export type HostOptions = Omit<RecoveriesOptions, 'store'>;

/** Where one host at a time keeps recoveries: empty at first, and nobody else's. */
export interface Place {
  /** Opens a host on what the last one left, which is closed if it still runs: a restart. */
  open(options: HostOptions): Promise<Recoveries>;
  /** Closes what runs here and forgets everything. */
  close(): Promise<void>;
  /** Whether a generated path is restarted before a step of it, from 1; before each, where nothing is said. */
  restartsBefore?(step: number): boolean;
}

/** A host that has to do what every other does: what is under test, and how many cases it can run at once. */
export interface HostKind {
  openPlace(): Promise<Place>;
  atOnce: number;
  close(): Promise<void>;
}

/**
 * A place for the host of this project over a store.
 * @param openStore opens it for each host.
 * @param forget takes away what it kept.
 * @param closeStore what is done with the store when a host is closed.
 */
export function placeOfStore(
  openStore: () => Promise<Store>,
  forget: () => Promise<void>,
  closeStore: (store: Store) => Promise<void> = (store) => store.close(),
): Place {
  let running: { host: Recoveries; store: Store } | undefined;
  const down = async () => {
    await running?.host.close();
    if (running) await closeStore(running.store);
    running = undefined;
  };
  return {
    async open(options) {
      await down();
      const store = await openStore();
      const host = await createRecoveries({ ...options, store });
      running = { host, store };
      return host;
    },
    async close() {
      await down();
      await forget();
    },
  };
}
