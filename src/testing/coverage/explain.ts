import type { AnyStateNode } from 'xstate';
import { candidatesOf, configurationKey, type Transition } from './keys.ts';
import { isWithin } from './nodes.ts';
import { afterTransition, isAtEnd, leavesOf, type Standing } from './trail-states.ts';

/** Transitions that follow one input, at most: more are not looked for. */
const DEPTH = 6;

/** Says of a descriptor whether it stands for a certain event. */
export type Taker = (descriptor: string) => boolean;

export interface Question {
  before: Standing;
  /** The events that the input may have been; unset where a machine is moved by what its children do, or by itself. */
  events?: readonly Taker[];
  /** Whether the input must have reached it. */
  isDirect: boolean;
  /** Ids of children that may have ended meanwhile. */
  children: ReadonlySet<string>;
  /** Where it stood in the end; undefined when it was no longer there. */
  after?: ReadonlySet<AnyStateNode>;
}

/** All ways, as lists of transitions, in which a machine can have come from one configuration to the other. */
export function explanations(question: Question): Transition[][] {
  const { before, events, isDirect, after } = question;
  const found: Transition[][] = [];
  const wanted = after && configurationKey(after);
  const walk = (nodes: ReadonlySet<AnyStateNode>, so: Transition[]) => {
    const isThere = wanted === undefined ? isAtEnd({ ...before, nodes }) : configurationKey(nodes) === wanted;
    if (isThere && (so.length > 0 || mayIgnore(question, nodes))) found.push(so);
    if (so.length >= DEPTH || isAtEnd({ ...before, nodes })) return;
    const isInput = so.length === 0 && events !== undefined;
    const next = isInput ? events.flatMap((takes) => decided(nodes, takes)) : [];
    const isBound = isInput && !mayIgnore(question, nodes);
    const more = isBound ? next : [...next, ...following(nodes, question.children)];
    for (const transition of new Set(more)) {
      const then = afterTransition(nodes, transition);
      if (then && !so.includes(transition)) walk(then, [...so, transition]);
    }
  };
  walk(before.nodes, []);
  if (wanted === undefined && !isDirect) found.push([]); // its parent may have stopped it
  return found;
}

/** Whether an input may have led to nothing: not where a candidate without a guard was bound to be taken. */
function mayIgnore({ events, isDirect }: Question, nodes: ReadonlySet<AnyStateNode>): boolean {
  if (!events || !isDirect) return true;
  return events.some((takes) => decided(nodes, takes).every(({ guard }) => guard !== undefined));
}

/** Candidates for an event that may have been taken: of each innermost state outwards, up to the first without a guard. */
function decided(nodes: ReadonlySet<AnyStateNode>, takes: Taker): Transition[] {
  return leavesOf(nodes).flatMap((leaf) => {
    const around = [
      leaf,
      ...[...nodes].filter((node) => isWithin(leaf, node)).sort((a, b) => b.path.length - a.path.length),
    ];
    const all = around.flatMap((node) =>
      [...candidatesOf(node)].filter(([type]) => takes(type)).flatMap(([, some]) => some),
    );
    const bound = all.findIndex(({ guard }) => guard === undefined);
    return bound < 0 ? all : all.slice(0, bound + 1);
  });
}

/** What may follow by itself: `always`, the end of states within, the end of children. */
function following(nodes: ReadonlySet<AnyStateNode>, children: ReadonlySet<string>): Transition[] {
  return [...nodes].flatMap((node) =>
    [...candidatesOf(node)].flatMap(([type, candidates]) => {
      const child = /^xstate\.(?:done|error)\.actor\.(.*)$/.exec(type)?.[1];
      const may = type === '' || type.startsWith('xstate.done.state.') || (child !== undefined && children.has(child));
      return may ? candidates : [];
    }),
  );
}
