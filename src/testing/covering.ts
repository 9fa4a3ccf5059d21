import type { CoverageKind } from './coverage/data.ts';
import { CoverageRecorder } from './coverage/recorder.ts';
import type { Exploration, Transition } from './exploration.ts';

/** What paths are chosen for. */
export const CHOSEN = ['states', 'events', 'transitions', 'guards', 'delays'] as const satisfies CoverageKind[];

/**
 * Few of the shortest paths from the start, which together meet each state, event, transition, guard outcome and delay that
 * anything in the exploration meets.
 * @param coverage counts what the paths meet.
 */
export function coveringPaths(exploration: Exploration, coverage: CoverageRecorder): Transition[][] {
  return meetingSomething(exploration)
    .sort((a, b) => b.length - a.length)
    .filter((path) => {
      const before = coverage.countMet(CHOSEN);
      const inputs = path.map(({ input }) => input);
      exploration.replay(inputs, coverage.tracer());
      return coverage.countMet(CHOSEN) > before;
    });
}

/** For each part the shortest path that meets it; what failed leads nowhere. */
function meetingSomething(exploration: Exploration): Transition[][] {
  const seen = new CoverageRecorder();
  exploration.replay([], seen.tracer());
  const paths: Transition[][] = [[]];
  for (const transition of exploration.transitions) {
    if (transition.result === 'failed') continue;
    const before = seen.countMet(CHOSEN);
    exploration.after(transition, seen.tracer());
    if (seen.countMet(CHOSEN) > before) paths.push([...exploration.pathTo(transition.from), transition]);
  }
  return paths;
}
