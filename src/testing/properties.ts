import { type Exploration, type State, type Transition, timerName } from './exploration.ts';
import { avoiding, endless, reachable, reachableAfter, within } from './graph.ts';

/**
 * What has to hold of everything that can happen. A property is judged on the explored graph: of a state that was met in many
 * ways, on how it was met first. Where the exploration is not closed, what lies beyond its bounds counts for the machine:
 * only what was seen is held against it, and `ok` then says no more than that nothing was seen.
 */
export interface Property {
  name: string;
  /** The shortest way to a breach; undefined when there is none. */
  breach(exploration: Exploration): Breach | undefined;
}

export interface Breach {
  /** From the start to the breach. */
  transitions: readonly Transition[];
  /** What is wrong at its end. */
  says: string;
}

/** Whether a property holds, and where it does not. */
export interface PropertyVerdict {
  property: string;
  ok: boolean;
  breach?: Breach;
}

/** Judges properties, each by itself. */
export function check(exploration: Exploration, properties: readonly Property[]): PropertyVerdict[] {
  return properties.map(({ name, breach }) => {
    const found = breach(exploration);
    return { property: name, ok: found === undefined, ...(found ? { breach: found } : {}) };
  });
}

/** What is said of a state. */
export type StatePredicate = (state: State, exploration: Exploration) => boolean;
/** What is said of a transition. */
export type TransitionPredicate = (transition: Transition, exploration: Exploration) => boolean;

const named = (state: State) => state.step.states.join(', ') || state.step.status;
const to = (exploration: Exploration, state: State, says: string): Breach => ({
  transitions: exploration.pathTo(state),
  says,
});
const by = (exploration: Exploration, transition: Transition, says: string): Breach => ({
  transitions: [...exploration.pathTo(transition.from), transition],
  says,
});

/** In every state that can be reached, the predicate holds. */
export const always = (name: string, holds: StatePredicate): Property => ({
  name,
  breach: (exploration) => {
    const state = exploration.states.find((each) => !holds(each, exploration));
    return state && to(exploration, state, `it does not hold in ${named(state)}`);
  },
});

/** No state, or no transition, that can be reached is such. A transition that is refused or dropped is judged, too. */
export const never = (
  name: string,
  such: { state: StatePredicate } | { transition: TransitionPredicate },
): Property => {
  if ('state' in such) return always(name, (state, exploration) => !such.state(state, exploration));
  return {
    name,
    breach: (exploration) => {
      const transition = exploration.transitions.find((each) => such.transition(each, exploration));
      return transition && by(exploration, transition, 'this must never happen');
    },
  };
};

/** Once a transition of the first kind was taken, none of the second can be: with one kind twice, at most one ever. */
export const neverAfter = (name: string, first: TransitionPredicate, second: TransitionPredicate): Property => ({
  name,
  breach: (exploration) => {
    const firsts = exploration.transitions.filter((each) => first(each, exploration));
    const way = reachableAfter(exploration, firsts, (each) => second(each, exploration));
    return way && { transitions: way, says: 'it comes after what rules it out' };
  },
});

export interface Ways {
  /**
   * `some` (by default): from each such state, some way leads there. `all`: every way leads there, whatever happens: no way
   * ends before, and none goes round for ever. What changes nothing is no way round.
   */
  ways?: 'some' | 'all';
  /** The transitions that ways are made of; by default all. With timers alone: time by itself leads there. */
  over?(transition: Transition): boolean;
}

/** From every state in which `from` holds, a state is reached in which `goal` does (the state itself counts). */
export const leadsTo = (name: string, from: StatePredicate, goal: StatePredicate, options: Ways = {}): Property => ({
  name,
  breach: (exploration) => {
    const { ways = 'some', over = () => true } = options;
    const isGoal = (state: State) => goal(state, exploration);
    const starts = exploration.states.filter((state) => from(state, exploration) && !isGoal(state));
    if (ways === 'some') {
      const good = within(exploration, isGoal, over);
      const lost = starts.find((state) => !good.has(state));
      return lost && to(exploration, lost, `from ${named(lost)} no way leads there`);
    }
    const { states, next } = avoiding(exploration, isGoal, over);
    const start = starts.find((state) => states.has(state));
    if (!start) return undefined;
    const stuck = endless(start, next);
    const transitions = [...exploration.pathTo(start), ...stuck.transitions];
    return { transitions, says: stuck.isLoop ? 'it may go round here for ever' : 'it ends here' };
  },
});

/** `leadsTo` from the start. */
export const eventually = (name: string, goal: StatePredicate, options: Ways = {}): Property =>
  leadsTo(name, (state) => state.index === 0, goal, options);

/** On every way from the start the first holds in each state before the second does; the second need not come. */
export const until = (name: string, first: StatePredicate, second: StatePredicate): Property => ({
  name,
  breach: (exploration) => {
    const [start] = exploration.states;
    if (!start || second(start, exploration)) return undefined;
    const isBad = (state: State) => !second(state, exploration) && !first(state, exploration);
    if (isBad(start)) return to(exploration, start, `it does not hold in ${named(start)}`);
    const way = reachable(
      exploration,
      start,
      (each) => isBad(each.to),
      (each) => !second(each.to, exploration),
    );
    return way && { transitions: way, says: `it does not hold in ${named(way.at(-1)?.to as State)}` };
  },
});

export interface WaitOptions {
  /** Timers that do not count, as the ends of their ids: an overall deadline that would cover a missing one. */
  except?: readonly string[];
}

/** In every state that waits, a timer is pending. */
export const waitsHaveTimeouts = (name: string, waits: StatePredicate, { except = [] }: WaitOptions = {}): Property =>
  always(
    name,
    (state, exploration) =>
      !waits(state, exploration) ||
      state.step.timers.some((timer) => !except.some((end) => timerName(timer).endsWith(end))),
  );

/** From every state a final one can be reached. */
export const endsReachable = (name = 'from every state a final one can be reached'): Property =>
  leadsTo(
    name,
    () => true,
    ({ step }) => step.status === 'done',
  );

/** What is refused or dropped changes nothing. */
export const refusedChangesNothing = (name = 'what is refused changes nothing'): Property =>
  never(name, { transition: ({ result, changed }) => (result === 'refused' || result === 'dropped') && changed });

/** After everything in memory was dropped, every state is as it was, and no call is made again. */
export const restartChangesNothing = (name = 'a restart changes nothing'): Property =>
  always(name, ({ restart }) => restart === undefined);

/** The machine never throws. */
export const neverFails = (name = 'the machine never throws'): Property =>
  never(name, { transition: ({ result }) => result === 'failed' });
