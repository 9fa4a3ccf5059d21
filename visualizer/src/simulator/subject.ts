import type { AnyStateMachine } from 'xstate';
import type { AccountFacts, Device, Network } from '../../../machines/account.ts';
import type { EventRegistry } from '../../../machines/events.ts';
import type { Policy } from '../../../machines/policy.ts';
import { OWN_EVENTS } from '../../../machines/recovery-context.ts';
import { type Instant, inspect, type MachineView, type Stored } from '../../../src/core/index.ts';
import { EVENTS, PARENT, PATHS } from '../registry.ts';

/** Who recovers, on what, by which rules. */
export interface Setting {
  account: AccountFacts;
  device: Device;
  network: Network;
  policy: Policy;
  now: Instant;
}

/** What is simulated: the parent with its paths, one path alone, or somebody else's machine. */
export interface Subject {
  id: string;
  kind: 'recovery' | 'path' | 'foreign';
  machine: AnyStateMachine;
  /** The events that it may be sent, by type; of a foreign machine none is known but by name. */
  events: EventRegistry;
  input(setting: Setting): unknown;
}

const hears = (machine: AnyStateMachine, type: string) => (machine.events as string[]).includes(type);

const parent: Subject = {
  id: PARENT.id,
  kind: 'recovery',
  machine: PARENT,
  events: EVENTS,
  input: ({ account, device, network, policy, now }) => ({
    recoveryId: 'r1',
    accountId: account.accountId,
    device,
    network,
    policy,
    at: now,
  }),
};

/** The parent and the machines of the paths, the parent first. */
export const SUBJECTS: readonly Subject[] = [
  parent,
  ...PATHS.map(
    ({ id, machine }): Subject => ({
      id,
      kind: 'path',
      machine,
      events: Object.fromEntries(Object.entries(EVENTS).filter(([type]) => hears(machine, type))),
      input: ({ account, device, network, policy, now }) => ({
        account,
        device,
        network,
        policy,
        at: now,
        recoveryId: 'r1',
      }),
    }),
  ),
];

const isRefusal = (action: string) => action === 'refuse';
const isInternal = (type: string) => type.startsWith('deadline.');

/** Machines of a stored tree, root first, each with the events that it takes now. */
export const viewsOf = ({ machine }: Pick<Subject, 'machine'>, stored: Pick<Stored, 'snapshot'>): MachineView[] =>
  inspect(machine, stored, isRefusal);

/** Types of the events that may come next. The parent passes those of a path on: they count as the path takes them. */
export function possibleEvents(subject: Subject, views: readonly MachineView[]): string[] {
  const [root, ...inner] = views;
  const own =
    subject.kind === 'recovery'
      ? (root?.events ?? []).filter((type) => OWN_EVENTS.some((each) => each === type))
      : (root?.events ?? []);
  const all = [...own, ...inner.flatMap(({ events: types }) => types)];
  return [...new Set(all)].filter((type) => !isInternal(type)).sort();
}

/** Types of all events that it may ever be sent. */
export const allEvents = ({ kind, machine, events: known }: Subject): string[] =>
  kind === 'foreign'
    ? (machine.events as string[]).filter((type) => !type.startsWith('xstate.') && type !== '*')
    : Object.keys(known);
