import { createHash } from 'node:crypto';
import type { Instant, Step, Timer } from '../core/index.ts';
import { type ExploreOptions, type Persisted, timerName } from './exploration.ts';

/** Tells states apart by what matters for what comes: instants are made relative, the numbers of calls are left out. */

/** Text from which on it costs less to remember it than to write it again. */
const LONG = 200;
/** Text up to which it is a key by itself: shorter than the time that hashing takes is worth. */
const SHORT = 200;

/** Writes values as text, keys in order; what is long and holds no instant is written once. */
class Writer {
  readonly #fixed = new WeakMap<object, string>();
  readonly #quoted = new Map<string, string>();
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
    const text = Array.isArray(value) ? `[${value.map((item) => this.text(item)).join()}]` : this.#fields(value);
    if (!this.#moving && text.length >= LONG) this.#fixed.set(value, text);
    this.#moving ||= around;
    return text;
  }

  #fields(value: object): string {
    const fields = value as Record<string, unknown>;
    let text = '';
    for (const key of Object.keys(value).sort()) {
      const item = fields[key];
      if (item === undefined || typeof item === 'function') continue;
      text += `${text === '' ? '' : ','}${this.#name(key)}:${this.text(item)}`;
    }
    return `{${text}}`;
  }

  #name(key: string): string {
    const known = this.#quoted.get(key);
    if (known !== undefined) return known;
    const quoted = JSON.stringify(key);
    this.#quoted.set(key, quoted);
    return quoted;
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
    const text = `${writer.text(options.project ? options.project(snapshot, at) : snapshot)}${timersText(step.timers, at)}`;
    return text.length <= SHORT ? text : createHash('sha256').update(text).digest('base64');
  };
}
