import type { Instant } from '../core/index.ts';
import type { Recoveries } from '../host/api.ts';
import type { AuditEntry } from '../store/types.ts';

/** One thing that happened. */
export interface TraceEntry {
  /** Date and time with the zone's offset. */
  at: string;
  input: string;
  state: string;
  /** Code of the refusal, and the reason where there is one. */
  refused?: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'longOffset',
  });
  formats.set(timeZone, made);
  return made;
}

/** An instant on the wall clock of a zone: `2026-03-02T10:00:00+08:00`. */
function wallTime(instant: Instant, timeZone: string): string {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, fractionalSecond, timeZoneName } = parts;
  const fraction = fractionalSecond === '000' ? '' : `.${fractionalSecond}`;
  const offset = timeZoneName === 'GMT' ? 'Z' : (timeZoneName ?? '').replace('GMT', '');
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`;
}

/** Reads the audit trail of recoveries, entry by entry, into a trace. */
export class TraceReader {
  readonly entries: TraceEntry[] = [];
  readonly #timeZone: string;
  readonly #onTrace: ((entry: TraceEntry) => void) | undefined;
  readonly #read = new Map<string, number>();
  #state = '';

  constructor(timeZone: string, onTrace?: (entry: TraceEntry) => void) {
    this.#timeZone = timeZone;
    this.#onTrace = onTrace;
  }

  async read(recoveries: Recoveries, id: string): Promise<void> {
    const seen = this.#read.get(id) ?? 0;
    for (const entry of await recoveries.audit(id)) {
      if (entry.seq <= seen) continue;
      this.#read.set(id, entry.seq);
      this.#add(entry);
    }
  }

  note(at: Instant, input: string, state: string): void {
    this.#push({ at: wallTime(at, this.#timeZone), input, state });
  }

  #add({ at, kind, data }: AuditEntry): void {
    if (typeof data.to === 'string') this.#state = data.to;
    const refused = [data.code, data.reason].filter((part) => typeof part === 'string').join(' ');
    this.#push({
      at: wallTime(at, this.#timeZone),
      input: inputOf(kind, data),
      state: this.#state,
      ...(kind === 'refused' ? { refused } : {}),
    });
  }

  #push(entry: TraceEntry): void {
    this.entries.push(entry);
    this.#onTrace?.(entry);
  }
}

function inputOf(kind: AuditEntry['kind'], data: Record<string, unknown>): string {
  const event = data.event as { type?: string; path?: string } | undefined;
  switch (kind) {
    case 'event':
      return [event?.type, event?.path].filter(Boolean).join(' ');
    case 'refused':
      return event ? [event.type, event.path].filter(Boolean).join(' ') : 'start';
    case 'timer':
      return `timer ${String(data.timer)
        .replace(/^.*#(xstate\.after\.)?/, '')
        .replace(/\..*$/, '')}`;
    case 'answer':
    case 'failure':
    case 'dropped':
      return `${kind} ${data.port}${data.error ? `: ${data.error}` : ''}`;
    case 'notice':
      return `notice ${data.ok ? 'sent' : `not sent: ${data.error}`}`;
    case 'erased':
      return `erased ${data.class}`;
    default:
      return kind;
  }
}
