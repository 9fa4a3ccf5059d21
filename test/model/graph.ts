import { TestModel } from '@xstate/graph';
import type { AnyMachineSnapshot } from 'xstate';
import { type EventName, events } from '../../machines/events.ts';
import type { PortName } from '../../machines/ports.ts';
import { answersOf, eventCases } from './cases.ts';
import { callsIn, type Happening, happens, type ModelState, nextIn, startOf, timersIn } from './composed.ts';
import { refusalOf } from './expected.ts';
import { type Completed, START } from './subjects.ts';

/** Paths through the model, by `@xstate/graph`. */

export type Path = readonly Happening[];

const INPUT = { recoveryId: 'r1', accountId: 'a1', device: { deviceId: 'd1' }, network: {} };
export const beginning = ({ policy }: Completed): Happening => ({
  type: 'start',
  do: 'start',
  input: { ...INPUT, policy, at: START } as { at: number },
});

/** Types that an active state has a transition for. */
const heardBy = (snapshot: AnyMachineSnapshot): string[] =>
  snapshot._nodes.flatMap((node) => [...node.transitions.keys()]);

/** What may happen next: every case of every event that a state hears, each answer of a port, its failure, time. */
export function next(state: ModelState, { domain }: Completed): Happening[] {
  if (state.parent.status !== 'active') return [];
  const heard = new Set([...heardBy(state.child?.snapshot ?? state.parent), 'recovery.cancel']);
  const sent = (Object.keys(events) as EventName[])
    .filter((type) => heard.has(type))
    .flatMap((type) => eventCases(type, domain).map(({ event, by }): Happening => ({ type, do: 'send', event, by })));
  const said = callsIn(state).flatMap(({ owner, id: call, src }): Happening[] => {
    const port = src as PortName;
    const answers = answersOf(port, domain).map(
      (output): Happening => ({ type: `${port} answers`, do: 'answer', owner, call, port, output }),
    );
    return [...answers, { type: `${port} fails`, do: 'fail', owner, call, port }];
  });
  return [...sent, ...said, ...(nextIn(state) ? [{ type: 'time passes', do: 'wait' } as const] : [])];
}

/** Instants become distances, so that the same situation at another time is the same. */
const relative = (now: number) => (_: string, value: unknown) =>
  typeof value === 'number' && value > START / 2 ? value - now : value;
const CONSTANT = ['policy', 'device', '$', 'since', 'at', 'network'];
/** What a path is given of the account does not change under way. */
const GIVEN = [...CONSTANT, 'account'];
const without = (context: object, left: readonly string[]) =>
  Object.fromEntries(Object.entries(context).filter(([key]) => !left.includes(key)));

/** Two states with the same key have the same future; what was taken and met tells apart how they were reached. */
export function keyOf(state: ModelState, withTransitions = true): string {
  const { parent, child, now, took, met } = state;
  const machine = (snapshot: AnyMachineSnapshot, left = CONSTANT) => [snapshot.value, without(snapshot.context, left)];
  const timers = timersIn(state)
    .filter(({ owner }) => owner !== '' || !child)
    .map(({ id, dueAt }) => [id, dueAt - now]);
  const calls = callsIn(state).map(({ id }) => id);
  return JSON.stringify(
    [
      child ? [machine(child.snapshot, GIVEN), parent.context.late, parent.context.cancelling] : machine(parent),
      ...[timers, calls, withTransitions ? [took, met] : []],
    ],
    relative(now),
  );
}

/** From the start of a recovery to a path under way. */
export function entryTo(path: string, subject: Completed): Happening[] {
  const { facts } = subject;
  const answer = (port: string, output: unknown): Happening => ({
    type: `${port} answers`,
    do: 'answer',
    owner: '',
    call: port,
    port,
    output,
  });
  return [
    beginning(subject),
    answer('loadAccount', facts),
    answer('assessRisk', { level: 'low', signals: [] }),
    { type: 'path.choose', do: 'send', event: { type: 'path.choose', path }, by: { role: 'owner' } },
    answer('loadAccount', facts),
  ];
}

/** Where a sequence of happenings leads. */
export function walked(path: Path): ModelState {
  const [first, ...rest] = path;
  if (first?.do !== 'start') throw new Error('a path begins with a start');
  return rest.reduce(happens, startOf(first.input));
}

/** A path as it was generated. */
export interface Found {
  path: Path;
  /** Transitions, outcomes of guards and delays that it meets from where its walk began. */
  met: readonly string[];
  /** What the model says of its last step. */
  refused: boolean;
}

/** Everything that can be covered and that the last step did. */
export const metBy = ({ took, met }: ModelState): string[] => [...took, ...met];

