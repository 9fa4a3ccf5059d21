import { safeParse } from 'zod';
import type { AccountFacts, Device, Network } from '../../machines/account.ts';
import type { EventRegistry, RecoveryEvent } from '../../machines/events.ts';
import type { Notice } from '../../machines/outcome.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { paths as builtIn, eventsOf, portsOf } from '../../machines/paths.ts';
import type { PolicyInput } from '../../machines/policy.ts';
import { type RecoveryContext, type recoveryMachine, recoveryMachineOf } from '../../machines/recovery.ts';
import type { AnyPort, OwnPorts, Ports } from '../adapters/ports.ts';
import { type By, Start } from '../host/api.ts';
import { checkedEvent } from '../host/check.ts';
import { systemClock } from '../host/clock.ts';
import { ledgerEntries, withLedger } from '../host/ledger.ts';
import { secretFields } from '../host/marks.ts';
import { checkedPolicy } from '../host/policy.ts';
import { Refusal } from '../host/refusal.ts';
import { type RecoveryView, viewOf } from '../host/view.ts';
import type { LedgerEntry } from '../store/types.ts';
import type { OpenOptions, TabActor } from './actor.ts';
import type { TabDatabase } from './database.ts';
import { type FetchPortsOptions, fetchPorts } from './fetch-ports.ts';
import type { Readable } from './listeners.ts';
import { openWith } from './open.ts';
import type { TabPort, TabPorts } from './ports.ts';
import type { Rules, Sent } from './records.ts';

type Machine = typeof recoveryMachine;

export interface OpenRecoveryOptions extends Omit<OpenOptions<Machine>, 'input' | 'ports' | 'secrets' | 'migrate'> {
  accountId: string;
  device: Device;
  network?: Network;
  /** Figures that differ from the defaults; a recovery keeps the policy it was started with. */
  policy?: PolicyInput;
  /** The ports themselves, or where the back end is that carries them out. */
  ports: (Ports & OwnPorts) | FetchPortsOptions;
  /** The ways back, in the order in which they are listed; the eight by default. */
  paths?: readonly RecoveryPath[];
}

/** A recovery that runs in this tab. */
export interface TabRecovery extends Omit<TabActor<Machine>, 'send'> {
  /**
   * The recovery as it is shown: what it waits for, what may be done, until when. It holds no secret. Listeners are told of
   * what is written; what time alone changes, such as a limit for the day, is seen at the next look.
   */
  readonly view: Readable<RecoveryView>;
  /** Delivers an event, by default as the owner. Nobody but the page says who sends. */
  send: (event: RecoveryEvent, by?: By) => Promise<Sent>;
}

/**
 * Opens a recovery whose engine is this tab: for demonstrations, kiosks and apps whose back end checks each call for itself. A
 * person can change what runs in their own browser, so a service is to decide over real accounts: see `mirrorRecovery`.
 * @throws as `openActor` does; PolicyError that names the figures which are wrong; ZodError for an account or a device that does not fit.
 */
export async function openRecovery(options: OpenRecoveryOptions): Promise<TabRecovery> {
  const { policy, ports, clock = systemClock, accountId, device, network, paths = builtIn, ...rest } = options;
  const machine = recoveryMachineOf(paths);
  const start = Start.parse({ accountId, device, network });
  const complete = checkedPolicy(policy ?? {});
  const input = { ...start, recoveryId: rest.id, policy: complete, at: clock.now() };
  const rulesOf = (db: TabDatabase) => rules(db, eventsOf(paths), rest.id, accountId, clock, device.deviceId);
  const carriedOut = tabPorts(ports, paths);
  const actor = await openWith(machine, { ...rest, clock, input, ports: carriedOut }, rulesOf, accountId);
  let shown: RecoveryView | undefined;
  const getSnapshot = () => {
    const { id, group, states, ...kept } = actor.record;
    const stand = { id, accountId: group, deviceId: device.deviceId, live: kept.status === 'active' };
    const versions = { machineVersion: machine.version ?? '', policyVersion: complete.version };
    const recovery = { ...kept, ...stand, ...versions, state: states.join(',') };
    const view = viewOf(machine, paths, recovery, kept.timers, clock.now());
    if (JSON.stringify(view) !== JSON.stringify(shown)) shown = view; // time alone may open a way, at midnight
    return shown ?? view;
  };
  const { id, info, subscribe } = actor;
  return {
    id,
    info,
    subscribe,
    getSnapshot: actor.getSnapshot,
    view: {
      getSnapshot,
      subscribe: (listener) =>
        actor.subscribe(() =>
          typeof listener === 'function' ? listener(getSnapshot()) : listener.next?.(getSnapshot()),
        ),
    },
    send: (event, by) => actor.send(event, by),
    log: () => actor.log(),
    idle: () => actor.idle(),
    close: () => actor.close(),
  };
}

/** Each port with the schema of its answer, its tries, and what of its input is not to be stored. */
function tabPorts(ports: OpenRecoveryOptions['ports'], paths: readonly RecoveryPath[]): TabPorts {
  const known: Record<string, Omit<TabPort, 'call'>> = Object.fromEntries(
    Object.entries(portsOf(paths)).map(([name, { input, output, tries }]) => [
      name,
      { answer: { safeParse: (value) => safeParse(output, value) }, tries, secrets: secretFields(input) },
    ]),
  );
  if ('url' in ports) return fetchPorts(known, ports as FetchPortsOptions);
  const given: Readonly<Record<string, AnyPort>> = ports as Ports & OwnPorts;
  const carriedOut: Record<string, TabPort> = {};
  for (const [name, about] of Object.entries(known)) {
    const carryOut = given[name];
    if (carryOut) carriedOut[name] = { ...about, call: (input, made) => carryOut(input as never, made) };
  }
  return carriedOut;
}

function rules(
  db: TabDatabase,
  registry: EventRegistry,
  recoveryId: string,
  accountId: string,
  clock: { now(): number },
  deviceId: string,
): Rules {
  return {
    check(event, by) {
      try {
        return checkedEvent(registry, event, (by ?? { role: 'owner' }) as By, deviceId).checked;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, field, message } = error;
        return { taken: false, code, message, ...(field === undefined ? {} : { field }) };
      }
    },
    secretsOf: (type) => {
      const schema = registry[type]?.schema;
      return schema ? secretFields(schema) : [];
    },
    sent: ({ emitted }) =>
      emitted.flatMap(({ event }) => {
        if (event.type !== 'notice') return [];
        const { type: _, ...notice } = event as Notice;
        return [{ port: 'notify', input: { accountId, ...notice } }];
      }),
    ledger: ({ emitted, at }) => ledgerEntries(emitted, at),
    async answer(port, output) {
      const record = port === 'loadAccount' ? await db.load(recoveryId) : undefined;
      if (!record) return output;
      const { policy } = (record.snapshot as { context: RecoveryContext }).context; // the one that it began with
      const entries = (await db.ledger(accountId)).map(({ actorId, entry }) => ({
        ...(entry as LedgerEntry),
        recoveryId: actorId,
      }));
      return withLedger(output as AccountFacts, entries, recoveryId, policy, clock.now());
    },
  };
}
