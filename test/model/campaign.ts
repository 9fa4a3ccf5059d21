import { events } from '../../machines/events.ts';
import { type CoverageData, CoverageRecorder } from '../../src/testing/index.ts';
import { chosenOf, type Plan, stepsOf } from './chosen.ts';
import type { ModelState } from './composed.ts';
import type { Wanted } from './defined.ts';
import { covering, type Path, spread } from './graph.ts';
import { HostSystem } from './host.ts';
import { replay } from './replay.ts';
import { HttpSystem, serve } from './service.ts';
import { neverMet, notOverHttp } from './unreached.ts';

/** Paths and steps. */
interface Count {
  paths: number;
  steps: number;
}

export interface Tally {
  generated: number;
  host: Count;
  http: Count;
  /** What the durable host did, from its microsteps. */
  coverage: CoverageData;
}

const nothing = (plans: readonly Plan[]): Tally => ({
  generated: plans.reduce((sum, { found, simple = [] }) => sum + found.length + simple.length, 0),
  host: { paths: 0, steps: 0 },
  http: { paths: 0, steps: 0 },
  coverage: new CoverageRecorder().data,
});

/**
 * Replays what covers the graphs, with its refusals, on the durable host.
 * @throws Error for what is wanted and was not met though it is not listed, and for what is listed and was met.
 */
export async function coverOnHost(
  plans: readonly Plan[],
  wanted: readonly Wanted[],
  listed: ReadonlySet<string> = neverMet,
): Promise<Tally> {
  const tally = nothing(plans);
  const recorder = new CoverageRecorder();
  const chosen = chosenOf(plans);
  for (const [index, { subject }] of plans.entries()) {
    for (const path of chosen[index] ?? []) {
      tally.host.steps += await replay(path, new HostSystem(subject, recorder.tracer()));
      tally.host.paths += 1;
    }
  }
  tally.coverage = recorder.data;
  check(wanted, tally.coverage, listed);
  return tally;
}

function check(wanted: readonly Wanted[], { machines }: CoverageData, listed: ReadonlySet<string>): void {
  const faults = wanted.flatMap(({ machine, kind, key }) => {
    const isMet = (machines[machine]?.[kind][key] ?? 0) > 0;
    if (isMet === !listed.has(key)) return [];
    return isMet ? `listed as never met, but met: ${key}` : `no path meets, of ${kind}: ${key}`;
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** Replays so many more paths of each plan on the durable host, evenly spread. */
export async function moreOnHost(plans: readonly Plan[], count: number): Promise<Tally> {
  const tally = nothing(plans);
  for (const { subject, found, simple = [] } of plans) {
    for (const { path } of [...spread(found, count), ...spread(simple, count)]) {
      tally.host.steps += await replay(path, new HostSystem(subject));
      tally.host.paths += 1;
    }
  }
  return tally;
}

const isOutside = (transition: string): boolean => (transition.split(' ')[1] ?? '') in events;

/** Transitions that events from outside take on a path. */
const takenFromOutside = (path: Path): string[] =>
  [...stepsOf(path)].flatMap(({ happening, after }) => (happening.do === 'send' ? after.took.filter(isOutside) : []));

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
 * Replays over HTTP what takes every transition that events from outside take.
 * @throws Error for such a transition that is wanted and was not taken, unless it is listed.
 */
export async function coverOverHttp(plans: readonly Plan[], wanted: readonly Wanted[]): Promise<Tally> {
  const tally = nothing(plans);
  const taken = new Set<string>();
  const chosen = chosenOf(plans);
  for (const [index, { subject }] of plans.entries()) {
    const paths = (chosen[index] ?? []).map(overHttp);
    const some = covering(
      paths.map((path) => ({ path, met: takenFromOutside(path), refused: false })),
      taken,
    );
    if (some.length === 0) continue;
    const served = await serve(subject);
    for (const { path } of some) {
      tally.http.steps += await replay(path, new HttpSystem(served));
      tally.http.paths += 1;
    }
  }
  const excused = new Set([...notOverHttp, ...neverMet]);
  const unseen = wanted.filter(
    ({ kind, key }) => kind === 'transitions' && isOutside(key) && !taken.has(key) && !excused.has(key),
  );
  if (unseen.length > 0) throw new Error(unseen.map(({ key }) => `not taken over HTTP: ${key}`).join('\n'));
  return tally;
}
