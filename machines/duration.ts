import * as z from './zod.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const WRITTEN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Reads `30s`, `45m`, `72h`, `15d`, `1h30m`; milliseconds, or undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  if (!WRITTEN.test(text.trim())) return undefined;
  const parts = [...text.matchAll(PART)].map(([, amount, unit]) => Number(amount) * UNITS[unit as keyof typeof UNITS]);
  return Math.round(parts.reduce((sum, part) => sum + part, 0));
}

/** Writes milliseconds with the largest unit that fits without a remainder: `45m`, `72h`, `15d`. */
export function formatDuration(ms: number): string {
  const days = ms > 4 * UNITS.d || ms === UNITS.d * 7;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (unit === 'd' && !days) continue;
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms}ms`;
}

const message = 'expected a duration such as 30s, 45m, 72h or 15d';

/** A span of time: milliseconds, or text such as `45m`. Parsed it is milliseconds. */
export const duration = () =>
  z.pipe(
    z.union([z.int().check(z.nonnegative()), z.string().check(z.regex(WRITTEN, message))], { error: message }),
    z.transform((value) => (typeof value === 'number' ? value : (parseDuration(value) ?? 0))),
  );
