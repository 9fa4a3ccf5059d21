import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type CoverageData, count, hitsOf, type MachineHits, noCoverage } from './data.ts';
import { coverageOf, delayedBy } from './definition.ts';
import { explanations, type Taker } from './explain.ts';
import { delayKey, eventKey, guardKey, isNamed, nodesOf, placesOf, type Transition } from './keys.ts';
import { entered } from './nodes.ts';
import { type Standing, type Standings, standingsOf } from './trail-states.ts';

/** An entry of an audit trail: what came in, and in `from` and `to` the states before and after. */
export interface TrailEntry {
  kind: string;
  data: Record<string, unknown>;
}

/** What came in. */
interface Input {
  /** Path of the machine that it reached; unset for an event from outside, which parents may pass on. */
  path?: string;
  /** The events that it may have been. */
  events: readonly Taker[];
}

/** Kinds of entries that say nothing of the chart. */
const SILENT = ['notice', 'dropped', 'stuck', 'migrated', 'erased'];

/**
 * Counts what audit trails tell of a chart and of the machines that it invokes. They hold states before and after each
 * input, so of several transitions that lead from the one to the other it cannot be told which was taken; an event is taken
 * to have reached any machine with a state for it. Not told at all: outcomes of guards other than of transitions that
 * were certainly taken, delays that were cancelled, pairs.
 */
export class TrailCoverage {
  /** What was certainly met. */
  readonly certain: CoverageData = noCoverage();
  /** What may have been met; all that is certain is in it. */
  readonly possible: CoverageData = noCoverage();
  /** Entries whose states no transition of the chart explains, such as those of another version. */
  unexplained = 0;
  readonly #machine: AnyStateMachine;

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
  }

  /** Adds the trail of one recovery, in its order. */
  add(trail: readonly TrailEntry[]): void {
    let state = '';
    for (const { kind, data } of trail) {
      const to = typeof data.to === 'string' ? data.to : undefined;
      if (kind === 'start' && to !== undefined) this.#start(to);
      else if (kind === 'refused') this.#refused(state, typeOf(data));
      else if (to !== undefined && !SILENT.includes(kind))
        this.#step(String(data.from ?? state), to, inputOf(kind, data, this.#machine));
      state = to ?? state;
    }
  }

  #start(to: string): void {
    const after = standingsOf(this.#machine, to);
    if (!after) this.unexplained += 1;
    else for (const standing of after.values()) this.#begin(standing);
  }

  /** A machine that was not there before. */
  #begin({ machine, nodes }: Standing): void {
    const first = entered(machine.root);
    this.#states(
      machine,
      [...first].filter((node) => !nodes.has(node)),
    );
    this.#explain({ machine, nodes: first }, undefined, nodes, new Set(), false);
  }

  #step(from: string, to: string, input: Input | undefined): void {
    const before = standingsOf(this.#machine, from);
    const after = standingsOf(this.#machine, to);
    if (!before || !after || !input) {
      this.unexplained += 1;
      return;
    }
    for (const [path, standing] of before) {
      const isDirect = path === (input.path ?? '');
      const events = isDirect || input.path === undefined ? input.events : undefined;
      this.#explain(standing, events, after.get(path)?.nodes, childrenOf(before, path), isDirect);
    }
    for (const [path, standing] of after) if (!before.has(path)) this.#begin(standing);
  }

  /** What is refused leaves the states as they are, and may not have reached a machine. */
  #refused(state: string, type: string | undefined): void {
    if (type === undefined) return;
    for (const standing of standingsOf(this.#machine, state)?.values() ?? []) {
      const ways = explanations({
        before: standing,
        events: [takerOf(type)],
        isDirect: false,
        children: new Set(),
        after: standing.nodes,
      });
      for (const transition of ways.flat()) this.#count(this.possible, transition, false);
    }
  }

  #explain(
    before: Standing,
    events: Input['events'] | undefined,
    after: ReadonlySet<AnyStateNode> | undefined,
    children: ReadonlySet<string>,
    isDirect: boolean,
  ): void {
    const { machine } = before;
    if (after) this.#states(machine, after);
    const ways = explanations({
      before,
      isDirect,
      children,
      ...(events ? { events } : {}),
      ...(after ? { after } : {}),
    });
    if (ways.length === 0) this.unexplained += 1;
    for (const transition of new Set(ways.flat())) {
      this.#count(this.possible, transition, false);
      if (ways.every((way) => way.includes(transition))) this.#count(this.certain, transition, true);
    }
  }

  #states(machine: AnyStateMachine, nodes: Iterable<AnyStateNode>): void {
    for (const node of nodes)
      for (const data of [this.certain, this.possible]) count(hitsOf(data, machine.id).states, node.id);
  }

  #count(data: CoverageData, transition: Transition, isCertain: boolean): void {
    const { source, eventType } = transition;
    const hits = hitsOf(data, source.machine.id);
    const place = placesOf(source.machine).get(transition);
    if (!place) return;
    count(hits.transitions, place.key);
    if (isNamed(eventType)) count(hits.events, eventKey(source, eventType));
    if (isCertain) this.#guards(hits, transition, place.index);
    if (eventType.startsWith('xstate.after.')) count(hits.delays, delayKey(eventType, 'fired'));
  }

  /** The guard let a transition pass that was taken, and those of the candidates before it did not. */
  #guards(hits: MachineHits, transition: Transition, index: number): void {
    for (const [candidate, place] of placesOf(transition.source.machine)) {
      if (candidate.source !== transition.source || candidate.eventType !== transition.eventType) continue;
      if (candidate.guard !== undefined && place.index <= index) {
        count(hits.guards, guardKey(place.key, candidate === transition));
      }
    }
  }
}

