import { ratio } from 'fuzzball';

/** The most similar of the known names, when it is similar enough to be what was meant. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: { name: string; score: number } | undefined;
  for (const each of known) {
    const score = ratio(name, each);
    if (!best || score > best.score) best = { name: each, score };
  }
  return best && best.score >= 50 ? best.name : undefined;
}

/** `; did you mean 'x'?`, or the list of what is known. */
export function hint(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant ? `; did you mean '${meant}'?` : `; known are ${known.join(', ')}`;
}
