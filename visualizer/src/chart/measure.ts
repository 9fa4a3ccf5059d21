/** The kinds of text in a chart; sizes in px. `chart.css` sets the same. */
export const FONTS = {
  title: { size: 14, line: 20, weight: 600, family: 'system-ui, sans-serif' },
  text: { size: 12, line: 17, weight: 400, family: 'system-ui, sans-serif' },
  code: { size: 12, line: 17, weight: 400, family: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace' },
} as const;
export type Font = keyof typeof FONTS;

/** Width of a text in px. */
export type Measure = (text: string, font: Font) => number;

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;

/** Widths by rule of thumb, where there is no screen. */
export const estimate: Measure = (text, font) => {
  const { size } = FONTS[font];
  let units = 0;
  for (const letter of text) units += WIDE.test(letter) ? 1 : font === 'code' ? 0.61 : 0.58;
  return units * size;
};

/** Breaks a text into lines no wider than `width` where it has a place to break: blanks, dots, capitals, between Chinese signs. */
export function wrap(text: string, font: Font, width: number, measure: Measure): string[] {
  if (measure(text, font) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(/(?<=[\s.,/(:])|(?=[A-Z[])|(?<=[\u2e80-\uffef])/)) {
    if (line !== '' && measure(line + part.trimEnd(), font) > width) {
      lines.push(line.trimEnd());
      line = part;
    } else {
      line += part;
    }
  }
  lines.push(line.trimEnd());
  return lines;
}
