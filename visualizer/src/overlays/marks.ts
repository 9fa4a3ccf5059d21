import type { Mark } from '../chart/scene.ts';

/** One mark for an arrow that stands for several transitions: what was never met shows through. */
export function combined(marks: readonly (Mark | undefined)[]): Mark | undefined {
  const known = marks.filter((mark) => mark !== undefined);
  const [first] = known;
  if (!first) return undefined;
  const level = known.some((mark) => mark.level === 'bad') ? 'bad' : first.level;
  return { text: known.map(({ text }) => text).join(' · '), level };
}