const typeOf = (data: Record<string, unknown>): string | undefined => {
  const { type } = (data.event ?? {}) as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
};

/** Whether an event is one of those that a descriptor stands for. */
const matches = (type: string, descriptor: string): boolean =>
  descriptor === type ||
  descriptor === '*' ||
  (descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1)));

function inputOf(kind: string, data: Record<string, unknown>, machine: AnyStateMachine): Input | undefined {
  if (kind === 'event') {
    const type = typeOf(data);
    return type === undefined ? undefined : { events: [takerOf(type)] };
  }
  if (kind === 'timer') {
    const [path = '', id = ''] = String(data.timer).split(/#(.*)/s);
    const type = id.replace(/~\d+$/, '');
    // A timer with an id of its own does not say its event: it is one of those that are raised with a delay.
    return { path, events: (type.startsWith('xstate.') ? [type] : namesIn(machine).raised).map(takerOf) };
  }
  if (kind !== 'answer' && kind !== 'failure') return undefined;
  const [, path = '', port = ''] = /^(?:(.*)\/)?([^/]*)\/\d+$/.exec(String(data.key)) ?? [];
  return { path, events: answersOf(machine, port, kind === 'answer' ? 'done' : 'error') };
}

const takerOf = (type: string) => (descriptor: string) => matches(type, descriptor);

/** The answers of a port, by the ids under which it is invoked; of one that is spawned any answer may be meant. */
function answersOf(machine: AnyStateMachine, port: string, what: 'done' | 'error'): Taker[] {
  const prefix = `xstate.${what}.actor.`;
  const { invoked, descriptors } = namesIn(machine);
  const ids = invoked.filter(({ src }) => src === port).map(({ id }) => `${prefix}${id}`);
  if (ids.length > 0) return ids.map(takerOf);
  return descriptors.filter((type) => type.startsWith(prefix)).map((type) => (descriptor) => descriptor === type);
}

interface Names {
  invoked: { id: string; src: unknown }[];
  descriptors: string[];
  /** Types of the chart's own events that come after a delay. */
  raised: string[];
}

const names = new WeakMap<AnyStateMachine, Names>();

/** What the machines of a chart call things. */
function namesIn(machine: AnyStateMachine): Names {
  const known = names.get(machine);
  if (known) return known;
  const nodes = coverageOf(machine).flatMap(({ chart }) => [...nodesOf(chart.root)]);
  const made: Names = {
    invoked: nodes.flatMap(({ invoke }) => invoke.map(({ id, src }) => ({ id, src }))),
    descriptors: [...new Set(nodes.flatMap((node) => [...node.transitions.keys()]))],
    raised: [...new Set(nodes.flatMap(delayedBy).filter(isNamed))],
  };
  names.set(machine, made);
  return made;
}

/** Ids of the machines right below a path. */
function childrenOf(standings: Standings, path: string): Set<string> {
  const prefix = path === '' ? '' : `${path}/`;
  const below = [...standings.keys()].filter((other) => other !== path && other.startsWith(prefix));
  return new Set(below.map((other) => other.slice(prefix.length)).filter((id) => !id.includes('/')));
}
