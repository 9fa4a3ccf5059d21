import type { ChartDefinition, ChartNode, ChartTransition } from './definition.ts';
import { FONTS, type Font, type Measure, wrap } from './measure.ts';
import { type ChartWords, triggerText } from './words.ts';

/** A chart with what is known of a running actor of it, and of the actors that it invokes. */
export interface ChartInstance {
  definition: ChartDefinition;
  /** Ids of the states that are active. */
  active?: ReadonlySet<string>;
  /** Ids of the transitions that were just taken. */
  taken?: ReadonlySet<string>;
  /** Types of the events that may come next; without it, all that active states have transitions for. */
  possible?: ReadonlySet<string>;
  /** Marks on states and transitions, by their ids. */
  overlay?: ReadonlyMap<string, Mark>;
  /** By id of the invoked actor. A child that is not here is drawn from `definition.actors`. */
  children?: Readonly<Record<string, ChartInstance>>;
}

/** Something counted of a state or a transition. */
export interface Mark {
  text: string;
  level: 'good' | 'bad' | 'plain';
}

/** What the chart's reader has chosen. Ids are those of boxes. */
export interface SceneOptions {
  words: ChartWords;
  measure: Measure;
  /** A second line for a state, such as what its user is told. `path`: of the chart within those that invoke it. */
  textOf?: (chart: ChartDefinition, node: ChartNode, invokedBy: readonly string[]) => string | undefined;
  /** Length in ms of a delay of a chart that has a name. */
  delayOf?: (chart: ChartDefinition, name: string) => number | undefined;
  collapsed?: ReadonlySet<string>;
  /** Boxes within which the charts of the actors that they invoke are shown. */
  unfolded?: ReadonlySet<string>;
}

type LineKind = 'title' | 'text' | 'entry' | 'exit' | 'invoke' | 'stays';
interface Line {
  kind: LineKind;
  text: string;
  /** Of `stays`: the transition. */
  transition?: ChartTransition;
}

export interface Box {
  /** Unique on the canvas: ids of the invoked actors, then the state's: `bankCard/bankCard.awaitingCode`. */
  id: string;
  /** What stands before the ids of this chart's states on the canvas: `bankCard/`, or nothing. */
  prefix: string;
  node: ChartNode;
  chart: ChartDefinition;
  lines: Line[];
  /** Size of what is written in it. */
  width: number;
  height: number;
  children: Box[];
  /** Whether there is something inside that is not shown. */
  collapsed: boolean;
  /** Whether it invokes an actor whose chart is known. */
  unfoldable: boolean;
  unfolded: boolean;
}

export interface Arrow {
  id: string;
  /** Ids of boxes. */
  source: string;
  target: string;
  /** All that lead from the one to the other. */
  transitions: ChartTransition[];
  prefix: string;
  lines: string[];
  width: number;
  height: number;
}

export interface Scene {
  root: Box;
  arrows: Arrow[];
}

const BOX = { widest: 260, narrowest: 88, side: 12, top: 8, gap: 4 };
const LABEL = { widest: 250, side: 6, top: 2 };

export const boxId = (prefix: string, id: string): string => prefix + id;

/** What is to be drawn of a chart, with the sizes of all texts: the layout only has to find the places. */
export function sceneOf(instance: ChartInstance, options: SceneOptions): Scene {
  const arrows: Arrow[] = [];
  const root = chartBox(instance, '', [], options, arrows);
  return { root, arrows };
}

function chartBox(
  instance: ChartInstance,
  prefix: string,
  invokedBy: readonly string[],
  options: SceneOptions,
  arrows: Arrow[],
): Box {
  const shown = new Map<string, string>(); // ids of states, and the boxes that stand for them
  const root = boxOf(instance, instance.definition.root, prefix, invokedBy, options, shown, arrows);
  arrows.push(...arrowsOf(instance.definition, prefix, shown, options));
  return root;
}

function boxOf(
  instance: ChartInstance,
  node: ChartNode,
  prefix: string,
  invokedBy: readonly string[],
  options: SceneOptions,
  shown: Map<string, string>,
  arrows: Arrow[],
): Box {
  const { definition: chart } = instance;
  const id = boxId(prefix, node.id);
  shown.set(node.id, id);
  const known = node.invokes.flatMap((invoke) => {
    const definition = chart.actors[invoke.src];
    const inner = instance.children?.[invoke.id] ?? (definition && { definition });
    return inner ? [{ id: invoke.id, inner }] : [];
  });
  const unfolded = known.length > 0 && options.unfolded?.has(id) === true;
  const collapsed = node.children.length > 0 && options.collapsed?.has(id) === true;
  if (collapsed) hide(node, id, shown);
  const inside = collapsed
    ? []
    : [
        ...node.children.map((child) => boxOf(instance, child, prefix, invokedBy, options, shown, arrows)),
        ...(unfolded
          ? known.map(({ id: actor, inner }) =>
              chartBox(inner, `${prefix}${actor}/`, [...invokedBy, node.path.join('.')], options, arrows),
            )
          : []),
      ];
  const lines = linesOf(chart, node, invokedBy, options);
  return {
    id,
    prefix,
    node,
    chart,
    lines,
    ...sizeOf(node, lines, options.measure, known.length > 0 || node.children.length > 0),
    children: inside,
    collapsed,
    unfoldable: known.length > 0,
    unfolded,
  };
}

