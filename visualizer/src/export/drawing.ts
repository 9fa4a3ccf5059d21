import type { Layout, Point } from '../chart/layout.ts';
import { pathOf } from '../chart/line.ts';
import { FONTS, type Font } from '../chart/measure.ts';
import { type Box, type ChartInstance, fontOf } from '../chart/scene.ts';

/** Colours by what they mean; those of the page, as it is shown. */
export interface Palette {
  ground: string;
  open: string;
  text: string;
  quiet: string;
  line: string;
  accent: string;
  accentGround: string;
}

/** What a picture is made of, in px. */
export type Shape =
  | { kind: 'rect'; x: number; y: number; width: number; height: number; round: number; fill: string; stroke?: Stroke }
  | { kind: 'path'; d: string; fill?: string; stroke?: Stroke }
  | { kind: 'text'; x: number; y: number; text: string; font: Font; fill: string };
export interface Stroke {
  colour: string;
  width: number;
}

export interface Drawing {
  width: number;
  height: number;
  ground: string;
  /** Free room around it: shapes are placed from within it. */
  margin: number;
  shapes: Shape[];
}

const MARGIN = 16;
const INSET = { x: 12, y: 8, gap: 4 };
const LABEL = { x: 6, y: 2 };
const HEAD = { length: 8, half: 4.5 };
const DOT = 5;

/** A chart as it is laid out, with what is active and was taken. */
export function drawingOf(layout: Layout, instances: ReadonlyMap<string, ChartInstance>, palette: Palette): Drawing {
  const boxes = [...layout.boxes.values()].sort((a, b) => depthOf(layout, a.id) - depthOf(layout, b.id));
  const shapes = [
    ...boxes.flatMap((box) => shapesOfBox(box, instances.get(box.prefix), palette)),
    ...layout.starts.flatMap(({ dot, points }) => [
      { kind: 'path', d: circle(dot), fill: palette.text } as const,
      ...line(points, { colour: palette.text, width: 1.25 }),
    ]),
    ...layout.arrows.flatMap(({ points, transitions, prefix }) => {
      const taken = transitions.some(({ id }) => instances.get(prefix)?.taken?.has(id));
      return line(points, taken ? { colour: palette.accent, width: 3 } : { colour: palette.line, width: 1.25 });
    }),
    ...layout.arrows.flatMap(({ label, lines, transitions, prefix }): Shape[] => {
      const taken = transitions.some(({ id }) => instances.get(prefix)?.taken?.has(id));
      const fill = taken ? palette.accentGround : palette.ground;
      return [
        { kind: 'rect', ...label, round: 4, fill },
        ...lines.map((text, index): Shape => {
          const y = label.y + LABEL.y + index * FONTS.code.line;
          return {
            kind: 'text',
            x: label.x + LABEL.x,
            y,
            text,
            font: 'code',
            fill: taken ? palette.accent : palette.quiet,
          };
        }),
      ];
    }),
  ];
  return {
    width: Math.ceil(layout.width + 2 * MARGIN),
    height: Math.ceil(layout.height + 2 * MARGIN),
    ground: palette.ground,
    margin: MARGIN,
    shapes,
  };
}

function depthOf({ boxes }: Layout, id: string): number {
  const parent = boxes.get(id)?.parent;
  return parent === undefined ? 0 : 1 + depthOf({ boxes } as Layout, parent);
}

type Placed = Layout['boxes'] extends Map<string, infer T> ? T : never;

function shapesOfBox(box: Placed, instance: ChartInstance | undefined, palette: Palette): Shape[] {
  const { node, rect, children } = box;
  const active = instance?.active?.has(node.id) === true;
  const fill = children.length > 0 ? palette.open : active ? palette.accentGround : palette.ground;
  const stroke = { colour: active ? palette.accent : palette.line, width: active || node.path.length === 0 ? 2 : 1 };
  const round = node.type === 'history' ? rect.width / 2 : 8;
  const shapes: Shape[] = [{ kind: 'rect', ...rect, round, fill, stroke }];
  if (node.type === 'final') {
    const inner = { x: rect.x + 4, y: rect.y + 4, width: rect.width - 8, height: rect.height - 8 };
    shapes.push({ kind: 'rect', ...inner, round: 5, fill: 'none', stroke: { ...stroke, width: 1 } });
  }
  if (node.type === 'parallel') {
    const y = rect.y + box.height;
    shapes.push({ kind: 'path', d: `M ${rect.x} ${y} H ${rect.x + rect.width}`, stroke: { ...stroke, width: 1 } });
  }
  return [...shapes, ...textsOfBox(box, palette)];
}

function textsOfBox({ rect, lines, node }: Box & Pick<Placed, 'rect'>, palette: Palette): Shape[] {
  let y = rect.y + INSET.y;
  let wasTitle = true;
  return lines.map(({ kind, text }): Shape => {
    const font = fontOf(kind);
    if (wasTitle && kind !== 'title') y += INSET.gap;
    wasTitle = kind === 'title';
    const at = y;
    y += FONTS[font].line;
    const x = rect.x + (node.type === 'history' ? INSET.y : INSET.x);
    return {
      kind: 'text',
      x,
      y: at,
      text,
      font,
      fill: kind === 'title' || kind === 'invoke' ? palette.text : palette.quiet,
    };
  });
}

const circle = ({ x, y }: Point) =>
  `M ${x - DOT} ${y} a ${DOT} ${DOT} 0 1 0 ${2 * DOT} 0 a ${DOT} ${DOT} 0 1 0 ${-2 * DOT} 0 Z`;

/** A line that ends with an arrow's head. */
function line(points: readonly Point[], stroke: Stroke): Shape[] {
  const [end, before] = [points.at(-1), points.at(-2)];
  if (!end || !before) return [];
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [dx, dy] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const base = { x: end.x - dx * HEAD.length, y: end.y - dy * HEAD.length };
  const [one, other] = [1, -1].map((side) => `${base.x - side * dy * HEAD.half} ${base.y + side * dx * HEAD.half}`);
  return [
    { kind: 'path', d: pathOf([...points.slice(0, -1), base]), stroke },
    { kind: 'path', d: `M ${end.x} ${end.y} L ${one} L ${other} Z`, fill: stroke.colour },
  ];
}
