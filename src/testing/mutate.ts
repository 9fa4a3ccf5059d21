import { type AnyStateMachine, type AnyStateNode, not } from 'xstate';
import {
  edited,
  listed,
  machineFrom,
  nodesOf,
  type Part,
  placeOf,
  type TransitionPlace,
  transitionsOf,
  wayTo,
  withCandidate,
} from './mutate-places.ts';

/** How a chart may be changed. */
export type Operator =
  | 'drop'
  | 'retarget'
  | 'negateGuard'
  | 'removeGuard'
  | 'longer'
  | 'shorter'
  | 'dropAction'
  | 'dropAll'
  | 'swapFinal'
  | 'dropOutput';

/** A machine with one thing changed. */
export interface Mutant {
  /** `machine/state#event[i]:operator`; the same for the same chart, whatever else is changed in it. */
  id: string;
  operator: Operator;
  /** What was changed, for people. */
  description: string;
  /** What has to happen for the change to matter: the names that a probe notes (see `probed`), the surest first. */
  places: readonly string[];
  /** Makes the changed machine; nothing of it is run. */
  make(): AnyStateMachine;
}

/**
 * Every mutant of a machine: each transition dropped and led to a sibling of its target, each guard negated and removed,
 * each delay one millisecond longer and shorter (a named one at once wherever it is used), each action dropped, each entry
 * and exit dropped altogether, each final state swapped with another.
 */
export function mutantsOf(machine: AnyStateMachine): Mutant[] {
  const mutants: Mutant[] = [];
  for (const place of transitionsOf(machine)) mutants.push(...ofTransition(machine, place));
  for (const node of nodesOf(machine.root)) {
    mutants.push(...ofBoundary(machine, node, 'entry'), ...ofBoundary(machine, node, 'exit'));
    mutants.push(...ofFinal(machine, node), ...ofDelays(machine, node));
  }
  mutants.push(...ofNamedDelays(machine));
  return mutants;
}

const named = (node: AnyStateNode) => node.path.join('.') || 'the whole';

/** A part of a chart by its name. */
function nameOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'function') return part.name || 'code in place';
  return String((part as { type?: unknown }).type);
}

function* ofTransition(machine: AnyStateMachine, place: TransitionPlace): Generator<Mutant> {
  const { node, event, index, count, written, targets } = place;
  const at = `${placeOf(machine.id, node)}#${event}[${index}]`;
  const where = `${named(node)}, ${event}${count > 1 ? `, ${index + 1} of ${count}` : ''}`;
  const variant = (
    operator: Operator,
    what: string,
    places: readonly string[],
    change: (candidate: Part) => Part | undefined,
    which = at,
  ): Mutant => ({
    id: `${which}:${operator}`,
    operator,
    description: `${where}: ${what}`,
    places,
    make: () => machineFrom(machine, withCandidate(machine.config, place, change)),
  });
  const state = placeOf(machine.id, node);
  yield variant('drop', 'the transition is dropped', [at, state], () => undefined);
  const [target] = targets;
  const sibling = target && siblingOf(target, node);
  if (sibling) {
    yield variant('retarget', `leads to ${named(sibling)} instead of ${named(target)}`, [at], (candidate) => ({
      ...candidate,
      target: [`#${sibling.id}`, ...listed(candidate.target).slice(1)],
    }));
  }
  if (written.guard !== undefined) {
    const guard = nameOf(written.guard);
    yield variant('negateGuard', `guard ${guard} is negated`, [`${at}?`], (candidate) => ({
      ...candidate,
      guard: not(candidate.guard as never),
    }));
    yield variant('removeGuard', `guard ${guard} is removed`, [`${at}?`, state], ({ guard: _, ...rest }) => rest);
  }
  const actions = listed(written.actions);
  for (const [position, action] of actions.entries()) {
    const without = actions.toSpliced(position, 1);
    yield variant(
      'dropAction',
      `action ${nameOf(action)} is dropped`,
      [at],
      (candidate) => ({ ...candidate, actions: without }),
      `${at}.actions[${position}]`,
    );
  }
}

/** The next state beside a target, in the order of the chart, that is not the one the transition comes from. */
function siblingOf(target: AnyStateNode, from: AnyStateNode): AnyStateNode | undefined {
  const siblings = Object.values(target.parent?.states ?? {}) as AnyStateNode[];
  const position = siblings.indexOf(target);
  return [...siblings.slice(position + 1), ...siblings.slice(0, Math.max(position, 0))].find(
    (each) => each !== from && each.type !== 'history',
  );
}

