import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { LayoutEngine } from './layout.ts';
import { FONTS, type Font, type Measure } from './measure.ts';

/** ELK in its own worker: a large chart does not keep the page from answering. */
export const createEngine = (): LayoutEngine => new ELK({ workerUrl });

const FAR = 0.45;
const AFAR = 0.3;
const STEPS = 6; // in which the zoom is taken, for each time that it doubles

/** Of React Flow's store: how far the view has been moved, and its zoom. */
interface View {
  transform: readonly [x: number, y: number, zoom: number];
}
/** Whether what is written in a state can no longer be read. */
export const isFarIn = ({ transform: [, , zoom] }: View): boolean => zoom < FAR;
/** The zoom, roughly, where not even large names in the boxes can be read. */
export const zoomFromAfar = ({ transform: [, , zoom] }: View): number | undefined =>
  zoom < AFAR ? 2 ** (Math.round(Math.log2(zoom) * STEPS) / STEPS) : undefined;

let context: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

/** Widths as this screen draws them. */
export const measure: Measure = (text, font) => {
  const key = `${font} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) throw new Error('this browser has no canvas to measure text with');
  context.font = fontOf(font);
  const { width } = context.measureText(text);
  known.set(key, width);
  return width;
};

function fontOf(font: Font): string {
  const { size, weight, family } = FONTS[font];
  return `${weight} ${size}px ${family}`;
}
