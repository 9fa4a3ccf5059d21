import type { Layout, Rect } from './layout.ts';
import { FONTS, type Measure } from './measure.ts';
import type { Box } from './scene.ts';

/** A name that is written over a box, as large on the screen as if nothing were made smaller. */
export interface NameFromAfar {
  /** Of the box. */
  id: string;
  text: string;
  /** Whether there are states inside. */
  isOpen: boolean;
  /** On the canvas, in its px. */
  rect: Rect;
}

/** Sizes on the screen, in px; `chart.css` sets the same. */
const OPEN = { size: 14, line: 22 };
const LEAF = { size: 11, line: 16 };
const SIDE = 6;
const WIDER = 3;
const TALLER = 1.5;

/**
 * The names of states, from the outermost inwards, as many as there is room for: as on a map, a name that would hide another
 * one is left out. A name may be wider than its state; that of a state with states inside stands at its top, or a little lower,
 * that of another one in its middle, or a little beside it.
 */
export function namesFromAfar({ boxes }: Layout, zoom: number, measure: Measure): NameFromAfar[] {
  const names: NameFromAfar[] = [];
  const whole = [...boxes.values()].find(({ parent }) => parent === undefined)?.rect;
  const all = [...boxes.values()].filter(hasName).map((box) => ({ box, depth: depthIn(boxes, box.parent) }));
  for (const { box } of all.sort((a, b) => a.depth - b.depth)) {
    const { id, node, rect } = box;
    const isOpen = box.children.length > 0;
    const { size, line } = isOpen ? OPEN : LEAF;
    const width = ((measure(node.key, 'title') * size) / FONTS.title.size + 2 * SIDE) / zoom;
    const height = line / zoom;
    if (width > rect.width * WIDER || height > rect.height * TALLER) continue;
    const x = within(whole, rect.x + (rect.width - width) / 2, width);
    const middle = (rect.height / height - 1) / 2;
    const places = (isOpen ? [0, 1, 2, 3, 4, 5] : [middle, middle + 1, middle - 1]).map((lines) => ({
      x,
      y: rect.y + lines * height,
      width,
      height,
    }));
    const place = places.find((each) => names.every((other) => isApart(other.rect, each)));
    if (place) names.push({ id, text: node.key, isOpen, rect: place });
  }
  return names;
}

/** A child's chart has the name of the state that invokes it, as a rule. */
const hasName = ({ node, prefix }: Box) => node.type !== 'history' && (node.path.length > 0 || prefix === '');

/** As near as may be, without reaching out of the whole. */
const within = (whole: Rect | undefined, x: number, width: number) =>
  whole && width <= whole.width ? Math.min(Math.max(x, whole.x), whole.x + whole.width - width) : x;

function depthIn(boxes: Layout['boxes'], parent: string | undefined): number {
  return parent === undefined ? 0 : 1 + depthIn(boxes, boxes.get(parent)?.parent);
}

const isApart = (a: Rect, b: Rect) =>
  a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
