import { formatDuration, parseDuration } from '../../machines/duration.ts';
import type { RecoveryView } from '../host/view.ts';
import type { Step } from './schema.ts';

export type Expected = Omit<Extract<Step, { expect: unknown }>['expect'], 'strict'>;
type Actual = Record<string, unknown>;

/** What is the case, for the keys that something is expected of. */
export function actualOf(expected: Expected, view: RecoveryView, now: number, calls: Record<string, number>): Actual {
  const { output } = view;
  const all: Required<{ [K in keyof Expected]: unknown }> = {
    state: view.state,
    eligible: view.eligible,
    ineligible: pick(view.ineligible, expected.ineligible),
    outcome: output?.outcome ?? null,
    path: output?.path ?? null,
    reason: output?.reason ?? null,
    told: view.told ?? null,
    risk: view.risk ?? null,
    allowed: view.allowed,
    notAllowed: (expected.notAllowed ?? []).filter((type) => !view.allowed.includes(type)),
    tags: view.tags,
    deadlines: pick(
      Object.fromEntries(view.deadlines.map(({ name, at }) => [name, formatDuration(at - now)])),
      expected.deadlines,
    ),
    calls: pick(calls, expected.calls, 0),
    details: pick(view.details ?? {}, expected.details),
    attempts: output?.attempts ?? [],
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, all[key as keyof Expected]]));
}

const pick = (from: Record<string, unknown>, keys: Record<string, unknown> = {}, missing: unknown = null) =>
  Object.fromEntries(Object.keys(keys).map((key) => [key, from[key] ?? missing]));

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const includes = (all: unknown, some: readonly string[]) => some.every((each) => (all as string[]).includes(each));

/** Whether every key holds: a state by its beginning, lists as "at least these", all else as it stands. */
export function holds(expected: Expected, actual: Actual): boolean {
  return Object.entries(expected).every(([key, value]) => {
    const found = actual[key];
    switch (key) {
      case 'state':
        return found === value || String(found).startsWith(`${value}.`);
      case 'eligible':
      case 'allowed':
      case 'tags':
        return includes(found, value as string[]);
      case 'deadlines':
        return Object.entries(value as Record<string, string | null>).every(([name, span]) => {
          const left = (found as Record<string, string | null>)[name] ?? null;
          return span === null || left === null ? span === left : parseDuration(span) === parseDuration(left);
        });
      case 'attempts':
        return (
          (value as object[]).length === (found as object[]).length &&
          (value as Record<string, unknown>[]).every((attempt, index) =>
            Object.entries(attempt).every(([name, part]) =>
              same((found as Record<string, unknown>[])[index]?.[name], part),
            ),
          )
        );
      default:
        return same(found, value);
    }
  });
}
