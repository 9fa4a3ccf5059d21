import type { Exploration, State, Transition } from './exploration.ts';

/** Searches in an explored graph. */

const outgoing = new WeakMap<Exploration, Map<State, Transition[]>>();

/** The transitions that lead out of a state. */
function from(exploration: Exploration, state: State): readonly Transition[] {
  let known = outgoing.get(exploration);
  if (!known) {
    known = Map.groupBy(exploration.transitions, (transition) => transition.from);
    outgoing.set(exploration, known);
  }
  return known.get(state) ?? [];
}

/** The shortest way from a state whose last transition is such, over states that may be passed. */
export function reachable(
  exploration: Exploration,
  start: State,
  such: (transition: Transition) => boolean,
  passes: (transition: Transition) => boolean = () => true,
): Transition[] | undefined {
  const via = new Map<State, Transition | undefined>([[start, undefined]]);
  for (const state of via.keys()) {
    for (const transition of from(exploration, state)) {
      if (such(transition)) return [...wayTo(state, via), transition];
      if (passes(transition) && !via.has(transition.to)) via.set(transition.to, transition);
    }
  }
  return undefined;
}

function wayTo(state: State, via: ReadonlyMap<State, Transition | undefined>): Transition[] {
  const way: Transition[] = [];
  for (let last = via.get(state); last; last = via.get(last.from)) way.unshift(last);
  return way;
}

/** States from which a goal, or a state that was not looked into, can be reached. */
export function within(
  exploration: Exploration,
  isGoal: (state: State) => boolean,
  over: (transition: Transition) => boolean,
): Set<State> {
  const into = Map.groupBy(exploration.transitions.filter(over), (transition) => transition.to);
  const good = new Set(exploration.states.filter((state) => isGoal(state) || !state.expanded));
  for (const state of good) for (const { from } of into.get(state) ?? []) good.add(from);
  return good;
}

/** A way from a state that never meets a goal: it ends, or it comes back to itself. */
export function cycleFrom(
  exploration: Exploration,
  start: State,
  isGoal: (state: State) => boolean,
  over: (transition: Transition) => boolean,
): { transitions: Transition[]; isLoop: boolean } | undefined {
  const next = (state: State) => from(exploration, state).filter((each) => each.changed && over(each));
  const done = new Set<State>();
  const way: { state: State; left: Transition[] }[] = [{ state: start, left: next(start) }];
  const taken: Transition[] = [];
  while (way.length > 0) {
    const { state, left } = way.at(-1) as (typeof way)[number];
    if (state.expanded && next(state).length === 0) return { transitions: taken, isLoop: false };
    const transition = left.shift();
    if (!transition) {
      done.add(state);
      way.pop();
      taken.pop();
      continue;
    }
    const { to } = transition;
    if (isGoal(to) || done.has(to)) continue;
    if (way.some((each) => each.state === to)) return { transitions: [...taken, transition], isLoop: true };
    taken.push(transition);
    way.push({ state: to, left: next(to) });
  }
  return undefined;
}
