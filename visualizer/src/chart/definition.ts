/** A statechart as data: what the page draws, whether it came from a live machine or from JSON. */
export interface ChartDefinition {
  /** Id of the machine, which is that of its root. */
  id: string;
  version?: string;
  root: ChartNode;
  /** Charts of the machines that it invokes, by source, where they are known. */
  actors: Record<string, ChartDefinition>;
}

export type NodeType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartNode {
  /** XState's id of the state: unique within the chart. */
  id: string;
  key: string;
  /** Keys from below the root; empty for the root. */
  path: string[];
  type: NodeType;
  /** Of a history state. */
  history?: 'shallow' | 'deep';
  description?: string;
  tags: string[];
  /** Names of the actions. */
  entry: string[];
  exit: string[];
  invokes: ChartInvoke[];
  /** Id of the state that is entered first. */
  initial?: string;
  transitions: ChartTransition[];
  children: ChartNode[];
}

export interface ChartInvoke {
  id: string;
  /** Name of the actor's logic. */
  src: string;
}

/** What sets a transition off: an event, nothing (`always`), time (`after`), or the end of a child or of the state itself. */
export type TransitionKind = 'event' | 'always' | 'after' | 'done' | 'error' | 'snapshot' | 'completion';

export interface ChartTransition {
  /** `state type index`, as coverage names it: unique within the chart. */
  id: string;
  source: string;
  kind: TransitionKind;
  /** XState's type of the event; empty for `always`. */
  type: string;
  /** Of `after`: ms, or the delay's name. */
  delay?: number | string;
  /** Of `done`, `error` and `snapshot`: id of the invoked actor. */
  actor?: string;
  guard?: string;
  /** Names of the actions. */
  actions: string[];
  /** Ids of states; empty where the state stays as it is. */
  targets: string[];
  /** Whether the source is left and entered anew. */
  reenter: boolean;
}

/** Every state of a chart, parents first. */
export function* nodesOf(node: ChartNode): Generator<ChartNode> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}
