import { paths } from '../../machines/paths.ts';
import type { Plan } from './chosen.ts';
import type { ModelState } from './composed.ts';
import { stateOfPath } from './defined.ts';
import { beginning, entryTo, keyOf, next, shortest, simple, type Way, walked } from './graph.ts';
import { type Completed, completed, parentSubjects, pathSubjects } from './subjects.ts';

/** Graphs small enough that every path through them which comes by no state twice can be found: 512 and 979. */
const SMALL = ['biometric', 'idCard'];

/**
 * What is generated for a path: from its beginning under the parent to its end, for each of its subjects.
 * @param withSimple whether all simple paths are wanted, too, where there are few enough.
 */
export function plansFor(path: string, withSimple = false): Plan[] {
  return Object.values(pathSubjects)
    .filter((given) => given.path === path)
    .map((given) => {
      const subject = completed(given);
      const walk = { from: entryTo(path, subject), subject, stop: ({ child }: ModelState) => child === null };
      const plan = { subject, found: shortest(walk) };
      if (!withSimple || !SMALL.includes(path)) return plan;
      return { ...plan, simple: simple({ ...walk, key: (state) => keyOf(state, false) }) };
    });
}

/** One short way to each end of a path that the parent tells apart. */
function waysOf(path: string, subject: Completed): Way[] {
  const from = entryTo(path, subject);
  const found = shortest({ from, subject, stop: ({ child }) => child === null });
  const ways = new Map<string, Way>();
  for (const each of [...found].sort((a, b) => a.path.length - b.path.length)) {
    const { child, parent } = walked(each.path);
    if (child) continue;
    const { outcome } = parent.context.attempts.at(-1) ?? { outcome: 'verified' };
    const by = each.met.findLast((key) => key.startsWith(`${stateOfPath(path)} `));
    const type = `${path}: ${outcome} (${by})`;
    if (!ways.has(type)) ways.set(type, { type, steps: each.path.slice(from.length) });
  }
  return [...ways.values()];
}

/** What is generated for the parent: from its beginning to its end, a path under way taken as one step. */
export function plansForParent(): Plan[] {
  return Object.values(parentSubjects).map((given) => {
    const subject = completed(given);
    const ways = new Map((subject.domain.path as string[]).filter(isPath).map((id) => [id, waysOf(id, subject)]));
    const events = (state: ModelState) => (state.child ? (ways.get(state.child.id) ?? []) : next(state, subject));
    return { subject, found: shortest({ from: [beginning(subject)], subject, stop: () => false, events }) };
  });
}
const isPath = (id: string) => paths.some((path) => path.id === id);
