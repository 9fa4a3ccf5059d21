import { paths } from '../../machines/paths.ts';
import { recoveryMachine } from '../../machines/recovery.ts';
import type { Plan } from './campaign.ts';
import { transitionsOf } from './coverage.ts';
import type { ModelState } from './composed.ts';
import { beginning, entryTo, next, shortest, type Way, walked } from './graph.ts';
import { type Completed, completed, parentSubjects, pathSubjects } from './subjects.ts';

/** What is generated for a path: from its beginning under the parent to its end, for each of its subjects. */
export function plansFor(path: string): Plan[] {
  return Object.values(pathSubjects)
    .filter((given) => given.path === path)
    .map((given) => {
      const subject = completed(given);
      const from = entryTo(path, subject);
      return { subject, found: shortest({ from, subject, stop: ({ child }) => child === null }) };
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

const stateOfPath = (path: string) => `recovery.verifying.${path} `;

/** Transitions of a path's machine, and of the parent's state that it runs under. */
export function definedFor(path: string): string[] {
  const machine = paths.find(({ id }) => id === path)?.machine;
  if (!machine) throw new Error(`there is no path '${path}'`);
  return [
    ...transitionsOf(machine),
    ...transitionsOf(recoveryMachine).filter((name) => name.startsWith(stateOfPath(path))),
  ];
}

/** Transitions of the parent's other states. */
export const definedForParent = (): string[] =>
  transitionsOf(recoveryMachine).filter((name) => !paths.some(({ id }) => name.startsWith(stateOfPath(id))));
