import type { Emitted, Instant, Step } from '../../src/core/types.ts';

/** What can be seen of a machine after a command, in the same terms for a live one and a stored one. */
export type View =
  | { status: 'error' }
  | {
      status: string;
      output: unknown;
      states: string[];
      tree: unknown;
      timers: { dueAt: Instant; source: string; target: string; type: string }[];
      awaited: string[];
      emitted: Emitted[];
    };

interface Node {
  status?: string;
  value?: unknown;
  children?: Record<string, { snapshot: Node }>;
  input?: unknown;
  key?: unknown;
  path?: unknown;
}

/** A promise has an input and a request a key; what is below a machine that is over does not count. */
function comparable({ input: _, key: __, children, ...node }: Node): unknown {
  if (!children || node.value === undefined) return node;
  if (node.status !== 'active') return { ...node, children: Object.keys(children).sort() };
  return {
    ...node,
    children: Object.fromEntries(
      Object.entries(children).map(([id, child]) => [id, { ...child, snapshot: comparable(child.snapshot) }]),
    ),
  };
}

/** The core notes more of an actor reference than XState does. */
const refsAside = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && 'xstate$$type' in value ? { ...value, path: undefined } : value;

/** As JSON would keep it, timers in the order in which they will fire. */
export function plain(view: Exclude<View, { status: 'error' }>): View {
  return JSON.parse(
    JSON.stringify(
      {
        ...view,
        tree: comparable(view.tree as Node),
        timers: view.timers.toSorted((a, b) => a.dueAt - b.dueAt),
        awaited: view.awaited.toSorted(),
        states: view.states.toSorted(),
      },
      refsAside,
    ),
  );
}

export function viewOf(step: Step, emitted: readonly Emitted[]): View {
  return plain({
    status: step.status,
    output: step.output,
    states: step.states,
    tree: step.snapshot,
    timers: step.timers.map(({ dueAt, source, target, event }) => ({ dueAt, source, target, type: event.type })),
    awaited: step.awaited,
    emitted: [...emitted],
  });
}
