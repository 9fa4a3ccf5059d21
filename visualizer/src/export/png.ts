import { FONTS } from '../chart/measure.ts';
import type { Drawing, Shape } from './drawing.ts';

const SHARP = 2; // device pixels a px
/** Most device pixels of one side, and in all: browsers give a canvas no more, or little memory for the rest. */
const LONGEST = 16_000;
const MOST = 64_000_000;

/**
 * A picture as PNG, painted here: a policy that loads no pictures from elsewhere need not let any in.
 * @throws Error where the browser cannot paint it.
 */
export async function pngOf(drawing: Drawing): Promise<Blob> {
  const { width, height, ground, margin, shapes } = drawing;
  const scale = Math.min(SHARP, LONGEST / width, LONGEST / height, Math.sqrt(MOST / (width * height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no canvas to paint on');
  context.scale(scale, scale);
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  context.translate(margin, margin);
  for (const shape of shapes) paint(context, shape);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))), 'image/png'),
  );
}

function paint(context: CanvasRenderingContext2D, shape: Shape): void {
  if (shape.kind === 'text') {
    const { size, line, weight, family } = FONTS[shape.font];
    context.font = `${weight} ${size}px ${family}`;
    context.fillStyle = shape.fill;
    context.fillText(shape.text, shape.x, shape.y + line / 2 + size * 0.35);
    return;
  }
  const path = shape.kind === 'path' ? new Path2D(shape.d) : new Path2D();
  if (shape.kind === 'rect') path.roundRect(shape.x, shape.y, shape.width, shape.height, shape.round);
  if (shape.fill !== undefined && shape.fill !== 'none') {
    context.fillStyle = shape.fill;
    context.fill(path);
  }
  if (shape.stroke) {
    context.strokeStyle = shape.stroke.colour;
    context.lineWidth = shape.stroke.width;
    context.stroke(path);
  }
}