function* ofBoundary(machine: AnyStateMachine, node: AnyStateNode, side: 'entry' | 'exit'): Generator<Mutant> {
  const actions = listed((node.config as Part)[side]);
  const state = placeOf(machine.id, node);
  const without = (operator: Operator, id: string, what: string, left: unknown[]): Mutant => ({
    id: `${id}:${operator}`,
    operator,
    description: `${named(node)}: ${what}`,
    places: [state],
    make: () =>
      machineFrom(
        machine,
        edited(machine.config, [...wayTo(node), side], () => left),
      ),
  });
  for (const [index, action] of actions.entries()) {
    const left = actions.toSpliced(index, 1);
    yield without('dropAction', `${state}#${side}[${index}]`, `${side} action ${nameOf(action)} is dropped`, left);
  }
  if (actions.length > 1) yield without('dropAll', `${state}#${side}`, `all ${side} actions are dropped`, []);
}

/** What is done and given when a final state is reached. */
const ending = ({ entry, exit, output }: Part): Part =>
  Object.fromEntries(Object.entries({ entry, exit, output }).filter(([, part]) => part !== undefined));
const sameEnding = (a: Part, b: Part) =>
  ['entry', 'exit', 'output'].every((key) => a[key] === b[key] || JSON.stringify(a[key]) === JSON.stringify(b[key]));

function* ofFinal(machine: AnyStateMachine, node: AnyStateNode): Generator<Mutant> {
  if (node.type !== 'final') return;
  const own = node.config as Part;
  const other = (Object.values(node.parent?.states ?? {}) as AnyStateNode[]).filter(
    (each) => each.type === 'final' && each !== node && !sameEnding(each.config as Part, own),
  );
  const after = other.find((each) => each.order > node.order) ?? other[0];
  const state = placeOf(machine.id, node);
  const made = (operator: Operator, what: string, change: (config: Part) => Part): Mutant => ({
    id: `${state}:${operator}`,
    operator,
    description: `${named(node)}: ${what}`,
    places: [state],
    make: () =>
      machineFrom(
        machine,
        edited(machine.config, wayTo(node), (config) => change(config as Part)),
      ),
  });
  if (after) {
    yield made('swapFinal', `ends as ${named(after)} does`, ({ entry: _, exit: _exit, output: _output, ...rest }) => ({
      ...rest,
      ...ending(after.config as Part),
    }));
  } else if (own.output !== undefined) {
    yield made('dropOutput', 'its output is dropped', ({ output: _, ...rest }) => rest);
  }
}

const BY = { longer: 1, shorter: -1 } as const;
const LENGTHS = ['longer', 'shorter'] as const;
const changedDelay = (ms: number, length: keyof typeof BY) => Math.max(ms + BY[length], 0);

/** Delays that are written as figures. */
function* ofDelays(machine: AnyStateMachine, node: AnyStateNode): Generator<Mutant> {
  const state = placeOf(machine.id, node);
  for (const delay of Object.keys(((node.config as Part).after ?? {}) as Part)) {
    if (!/^\d+$/.test(delay)) continue;
    for (const length of LENGTHS) {
      const ms = changedDelay(Number(delay), length);
      yield {
        id: `${state}#after.${delay}:${length}`,
        operator: length,
        description: `${named(node)}: ${delay} ms become ${ms} ms`,
        places: [state],
        make: () =>
          machineFrom(
            machine,
            edited(machine.config, [...wayTo(node), 'after'], (after) =>
              Object.fromEntries(
                Object.entries(after as Part).map(([key, each]) => [key === delay ? String(ms) : key, each]),
              ),
            ),
          ),
      };
    }
  }
}

type Delay = number | ((...args: unknown[]) => number);

function* ofNamedDelays(machine: AnyStateMachine): Generator<Mutant> {
  const delays = machine.implementations.delays as Record<string, Delay>;
  for (const [name, delay] of Object.entries(delays)) {
    for (const length of LENGTHS) {
      const changed = (...args: unknown[]) =>
        changedDelay(typeof delay === 'function' ? delay(...args) : delay, length);
      yield {
        id: `${machine.id}#delays.${name}:${length}`,
        operator: length,
        description: `the delay ${name} is 1 ms ${length}`,
        places: [`${machine.id}#delays.${name}`],
        make: () =>
          machineFrom(machine, machine.config, {
            delays: { ...machine.implementations.delays, [name]: changed },
          } as Partial<AnyStateMachine['implementations']>),
      };
    }
  }
}
