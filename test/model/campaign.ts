import { events } from '../../machines/events.ts';
import { type Happening, happens, type ModelState } from './composed.ts';
import { Coverage, type Defined } from './coverage.ts';
import { covering, type Found, type Path, spread, walked, withRefusals } from './graph.ts';
import { HostSystem } from './host.ts';
import { replay } from './replay.ts';
import { HttpSystem, serve } from './service.ts';
import type { Completed } from './subjects.ts';
import { notOverHttp, unreached } from './unreached.ts';

/** Paths that were generated for one subject. */
export interface Plan {
  subject: Completed;
  found: readonly Found[];
  /** All simple paths, where there are few enough, and how many of them are replayed. */
  simple?: readonly Found[];
  simpleReplayed?: number;
}

export interface Tally {
  generated: number;
  /** Paths and steps replayed, by system. */
  host: { paths: number; steps: number };
  http: { paths: number; steps: number };
  covered: number;
  total: number;
}

/** Generated paths that are replayed beside those that cover everything, for each subject. */
const BESIDE = 2;

/** Each step of a path with where it leads. */
function* stepsOf(path: Path): Generator<{ happening: Happening; before: ModelState | undefined; after: ModelState }> {
  let state: ModelState | undefined;
  for (const happening of path) {
    const before = state;
    state = before ? happens(before, happening) : walked([happening]);
    yield { happening, before, after: state };
  }
}

/** Transitions that events from outside take on a path. */
const takenFromOutside = (path: Path): string[] =>
  [...stepsOf(path)].flatMap(({ happening, after }) =>
    happening.do === 'send' ? after.took.filter((name) => isOutside(name)) : [],
  );
const isOutside = (name: string): boolean => (name.split(' ')[1] ?? '') in events;

/** Leaves out what nobody can send over HTTP: a contact who was not asked has no token to speak with. */
function overHttp(path: Path): Path {
  const asked = (state: ModelState | undefined): string[] => state?.child?.snapshot.context.asked ?? [];
  return [...stepsOf(path)]
    .filter(
      ({ happening, before }) =>
        happening.do !== 'send' || happening.by.role !== 'contact' || asked(before).includes(happening.by.id),
    )
    .map(({ happening }) => happening);
}

/**
 * Replays what covers the graph, with its refusals, on the durable host, and of it what covers the events from outside over
 * HTTP. Coverage is counted against the definition.
 * @param defined states and transitions that there are, by name.
 */
export async function campaign(plans: readonly Plan[], defined: Defined): Promise<Tally> {
  const tally: Tally = {
    generated: 0,
    host: { paths: 0, steps: 0 },
    http: { paths: 0, steps: 0 },
    covered: 0,
    total: defined.transitions.length,
  };
  const onHost = new Coverage();
  const onHttp = new Coverage();
  const planned = new Set<string>();
  const refusals = new Set<string>();
  const outside = new Set<string>();
  for (const { subject, found, simple = [], simpleReplayed = 0 } of plans) {
    tally.generated += found.length + simple.length;
    const taken = found.filter(({ refused }) => !refused);
    const chosen = [...covering(taken, planned), ...spread(found, BESIDE), ...spread(simple, simpleReplayed)].map(
      ({ path }) => withRefusals(path, subject, refusals),
    );
    for (const path of chosen) {
      tally.host.steps += await replay(path, new HostSystem(subject), onHost);
      tally.host.paths += 1;
    }
    const http = chosen.map(overHttp).map((path) => ({ path, took: takenFromOutside(path), refused: false }));
    const some = covering(http, outside);
    if (some.length === 0) continue;
    const served = await serve(subject);
    for (const { path } of some) {
      tally.http.steps += await replay(path, new HttpSystem(served), onHttp);
      tally.http.paths += 1;
    }
  }
  check(defined, onHost, onHttp);
  tally.covered = defined.transitions.filter((name) => onHost.transitions.has(name)).length;
  return tally;
}

/** @throws Error for a transition that is neither covered nor excused, or both, or that HTTP has not seen. */
function check({ states, transitions: defined }: Defined, onHost: Coverage, onHttp: Coverage): void {
  const excused = (name: string) => unreached.some(({ names }) => names.includes(name));
  const missing = defined.filter((name) => !onHost.transitions.has(name) && !excused(name));
  const needless = [
    ...states.filter((id) => onHost.states.has(id) && excused(id)),
    ...defined.filter((name) => onHost.transitions.has(name) && excused(name)),
  ];
  const unseen = defined.filter(
    (name) =>
      isOutside(name) && onHost.transitions.has(name) && !onHttp.transitions.has(name) && !notOverHttp.includes(name),
  );
  const faults = [
    ...states.filter((id) => !onHost.states.has(id) && !excused(id)).map((id) => `no path comes by: ${id}`),
    ...missing.map((name) => `no path takes: ${name}`),
    ...needless.map((name) => `listed as never taken, but taken: ${name}`),
    ...unseen.map((name) => `not taken over HTTP: ${name}`),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
}