const LIMIT = 400_000;

/** Happenings that are taken as one on the way, where what lies between them is walked elsewhere. */
export interface Way {
  type: string;
  steps: readonly Happening[];
}

function goes(state: ModelState, event: Happening | Way): ModelState {
  if (!('steps' in event)) return happens(state, event);
  const took: string[] = [];
  const met: string[] = [];
  const end = event.steps.reduce((at, happening) => {
    const after = happens(at, happening);
    took.push(...after.took);
    met.push(...after.met);
    return after;
  }, state);
  return { ...end, took, met };
}

interface Walk {
  from: Path;
  subject: Completed;
  stop: (state: ModelState) => boolean;
  /** What may happen next; everything unless it is given. */
  events?: (state: ModelState) => (Happening | Way)[];
  key?: (state: ModelState) => string;
}

function modelOf({ from, subject, stop, events = (state) => next(state, subject), key = keyOf }: Walk) {
  const fromState = walked(from);
  const logic = { transition: goes, getInitialSnapshot: () => fromState };
  const model = new TestModel(logic as never, {
    serializeState: ((state: ModelState) => key(state)) as never,
    serializeEvent: ((event: Happening) => JSON.stringify(event)) as never,
    events: events as never,
  });
  const options = {
    fromState: fromState as never,
    limit: LIMIT,
    stopWhen: ((state: ModelState) => stop(state) || subject.bound(state)) as never,
    allowDuplicatePaths: true,
  };
  return { model, options };
}

const stepsIn = (event: Happening | Way) => ('steps' in event ? event.steps : [event]);

function foundIn(from: Path, paths: { steps: { event: unknown; state: unknown }[] }[]): Found[] {
  return paths.map(({ steps }) => {
    const [, ...after] = steps;
    const states = after.map(({ state }) => state as ModelState);
    return {
      path: [...from, ...after.flatMap(({ event }) => stepsIn(event as Happening | Way))],
      met: states.flatMap(metBy),
      refused: (states.at(-1)?.refused ?? null) !== null,
    };
  });
}

/** Shortest paths to every state, and to it by every transition. */
export function shortest(walk: Walk): Found[] {
  const { model, options } = modelOf(walk);
  return foundIn(walk.from, model.getShortestPaths(options));
}

/** Every path that visits no state twice. Their number grows fast: the graph has to be small. */
export function simple(walk: Walk): Found[] {
  const { model, options } = modelOf(walk);
  return foundIn(walk.from, model.getSimplePaths(options));
}

/** As few and short of the paths as meet everything that any of them meets. */
export function covering(found: readonly Found[], covered: Set<string>): Found[] {
  const chosen: Found[] = [];
  for (;;) {
    let best: Found | undefined;
    let most = 0;
    for (const each of found) {
      const fresh = new Set(each.met.filter((name) => !covered.has(name))).size;
      const gain = fresh / each.path.length;
      if (gain > most) [best, most] = [each, gain];
    }
    if (!best) return chosen;
    chosen.push(best);
    for (const name of best.met) covered.add(name);
  }
}

/** A share of the paths, evenly spread. */
export const spread = (found: readonly Found[], count: number): Found[] =>
  found.filter(
    (_, index) => Math.floor(((index + 1) * count) / found.length) > Math.floor((index * count) / found.length),
  );

/** The path with every event that is refused on the way put in where it is refused first. */
export function withRefusals(path: Path, subject: Completed, seen: Set<string>): Path {
  const woven: Happening[] = [];
  let state: ModelState | undefined;
  for (const happening of path) {
    state = state ? happens(state, happening) : walked([happening]);
    woven.push(happening);
    const here = state;
    if (here.parent.status !== 'active') continue;
    const offer = (each: Happening, where: unknown) => {
      const refusal = refusalOf(happens(here, each));
      const key = JSON.stringify([where, each.type, refusal]);
      if (!refusal || seen.has(key)) return;
      seen.add(key);
      woven.push(each);
    };
    const heard = next(here, subject);
    for (const each of heard) if (each.do === 'send') offer(each, [here.parent.value, here.child?.snapshot.value]);
    const types = new Set(heard.map(({ type }) => type));
    for (const each of oneOfEach(subject)) if (!types.has(each.type)) offer(each, here.parent.value);
  }
  return woven;
}

/** One case of every event that there is. */
const oneOfEach = ({ domain }: Completed): Happening[] =>
  (Object.keys(events) as EventName[]).flatMap((type) => {
    const [first] = eventCases(type, domain);
    return first ? [{ type, do: 'send' as const, ...first }] : [];
  });
