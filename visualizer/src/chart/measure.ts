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

/** A text in lines no wider than `width`: broken at blanks, and within a word only where it is too long by itself. */
export function wrap(text: string, font: Font, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  let line = '';
  const add = (part: string) => {
    if (line !== '' && measure(line + part.trimEnd(), font) > width) {
      lines.push(line.trimEnd());
      line = part;
    } else {
      line += part;
    }
  };
  for (const word of text.split(/(?<=\s)/)) {
    if (measure(word.trimEnd(), font) <= width) add(word);
    else for (const part of word.split(WITHIN_WORD)) add(part);
  }
  lines.push(line.trimEnd());
  return lines;
}

/** After a dot and the like, before a capital, and between Chinese signs. */
const WITHIN_WORD =
  /(?<=[.,/(:_-])|(?<=[a-z0-9])(?=[A-Z[])|(?<=[\u2e80-\uffef])(?![\u3001\u3002\uff0c\uff1a-\uff1f\uff01\uff09])/;
