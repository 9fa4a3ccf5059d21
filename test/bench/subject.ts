import {
  type Clock,
  createRecoveries,
  createVirtualClock,
  type Recoveries,
  type RecoveriesOptions,
  type Store,
  type Stored,
  systemClock,
} from 'regain';
import { type PolicyInput, policyOf } from 'regain/machines';
import { createSandbox, sandboxAccount } from 'regain/sandbox';
import { openSqlite } from 'regain/sqlite';

/** The recovery that is measured: the real parent with a child, in a call that drops and is taken up again without an end. */

export const START = Date.parse('2026-03-02T10:00:00+08:00');

/** The line is open all day, and nothing falls due while a benchmark lasts; the rest is as it is by default. */
export const POLICY: PolicyInput = {
  voice: { opensAt: '00:00', closesAt: '00:00', resumeWithin: '20h' },
  recovery: { idleTimeout: '1h', choosingTimeout: '2h' },
};

/** Each is taken, arms one timer and cancels another, calls no port, and leads to where the other is taken. */
export const EVENTS = [{ type: 'call.dropped' }, { type: 'call.connected' }] as const;

export type HostOptions = Omit<RecoveriesOptions, 'store'>;

/** A host with recoveries in the call. */
export class Senders {
  readonly recoveries: Recoveries;
  readonly ids: readonly string[];
  #single = 0;
  #events = 0;

  protected constructor(recoveries: Recoveries, ids: readonly string[]) {
    this.recoveries = recoveries;
    this.ids = ids;
  }

  static async begin(host: (options: HostOptions) => Promise<Recoveries>, count: number): Promise<Senders> {
    const { recoveries, ids } = await arranged(host, count, systemClock, 'a');
    return new Senders(recoveries, ids);
  }

  /** Both events in turns at the first recovery, so that each is taken. */
  one(): Promise<unknown> {
    return this.recoveries.send(this.ids[0] ?? '', EVENTS[this.#single++ % EVENTS.length] ?? EVENTS[0]);
  }

  /** One event at each recovery but the first, at once; that one is for `one`. */
  together(): Promise<unknown> {
    const event = EVENTS[this.#events++ % EVENTS.length] ?? EVENTS[0];
    return Promise.all(this.ids.slice(1).map((id) => this.recoveries.send(id, event)));
  }

  async close(): Promise<void> {
    await this.recoveries.close();
  }
}

/** The same over a store. */
export class Subjects extends Senders {
  readonly store: Store;

  private constructor(store: Store, recoveries: Recoveries, ids: readonly string[]) {
    super(recoveries, ids);
    this.store = store;
  }

  static async open(
    file: string,
    count: number,
    synchronous: 'FULL' | 'NORMAL' = 'FULL',
    clock: Clock = createVirtualClock(START),
  ): Promise<Subjects> {
    return Subjects.over(await openSqlite(file, { synchronous }), count, clock);
  }

  /** @param prefix of the accounts, where several hosts share a store. */
  static async over(store: Store, count: number, clock: Clock = systemClock, prefix = 'a'): Promise<Subjects> {
    const { recoveries, ids } = await arranged(
      (options) => createRecoveries({ ...options, store }),
      count,
      clock,
      prefix,
    );
    return new Subjects(store, recoveries, ids);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.store.close();
  }
}

/** Brings recoveries into the call. */
async function arranged(
  host: (options: HostOptions) => Promise<Recoveries>,
  count: number,
  clock: Clock,
  prefix: string,
): Promise<{ recoveries: Recoveries; ids: string[] }> {
  const accounts = Array.from({ length: count }, (_, index) => sandboxAccount({ accountId: `${prefix}${index}` }));
  const sandbox = createSandbox({ clock: clock.now, policy: policyOf(POLICY), accounts });
  const recoveries = await host({ clock, ports: sandbox.ports, policy: POLICY });
  const ids: string[] = [];
  for (const { accountId } of accounts) {
    const { recoveryId } = await recoveries.start({ accountId, device: { deviceId: 'd1' } });
    ids.push(recoveryId);
  }
  await recoveries.idle();
  await Promise.all(ids.map((id) => recoveries.send(id, { type: 'path.choose', path: 'voice' })));
  await recoveries.idle();
  for (const type of ['call.connected', 'call.dropped', 'call.connected'] as const) {
    await Promise.all(ids.map((id) => recoveries.send(id, { type })));
  }
  return { recoveries, ids };
}

/** A recovery as it is stored in the call; `call.dropped` comes next. */
export async function inCall(): Promise<Stored> {
  const subjects = await Subjects.open(':memory:', 1);
  const loaded = await subjects.store.load(subjects.ids[0] ?? '');
  await subjects.close();
  if (!loaded) throw new Error('the recovery is gone');
  const { recovery, timers } = loaded;
  return { snapshot: JSON.parse(JSON.stringify(recovery.snapshot)), timers, calls: recovery.calls };
}
