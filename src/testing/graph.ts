import type { Exploration, State, Transition } from './exploration.ts';

/** Searches in an explored graph. */

type Edges = Map<State, Transition[]>;

function grouped(transitions: readonly Transition[], end: 'from' | 'to'): Edges {
  const groups: Edges = new Map();
  for (const transition of transitions) {
    const group = groups.get(transition[end]);
    if (group) group.push(transition);
    else groups.set(transition[end], [transition]);
  }
  return groups;
}

const cache = new WeakMap<Exploration, Edges>();
function outgoing(exploration: Exploration): Edges {
  const edges = cache.get(exploration) ?? grouped(exploration.transitions, 'from');
  cache.set(exploration, edges);
  return edges;
}

/** The shortest way from a state whose last transition is such, over transitions that may be passed. */
export function reachable(
  exploration: Exploration,
  start: State,
  such: (transition: Transition) => boolean,
  passes: (transition: Transition) => boolean = () => true,
): Transition[] | undefined {
  const edges = outgoing(exploration);
  const via = new Map<State, Transition | undefined>([[start, undefined]]);
  for (const state of via.keys()) {
    for (const transition of edges.get(state) ?? []) {
      if (such(transition)) return [...wayTo(state, via), transition];
      if (passes(transition) && !via.has(transition.to)) via.set(transition.to, transition);
    }
  }
  return undefined;
}

/** The shortest way from the start over one of some transitions to a later one that is such. */
export function reachableAfter(
  exploration: Exploration,
  firsts: readonly Transition[],
  such: (transition: Transition) => boolean,
): Transition[] | undefined {
  const edges = outgoing(exploration);
  const via = new Map<State, Transition>();
  const levels: Transition[][] = [];
  const put = (level: number, transition: Transition) => {
    levels[level] ??= [];
    levels[level].push(transition);
  };
  for (const first of firsts) put(first.from.depth + 1, first);
  const isFirst = new Set(firsts);
  for (let level = 0; level < levels.length; level++) {
    for (const transition of levels[level] ?? []) {
      const { to } = transition;
      if (via.has(to)) continue;
      via.set(to, transition);
      for (const next of edges.get(to) ?? []) {
        if (such(next)) return [...wayFrom(to, via, isFirst, exploration), next];
        put(level + 1, next);
      }
    }
  }
  return undefined;
}

function wayFrom(
  state: State,
  via: ReadonlyMap<State, Transition>,
  isFirst: ReadonlySet<Transition>,
  exploration: Exploration,
): Transition[] {
  const way: Transition[] = [];
  for (let last = via.get(state); last; last = via.get(last.from)) {
    way.unshift(last);
    if (isFirst.has(last)) return [...exploration.pathTo(last.from), ...way];
  }
  return way;
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
  const into = grouped(exploration.transitions.filter(over), 'to');
  const good = new Set(exploration.states.filter((state) => isGoal(state) || !state.expanded));
  for (const state of good) for (const { from } of into.get(state) ?? []) good.add(from);
  return good;
}

/** The ways that never meet a goal: the states on them, and where such a way may lead from each. */
export function avoiding(
  exploration: Exploration,
  isGoal: (state: State) => boolean,
  over: (transition: Transition) => boolean,
): { states: ReadonlySet<State>; next: (state: State) => Transition[] } {
  const edges = exploration.transitions.filter((each) => each.to !== each.from && over(each));
  const into = grouped(edges, 'to');
  const out = grouped(edges, 'from');
  const left = new Map([...out].map(([state, group]) => [state, group.length]));
  const good = new Set(exploration.states.filter((state) => isGoal(state) || !state.expanded));
  for (const state of good) {
    for (const { from } of into.get(state) ?? []) {
      const count = (left.get(from) ?? 0) - 1;
      left.set(from, count);
      if (count === 0) good.add(from);
    }
  }
  const states = new Set(exploration.states.filter((state) => !good.has(state)));
  return { states, next: (state) => (out.get(state) ?? []).filter(({ to }) => states.has(to)) };
}

/** A short way from a state, over such states alone, to where no way goes on or to where it goes round. */
export function endless(
  start: State,
  next: (state: State) => readonly Transition[],
): { transitions: Transition[]; isLoop: boolean } {
  const via = new Map<State, Transition | undefined>([[start, undefined]]);
  for (const state of via.keys()) {
    const ways = next(state);
    if (ways.length === 0) return { transitions: wayTo(state, via), isLoop: false };
    for (const transition of ways) {
      const back = [...wayTo(state, via), transition];
      if (back.some(({ from }) => from === transition.to)) return { transitions: back, isLoop: true };
      if (!via.has(transition.to)) via.set(transition.to, transition);
    }
  }
  return { transitions: anyLoop(start, next), isLoop: true };
}

/** From each state some way goes on: whichever is taken, it comes round. */
function anyLoop(start: State, next: (state: State) => readonly Transition[]): Transition[] {
  const way: Transition[] = [];
  const seen = new Set([start]);
  for (let [transition] = next(start); transition; [transition] = next(transition.to)) {
    way.push(transition);
    if (seen.has(transition.to)) break;
    seen.add(transition.to);
  }
  return way;
}