/** What lies in a collapsed box is found at the box itself. */
function hide(node: ChartNode, id: string, shown: Map<string, string>): void {
  for (const child of node.children) {
    shown.set(child.id, id);
    hide(child, id, shown);
  }
}

const FONT_OF: Record<LineKind, Font> = {
  title: 'title',
  text: 'text',
  entry: 'code',
  exit: 'code',
  invoke: 'code',
  stays: 'code',
};

export const fontOf = (kind: LineKind): Font => FONT_OF[kind];
function linesOf(chart: ChartDefinition, node: ChartNode, invokedBy: readonly string[], options: SceneOptions): Line[] {
  if (node.type === 'history') return [{ kind: 'title', text: node.history === 'deep' ? 'H*' : 'H' }];
  const { words, measure } = options;
  const lines: Line[] = [];
  const add = (kind: LineKind, text: string, transition?: ChartTransition) => {
    for (const line of wrap(text, FONT_OF[kind], BOX.widest, measure)) {
      lines.push({ kind, text: line, ...(transition ? { transition } : {}) });
    }
  };
  add('title', node.key);
  const text = options.textOf?.(chart, node, invokedBy);
  if (text !== undefined && text !== node.key) add('text', text);
  if (node.entry.length > 0) add('entry', `${words.entry} / ${node.entry.map(short).join(', ')}`);
  for (const { id, src } of node.invokes) add('invoke', id === src || id.startsWith('0.') ? src : `${id}: ${src}`);
  for (const transition of node.transitions) {
    if (!stays(transition)) continue;
    add('stays', `${transition.reenter ? '↻ ' : ''}${transitionText(transition, chart, options, true)}`, transition);
  }
  if (node.exit.length > 0) add('exit', `${words.exit} / ${node.exit.map(short).join(', ')}`);
  return lines;
}

/** Written inside the box instead of drawn: it leads nowhere, or back to where it began. */
const stays = ({ targets, source }: ChartTransition) =>
  targets.length === 0 || (targets.length === 1 && targets[0] === source);

/** An action or a guard without what it is given. */
const short = (name: string): string => name.replace(/\(\{.*\}\)$/s, '');

/** `event [guard] / actions`. */
export function transitionText(
  transition: ChartTransition,
  chart: ChartDefinition,
  { words, delayOf }: Pick<SceneOptions, 'words' | 'delayOf'>,
  withActions: boolean,
): string {
  const { guard, actions } = transition;
  return [
    triggerText(transition, words, (name) => delayOf?.(chart, name)),
    ...(guard === undefined ? [] : [`[${guardText(guard)}]`]),
    ...(withActions && actions.length > 0 ? [`/ ${actions.map(short).join(', ')}`] : []),
  ].join(' ');
}

/** `end({"reason":"left"})` is read as `end(reason: left)`. */
export const withParams = (name: string): string =>
  name.replace(
    /\(\{(.*)\}\)$/s,
    (_, inside: string) => `(${inside.replaceAll('"', '').replaceAll(':', ': ').replaceAll(',', ', ')})`,
  );

/** `isChosen({"path":"voice"})` is read as `isChosen voice`. */
const guardText = (guard: string) => guard.replace(/\(\{"[^"]+":"?([^",}]*)"?\}\)/, ' $1');

function sizeOf(node: ChartNode, lines: readonly Line[], measure: Measure, hasButton: boolean) {
  if (node.type === 'history') return { width: 32, height: 32 };
  const widths = lines.map(
    ({ kind, text }) => measure(text, FONT_OF[kind]) + (kind === 'title' ? titleExtra(node, hasButton) : 0),
  );
  const height = lines.reduce((sum, { kind }) => sum + FONTS[FONT_OF[kind]].line, 0);
  const parts = lines.length > 1 ? BOX.gap : 0;
  return {
    width: Math.ceil(Math.max(BOX.narrowest, ...widths) + 2 * BOX.side),
    height: height + 2 * BOX.top + parts,
  };
}

const titleExtra = (node: ChartNode, hasButton: boolean) => (hasButton ? 26 : 0) + (node.type === 'final' ? 22 : 0);

function arrowsOf(
  chart: ChartDefinition,
  prefix: string,
  shown: ReadonlyMap<string, string>,
  options: SceneOptions,
): Arrow[] {
  const arrows = new Map<string, Arrow>();
  const each = (node: ChartNode) => {
    for (const transition of node.transitions) {
      if (stays(transition)) continue;
      for (const to of transition.targets) {
        const source = shown.get(node.id);
        const target = shown.get(to);
        if (source === undefined || target === undefined || source === target) continue;
        const id = `${source} > ${target}`;
        const arrow = arrows.get(id) ?? { id, source, target, transitions: [], prefix, lines: [], width: 0, height: 0 };
        arrow.transitions.push(transition);
        arrows.set(id, arrow);
      }
    }
    node.children.forEach(each);
  };
  each(chart.root);
  for (const arrow of arrows.values()) label(arrow, chart, options);
  return [...arrows.values()];
}

function label(arrow: Arrow, chart: ChartDefinition, options: SceneOptions): void {
  const texts = arrow.transitions.map((transition) => transitionText(transition, chart, options, false));
  arrow.lines = [...new Set(texts)].flatMap((text) => wrap(text, 'code', LABEL.widest, options.measure));
  arrow.width = Math.ceil(Math.max(...arrow.lines.map((line) => options.measure(line, 'code'))) + 2 * LABEL.side);
  arrow.height = arrow.lines.length * FONTS.code.line + 2 * LABEL.top;
}
