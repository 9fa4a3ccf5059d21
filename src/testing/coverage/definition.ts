import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { isMachine } from '../../core/durable.ts';
import { nameOf } from '../../core/structure.ts';
import { CoverageError, type CoverageKind } from './data.ts';
import {
  candidatesOf,
  configurationKey,
  delayKey,
  eventKey,
  guardKey,
  isNamed,
  nodesOf,
  pairKey,
  placesOf,
  readableEvent,
  type Transition,
} from './keys.ts';
import { canFollow, targetsOf } from './nodes.ts';

/** One thing of a chart that can be covered. */
export interface ChartPart {
  /** Names it among its kind, and stays the same as long as the definition does. */
  key: string;
  /** Id of the state it belongs to. */
  state: string;
  /** For people: the event, the guard with its outcome, the target. */
  text: string;
}

/** All of one machine that can be covered. */
export interface ChartParts {
  /** Id of the machine. */
  machine: string;
  chart: AnyStateMachine;
  parts: Record<CoverageKind, ChartPart[]>;
}

/** Charts with more sets of active states than this have none listed. */
const CONFIGURATIONS = 10_000;

/**
 * What can be covered of a machine and of all that it invokes or spawns by name, from the definition:
 * - `states`: all but history states; the root is one;
 * - `configurations`: the sets of states that can be active at once; none where there are over 10 000;
 * - `events`: for each state and event type; XState's own types and `always` are seen by their transitions alone;
 * - `transitions`: each candidate of each event, `always`, `after`, done and error;
 * - `guards`: for each guarded transition that its guard let it pass, and that it did not;
 * - `delays`: for each `after`, and each `raise` with a delay and an event written in place, that it fired, and that it
 *   was cancelled or its machine ended before;
 * - `pairs`: two transitions that may follow each other, as far as structure tells (guards may forbid more).
 * @throws CoverageError `sameId` when two of the machines have the same id.
 */
export function coverageOf(machine: AnyStateMachine): ChartParts[] {
  return [...machinesIn(machine)].map((chart) => ({ machine: chart.id, chart, parts: partsOf(chart) }));
}

/** A machine and all below it, each once. */
function machinesIn(machine: AnyStateMachine, found = new Set<AnyStateMachine>()): Set<AnyStateMachine> {
  if (found.has(machine)) return found;
  if ([...found].some(({ id }) => id === machine.id)) {
    throw new CoverageError('sameId', `two machines have the id '${machine.id}': give each an id of its own`);
  }
  found.add(machine);
  const inPlace = [...nodesOf(machine.root)].flatMap(({ config }) => [config.invoke ?? []].flat());
  const logics = [...Object.values(machine.implementations.actors), ...inPlace.map(({ src }: { src: unknown }) => src)];
  for (const logic of logics) if (isMachine(logic)) machinesIn(logic, found);
  return found;
}

function partsOf(machine: AnyStateMachine): ChartParts['parts'] {
  const nodes = [...nodesOf(machine.root)].filter(({ type }) => type !== 'history');
  const transitions = [...placesOf(machine)].map(([transition, { key }]) => ({ transition, key }));
  return {
    states: nodes.map(({ id }) => ({ key: id, state: id, text: 'never entered' })),
    configurations: configurationsOf(machine.root),
    events: nodes.flatMap((node) =>
      [...candidatesOf(node)]
        .filter(([type, candidates]) => isNamed(type) && candidates.length > 0)
        .map(([type]) => ({ key: eventKey(node, type), state: node.id, text: type })),
    ),
    transitions: transitions.map(({ transition, key }) => ({
      key,
      state: transition.source.id,
      text: describe(transition),
    })),
    guards: transitions.flatMap(({ transition, key }) =>
      transition.guard === undefined
        ? []
        : [true, false].map((outcome) => ({
            key: guardKey(key, outcome),
            state: transition.source.id,
            text: `${describe(transition)}: never ${outcome}`,
          })),
    ),
    delays: nodes.flatMap((node) =>
      delayedBy(node).flatMap((type) =>
        (['fired', 'cancelled'] as const).map((what) => ({
          key: delayKey(type, what),
          state: node.id,
          text: `${readableEvent(type, node.id)}: never ${what}`,
        })),
      ),
    ),
    pairs: transitions.flatMap((first) =>
      transitions
        .filter((second) => canFollow(first.transition, second.transition))
        .map((second) => ({
          key: pairKey(first.key, second.key),
          state: first.transition.source.id,
          text: `${describe(first.transition)}, then ${second.transition.source.id}: ${describe(second.transition)}`,
        })),
    ),
  };
}

/** A transition as one line: `path.choose [mustWait] → #recovery.choosing`. */
export function describe(transition: Transition): string {
  const { source, eventType, guard } = transition;
  const targets = targetsOf(transition).map(({ id }) => `#${id}`);
  return [
    readableEvent(eventType, source.id),
    ...(guard === undefined ? [] : [`[${nameOf(guard)}]`]),
    targets.length > 0 ? `→ ${targets.join(', ')}` : 'stays',
  ].join(' ');
}

/** Types of the events that entering, leaving or a transition of a state sends itself with a delay. */
export function delayedBy(node: AnyStateNode): string[] {
  const { actions } = node.machine.implementations;
  const all = [
    node.entry,
    node.exit,
    ...[...candidatesOf(node)].flatMap(([, some]) => some.map((each) => each.actions)),
  ];
  return all.flat().flatMap((action) => {
    const name = typeof action === 'string' ? action : (action as { type: string }).type;
    const raise = (typeof action === 'function' ? action : actions[name]) as Raise | undefined;
    return raise?.type === 'xstate.raise' && raise.delay !== undefined && typeof raise.event === 'object'
      ? [raise.event.type]
      : [];
  });
}

interface Raise {
  type?: string;
  event?: { type: string };
  delay?: unknown;
}

function configurationsOf(root: AnyStateNode): ChartPart[] {
  if (configurations(root) > CONFIGURATIONS) return [];
  return leaves(root).map((nodes) => ({ key: configurationKey(nodes), state: root.id, text: configurationKey(nodes) }));
}

const within = (node: AnyStateNode) => Object.values(node.states).filter(({ type }) => type !== 'history');

function configurations(node: AnyStateNode): number {
  const counts = within(node).map(configurations);
  if (node.type === 'parallel') return counts.reduce((product, each) => product * each, 1);
  return node.type === 'compound' ? counts.reduce((sum, each) => sum + each, 0) : 1;
}

/** The innermost states of each configuration. */
function leaves(node: AnyStateNode): AnyStateNode[][] {
  if (node.type === 'compound') return within(node).flatMap(leaves);
  if (node.type !== 'parallel') return [[node]];
  return within(node).reduce<AnyStateNode[][]>(
    (so, region) => so.flatMap((one) => leaves(region).map((other) => [...one, ...other])),
    [[]],
  );
}
