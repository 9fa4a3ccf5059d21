import { createHash } from 'node:crypto';
import type { Instant, Step, Timer } from '../core/index.ts';
import { type ExploreOptions, type Persisted, timerName } from './exploration.ts';

/** Tells states apart by what matters for what comes: instants are made relative, the numbers of calls are left out. */

/** Writes values as text, keys in order; what holds no instant is written once. */
class Writer {
  readonly #fixed = new WeakMap<object, string>();
  readonly #since: Instant;
  #moving = false;
  instant: (value: Instant) => string = String;

  constructor(since: Instant) {
    this.#since = since;
  }

  text(value: unknown): string {
    if (typeof value === 'number' && value >= this.#since) {
      this.#moving = true;
      return this.instant(value);
    }
    if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
    const known = this.#fixed.get(value);
    if (known !== undefined) return known;
    const around = this.#moving;
    this.#moving = false;
    const text = Array.isArray(value)
      ? `[${value.map((item) => this.text(item)).join()}]`
      : `{${Object.entries(value)
          .filter(([, item]) => item !== undefined && typeof item !== 'function')
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, item]) => `${JSON.stringify(key)}:${this.text(item)}`)
          .join()}}`;
    if (!this.#moving) this.#fixed.set(value, text);
    this.#moving ||= around;
    return text;
  }
}

/** The tree without the keys of its calls. */
function withoutKeys({ key: _, children, ...rest }: Persisted): Persisted {
  if (!children || Object.keys(children).length === 0) return rest;
  const inner = Object.entries(children).map(
    ([id, child]) => [id, { ...child, snapshot: withoutKeys(child.snapshot) }] as const,
  );
  return { ...rest, children: Object.fromEntries(inner) };
}

/** Makes the key of a state at an instant: states with one key are taken for one. */
export function createKeys(options: ExploreOptions & { at: Instant }) {
  const writer = new Writer(options.at);
  const isAnytime = (timer: Timer) => (options.anytime ?? []).some((end) => timer.id.endsWith(end));
  const ordered = options.clocks === 'ordered';

  const timersText = (timers: readonly Timer[], at: Instant) => {
    const kept = timers.filter((timer) => !isAnytime(timer)).sort((a, b) => a.dueAt - b.dueAt);
    const spans = kept.map((timer, index) => {
      if (!ordered) return timer.dueAt - at;
      return index === 0 ? timer.dueAt - at <= 1 : timer.dueAt === kept[index - 1]?.dueAt;
    });
    const free = timers.filter(isAnytime).map(timerName).sort();
    return writer.text([kept.map((timer, index) => [timerName(timer), timer.event, spans[index]]), free]);
  };

  return (step: Step, at: Instant): string => {
    writer.instant = ordered ? (value) => (value > at ? '"later"' : '"past"') : (value) => `"now${value - at}"`;
    const snapshot = withoutKeys(step.snapshot as Persisted);
    const text = writer.text(options.project ? options.project(snapshot, at) : snapshot);
    return createHash('sha256').update(text).update(timersText(step.timers, at)).digest('base64');
  };
}
