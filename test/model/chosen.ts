import { type Happening, happens, type ModelState } from './composed.ts';
import { covering, type Found, metBy, type Path, walked, withRefusals } from './graph.ts';
import type { Completed } from './subjects.ts';

/** Paths that were generated for one subject. */
export interface Plan {
  subject: Completed;
  found: readonly Found[];
  /** All simple paths, where there are few enough. */
  simple?: readonly Found[];
}

/** Each step of a path with where it leads. */
export function* stepsOf(
  path: Path,
): Generator<{ happening: Happening; before: ModelState | undefined; after: ModelState }> {
  let state: ModelState | undefined;
  for (const happening of path) {
    const before = state;
    state = before ? happens(before, happening) : walked([happening]);
    yield { happening, before, after: state };
  }
}

/**
 * The paths of each plan that together meet everything that any path of any plan meets, with the events that are refused on the
 * way put in.
 */
export function chosenOf(plans: readonly Plan[]): Path[][] {
  const planned = new Set<string>();
  const refusals = new Set<string>();
  return plans.map(({ subject, found }) => {
    const woven = (some: readonly Found[]) => some.map(({ path }) => withRefusals(path, subject, refusals));
    const chosen = woven(
      covering(
        found.filter(({ refused }) => !refused),
        planned,
      ),
    );
    for (const path of chosen) for (const { after } of stepsOf(path)) for (const key of metBy(after)) planned.add(key);
    return [...chosen, ...woven(covering(found, planned))];
  });
}
