import type { PortRequest, Step, Stored } from '../core/index.ts';
import type { RequestRecord } from '../store/types.ts';
import type { ActorRecord, Change, LogEntry, Rules } from './records.ts';

type Recorded = (request: PortRequest, kind: RequestRecord['kind'], at: number) => RequestRecord;

/** Gathers the steps that one input led to into one change. */
export class Gathered {
  readonly #before: ActorRecord;
  readonly #rules: Rules;
  readonly #recorded: Recorded;
  readonly #log: LogEntry[] = [];
  readonly #calls: RequestRecord[] = [];
  #sent: number;
  #last: Step | undefined;

  constructor(before: ActorRecord, rules: Rules, recorded: Recorded) {
    this.#before = before;
    this.#rules = rules;
    this.#recorded = recorded;
    this.#sent = before.sent;
  }

  get isEmpty(): boolean {
    return this.#last === undefined && this.#log.length === 0;
  }

  get isDone(): boolean {
    return this.#last?.status === 'done';
  }

  /** The tree as the next step has to find it. */
  get stored(): Stored {
    return this.#last ?? this.#before;
  }

  note(entry: LogEntry): void {
    this.#log.push(entry);
  }

  add(step: Step, entry: Omit<LogEntry, 'at'>): void {
    const from = (this.#last ?? this.#before).states;
    for (const request of step.requests) this.#calls.push(this.#recorded(request, 'awaited', step.at));
    for (const call of this.#rules.sent?.(step) ?? []) {
      this.#sent += 1;
      const request = { key: `/notice/${this.#sent}`, path: '', attempt: this.#sent, ...call };
      this.#calls.push(this.#recorded(request, 'sent', step.at));
    }
    const ledger = this.#rules.ledger?.(step) ?? [];
    const data = { ...entry.data, from, to: step.states };
    this.#log.push({ ...entry, at: step.at, data, ...(ledger.length > 0 ? { ledger } : {}) });
    this.#last = step;
  }

  /** @param from version that it was made from; null for a new actor. */
  build(from: number | null, now: number): Change {
    const last = this.#last;
    const awaited = last?.awaited ?? [];
    return {
      actor: {
        ...this.#before,
        version: (from ?? 0) + 1,
        updatedAt: now,
        sent: this.#sent,
        ...(last && {
          status: last.status,
          states: last.states,
          snapshot: last.snapshot,
          calls: last.calls,
          timers: last.status === 'done' ? [] : [...last.timers],
        }),
      },
      from,
      calls: this.#calls.filter(({ kind, key }) => kind === 'sent' || awaited.includes(key)),
      awaited,
      log: this.#log,
    };
  }
}
