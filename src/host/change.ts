import type { Emitted, Instant, PortRequest, Step, Stored } from '../core/index.ts';
import type {
  AuditEntry,
  Change,
  ErasureDate,
  LedgerEntry,
  Receipt,
  RecoveryRecord,
  RequestRecord,
} from '../store/types.ts';
import type { Ended } from './erasure.ts';

/** What a host makes of the steps of a machine: everything that is particular to recoveries. */
export interface Particulars {
  /** Whether a recovery in these states counts as the account's live one. */
  isLive(step: Step): boolean;
  ledger(emitted: readonly Emitted[], at: Instant): LedgerEntry[];
  /** Calls that nobody waits for, made of what was emitted. */
  notices(emitted: readonly Emitted[], recovery: RecoveryRecord): { port: string; input: unknown }[];
  /** The input of a call as it is written: JSON with secrets sealed. */
  seal(port: string, input: unknown, recoveryId: string): string;
  /** When what a recovery leaves behind is erased, from the instant at which it ended. */
  retention(snapshot: unknown, endedAt: Instant): ErasureDate[];
  /** The change that erases one class of it. */
  erasure(ended: Ended, of: ErasureDate['class'], now: Instant): Change;
}

/** Under this name the count of notices is kept beside those of calls. */
const NOTICES = 'notices';

/** Gathers the steps that one input led to into one change. */
export class ChangeBuilder {
  readonly #before: RecoveryRecord;
  readonly #particulars: Particulars;
  readonly #audit: AuditEntry[] = [];
  readonly #ledger: LedgerEntry[] = [];
  readonly #requests: RequestRecord[] = [];
  #noticed: number;
  #last: Step | undefined;

  constructor(before: RecoveryRecord, particulars: Particulars) {
    this.#before = before;
    this.#particulars = particulars;
    this.#noticed = before.calls[NOTICES] ?? 0;
  }

  get isEmpty(): boolean {
    return this.#last === undefined && this.#audit.length === 0;
  }

  /** The tree as the next step has to find it. */
  stored(loaded: Stored): Stored {
    return this.#last ?? loaded;
  }

  get isDone(): boolean {
    return this.#last?.status === 'done';
  }

  note(entry: AuditEntry): void {
    this.#audit.push(entry);
  }

  add(step: Step, entry: AuditEntry): void {
    const from = this.#last?.states.join() ?? this.#before.state;
    for (const request of step.requests) this.#request(request, 'awaited', step.at);
    for (const notice of this.#particulars.notices(step.emitted, this.#before)) {
      this.#noticed += 1;
      this.#request({ key: `/notice/${this.#noticed}`, path: '', attempt: this.#noticed, ...notice }, 'sent', step.at);
    }
    this.#ledger.push(...this.#particulars.ledger(step.emitted, step.at));
    this.#audit.push({ ...entry, data: { ...entry.data, from, to: stateOf(step) } });
    this.#last = step;
  }

  #request(request: PortRequest, kind: RequestRecord['kind'], at: Instant): void {
    const { input, ...call } = request;
    this.#requests.push({
      recoveryId: this.#before.id,
      ...call,
      kind,
      input: this.#particulars.seal(request.port, input, this.#before.id),
      tries: 0,
      at,
      notBefore: at,
    });
  }

  /** @param receiptOf makes the receipt of the answer that will be given, of what will then be stored. */
  build(from: number | null, now: Instant, receiptOf?: (change: Change) => Receipt | undefined): Change {
    const last = this.#last;
    const awaited = last?.awaited ?? [];
    const change: Change = {
      recovery: {
        ...this.#before,
        version: (from ?? 0) + 1,
        updatedAt: now,
        ...(last && {
          live: last.status === 'active' && this.#particulars.isLive(last),
          status: last.status,
          state: stateOf(last),
          snapshot: last.snapshot,
          calls: this.#noticed === 0 ? last.calls : { ...last.calls, [NOTICES]: this.#noticed },
        }),
      },
      from,
      timers: last?.status === 'done' ? [] : (last?.timers ?? []),
      requests: this.#requests.filter((request) => request.kind === 'sent' || awaited.includes(request.key)),
      awaited,
      audit: this.#audit,
      ledger: this.#ledger,
      ...(last?.status === 'done' ? { retention: this.#particulars.retention(last.snapshot, last.at) } : {}),
    };
    const receipt = receiptOf?.(change);
    return receipt ? { ...change, receipt } : change;
  }
}

/** The state of a tree as one text. */
const stateOf = (step: Pick<Step, 'states'>): string => step.states.join(',');
