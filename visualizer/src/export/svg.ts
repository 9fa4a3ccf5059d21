import { FONTS } from '../chart/measure.ts';
import type { Drawing, Shape, Stroke } from './drawing.ts';

/** A picture as an SVG document that needs nothing else. */
export function svgOf({ width, height, ground, margin, shapes }: Drawing, title: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${escaped(ground)}"/>`,
    `<g transform="translate(${margin} ${margin})">`,
    ...shapes.map(element),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'rect': {
      const { x, y, width, height, round, fill, stroke } = shape;
      const place = `x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}"`;
      return `<rect ${place} fill="${escaped(fill)}"${strokeOf(stroke)}/>`;
    }
    case 'path':
      return `<path d="${shape.d}" fill="${escaped(shape.fill ?? 'none')}"${strokeOf(shape.stroke)}/>`;
    case 'text': {
      const { size, line, weight, family } = FONTS[shape.font];
      const baseline = shape.y + line / 2 + size * 0.35;
      const font = `font-family="${escaped(family)}" font-size="${size}" font-weight="${weight}"`;
      return `<text x="${shape.x}" y="${baseline}" ${font} fill="${escaped(shape.fill)}" xml:space="preserve">${escaped(shape.text)}</text>`;
    }
  }
}

const strokeOf = (stroke: Stroke | undefined) =>
  stroke ? ` stroke="${escaped(stroke.colour)}" stroke-width="${stroke.width}"` : '';

const SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
