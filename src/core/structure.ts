import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { isMachine } from './durable.ts';

/**
 * The fingerprint of a chart and of the machines that it invokes, as sorted lines: states with their kinds and beginnings,
 * transitions with guards, actions and targets, delays, calls. Where two charts have the same lines, what one has stored the
 * other can go on with. Descriptions, meta and tags are left out; what a named guard, action or delay does is code, and
 * is not seen.
 */
export function structureOf(machine: AnyStateMachine): readonly string[] {
  const known = structures.get(machine);
  if (known) return known;
  const lines = [...new Set(linesOf(machine, machine.id, []))].sort();
  structures.set(machine, lines);
  return lines;
}

/** Each host that opens asks for the same charts. */
const structures = new WeakMap<AnyStateMachine, readonly string[]>();

function* linesOf(machine: AnyStateMachine, name: string, above: readonly AnyStateMachine[]): Generator<string> {
  if (above.includes(machine)) return; // it invokes itself
  const within = [...above, machine];
  yield* stateLines(machine.root, name, within);
  for (const [delay, ms] of Object.entries(machine.implementations.delays)) {
    if (typeof ms === 'number') yield `${name}: delay ${delay} is ${ms}`;
  }
  for (const [src, logic] of Object.entries(machine.implementations.actors)) {
    if (isMachine(logic)) yield* linesOf(logic, `${name}/${src}`, within);
  }
}

function* stateLines(node: AnyStateNode, name: string, within: readonly AnyStateMachine[]): Generator<string> {
  const state = `${name}: ${node.path.length === 0 ? 'the whole' : node.path.join('.')}`;
  yield `${state} is ${node.type}${node.history ? ` ${node.history}` : ''}, #${node.id}`;
  if (node.type === 'compound') yield `${state} at first ${transition(node.initial)}`;
  // As written: to what is on the node XState adds what its delays need.
  if (node.config.entry) yield `${state} on entry ${names(written(node.config.entry))}`;
  if (node.config.exit) yield `${state} on exit ${names(written(node.config.exit))}`;
  for (const [type, candidates] of node.transitions)
    yield `${state} on ${type} ${candidates.map(transition).join(' | ')}`;
  if (node.always) yield `${state} always ${node.always.map(transition).join(' | ')}`;
  for (const { id, src } of node.invoke) yield `${state} invokes ${src} as ${id}`;
  for (const [index, { src }] of (written(node.config.invoke) as { src: unknown }[]).entries()) {
    if (isMachine(src)) yield* linesOf(src, `${name}/${node.id}#${index}`, within);
  }
  for (const child of Object.values(node.states)) yield* stateLines(child, name, within);
}

const written = (parts: unknown): unknown[] => (parts === undefined ? [] : [parts].flat());

interface Transition {
  guard?: unknown;
  actions: readonly unknown[];
  target?: readonly AnyStateNode[] | undefined;
  reenter?: boolean;
}

function transition({ guard, actions, target, reenter }: Transition): string {
  const parts = [
    guard === undefined ? '' : `if ${nameOf(guard)}`,
    actions.length === 0 ? '' : `do ${names(actions)}`,
    target ? `to ${target.map(({ id }) => `#${id}`).join(', ')}` : '',
    reenter ? 'anew' : '',
  ];
  return parts.filter((part) => part !== '').join(' ') || 'stays';
}

const names = (parts: readonly unknown[]) => parts.map(nameOf).join(', ');

/** A guard or an action by its name and what it is given; XState's own by their kind; a function in place has neither. */
export function nameOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'function') {
    const { guards, stateValue, type } = part as { guards?: unknown[]; stateValue?: unknown; type?: string };
    if (guards) return `${part.name}(${names(guards)})`;
    return stateValue === undefined ? (type ?? 'code in place') : `${part.name}(${JSON.stringify(stateValue)})`;
  }
  const { type, params } = part as { type: string; params?: unknown };
  if (params === undefined) return type;
  return `${type}(${typeof params === 'function' ? 'code in place' : JSON.stringify(params)})`;
}
