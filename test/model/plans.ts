import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { Plan } from './campaign.ts';
import type { ModelState } from './composed.ts';
import { type Defined, statesOf, transitionsOf } from './coverage.ts';
import { beginning, entryTo, keyOf, next, shortest, simple, type Way, walked } from './graph.ts';
import { type Completed, completed, parentSubjects, pathSubjects } from './subjects.ts';

/** Graphs small enough that every path through them which comes by no state twice can be found: 512 and 979. */
const SMALL = ['biometric', 'idCard'];
/** Of which so many are replayed. */
const SIMPLE = 10;

/** What is generated for a path: from its beginning under the parent to its end, for each of its subjects. */
export function plansFor(path: string): Plan[] {
  return Object.values(pathSubjects)
    .filter((given) => given.path === path)
    .map((given) => {
      const subject = completed(given);
      const walk = { from: entryTo(path, subject), subject, stop: ({ child }: ModelState) => child === null };
      const plan = { subject, found: shortest(walk) };
      if (!SMALL.includes(path)) return plan;
      return { ...plan, simple: simple({ ...walk, key: (state) => keyOf(state, false) }), simpleReplayed: SIMPLE };
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
    const by = each.took.findLast((name) => name.startsWith(stateOfPath(path)));
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

/** The parent's part in a path: that it begins, and all that its state takes. */
function ofParent(path: string): string[] {
  const place = paths.findIndex(({ id }) => id === path) + 1;
  const begins = `recovery.choosing.deciding always ${place + 1}`;
  return transitionsOf(recoveryMachine).filter((name) => name === begins || name.startsWith(stateOfPath(path)));
}
const stateOfPath = (path: string) => `recovery.verifying.${path} `;

/** States and transitions of a path's machine, and the parent's part in it. */
export function definedFor(path: string): Defined {
  const machine = paths.find(({ id }) => id === path)?.machine;
  if (!machine) throw new Error(`there is no path '${path}'`);
  return { states: statesOf(machine), transitions: [...transitionsOf(machine), ...ofParent(path)] };
}

/** States and transitions of the parent that are no path's. */
export function definedForParent(): Defined {
  const others = new Set(paths.flatMap(({ id }) => ofParent(id)));
  const states = statesOf(recoveryMachine).filter(
    (id) => !paths.some((path) => id === `recovery.verifying.${path.id}`),
  );
  return { states, transitions: transitionsOf(recoveryMachine).filter((name) => !others.has(name)) };
}
