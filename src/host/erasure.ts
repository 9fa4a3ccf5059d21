import type { EventRegistry } from '../../machines/events.ts';
import type { RecoveryOutput } from '../../machines/outcome.ts';
import type { Policy } from '../../machines/policy.ts';
import type { PortInput, PortName } from '../../machines/ports.ts';
import type { Instant } from '../core/index.ts';
import type { AuditEntry, Change, ErasureDate, LedgerEntry, RecoveryRecord, RequestRecord } from '../store/types.ts';
import { neededUntil } from './ledger.ts';
import { evidenceFields } from './marks.ts';

/** A recovery that has ended, with what is kept of it. */
export interface Ended {
  recovery: RecoveryRecord;
  trail: readonly (AuditEntry & { seq: number })[];
  ledger: readonly LedgerEntry[];
}

export interface EraserOptions {
  /** Of every version known here: their schemas say which fields are references to evidence. */
  events: readonly EventRegistry[];
  /** The host's own, where a recovery's cannot be read. */
  policy: Policy;
}

/** The input of a call as it is written. */
type Seal = (port: PortName, input: PortInput<'eraseEvidence'>, recoveryId: string) => string;

/** The port that erases evidence where it is kept. */
export const ERASE_EVIDENCE = 'eraseEvidence' satisfies PortName;
const ERASED = '[erased]';

interface Snapshot {
  status?: string;
  value?: unknown;
  output?: RecoveryOutput;
  context?: { policy?: Policy };
}

/** Says what is erased of a recovery that has ended, when, and what stays (R55). */
export class Eraser {
  readonly #options: EraserOptions;
  readonly #fields: ReadonlySet<string>;

  constructor(options: EraserOptions) {
    this.#options = options;
    this.#fields = new Set(
      options.events.flatMap((registry) => Object.values(registry).flatMap(({ schema }) => evidenceFields(schema))),
    );
  }

  /** The dates, by the recovery's own policy. */
  dates(snapshot: unknown, endedAt: Instant): ErasureDate[] {
    const { evidence, personalData } = this.#policyOf(snapshot).retention;
    return [
      { class: 'evidence', dueAt: endedAt + evidence },
      { class: 'personalData', dueAt: endedAt + personalData },
    ];
  }

  /** The change that erases one class at an instant, and puts that on record. */
  change(ended: Ended, of: ErasureDate['class'], now: Instant, seal: Seal): Change {
    const { recovery } = ended;
    const part = of === 'evidence' ? this.#evidence(ended, now, seal) : this.#personal(ended, of, now);
    return {
      from: recovery.version,
      timers: [],
      requests: [],
      awaited: [],
      audit: [],
      ledger: [],
      ...part,
      recovery: { ...recovery, ...part.recovery, version: recovery.version + 1, updatedAt: now },
    };
  }

  /**
   * References go to the port that erases what they stand for, in the same transaction in which they leave the trail.
   * The record keeps who did what, without them.
   */
  #evidence({ recovery, trail }: Ended, now: Instant, seal: Seal): Partial<Change> {
    const refs = new Set<string>();
    const kept: Record<string, unknown>[] = [];
    for (const { seq, data } of trail) {
      const { event, by, from, to, code } = data as {
        event?: { type: string } & Record<string, unknown>;
        by?: { role: string };
      } & Record<string, unknown>;
      const given = Object.entries(event ?? {}).flatMap(([name, value]) =>
        this.#fields.has(name) ? (value as string | string[]) : [],
      );
      if (given.length === 0) continue;
      for (const ref of given) refs.add(ref);
      kept.push({ seq, event: event?.type, by: by?.role, from, to, code });
    }
    const entries = kept.map(({ seq }) => seq as number);
    if (refs.size === 0) return { erasure: { class: 'evidence', entries, ledger: false } };
    return {
      recovery: { ...recovery, snapshot: this.#withoutEvidence(recovery.snapshot) },
      requests: [this.#request(recovery, [...refs], trail, now, seal)],
      audit: [{ at: now, kind: 'erased', data: { class: 'evidence', references: refs.size, entries, kept } }],
      erasure: { class: 'evidence', entries, ledger: false },
    };
  }

  /** Whose recovery it was, and what was said in it: the outcome stays, by which policy, and when something happened. */
  #personal({ recovery, trail, ledger }: Ended, of: 'personalData' | 'ledger', now: Instant): Partial<Change> {
    const policy = this.#policyOf(recovery.snapshot);
    const window = Math.max(policy.emergencyCode.window, this.#options.policy.emergencyCode.window);
    const until = Math.max(0, ...ledger.map((entry) => neededUntil(entry, window)));
    const needed = until > now;
    const entries = of === 'ledger' ? [] : trail.filter(isAboutThem).map(({ seq }) => seq);
    const { status, value, output } = (recovery.snapshot ?? {}) as Snapshot;
    const snapshot = {
      status,
      value,
      context: { policy, proofs: [] },
      ...(output ? { output: { outcome: output.outcome, attempts: [] } } : {}),
    };
    return {
      recovery: { ...recovery, accountId: '', deviceId: '', calls: {}, snapshot },
      audit: [{ at: now, kind: 'erased', data: { class: of, entries } }],
      retention: needed ? [{ class: 'ledger', dueAt: until }] : [],
      erasure: { class: of, entries, ledger: !needed, onlyPort: ERASE_EVIDENCE },
    };
  }

  #policyOf(snapshot: unknown): Policy {
    const policy = (snapshot as Snapshot | null)?.context?.policy;
    return policy?.retention ? policy : this.#options.policy;
  }

  /** A recovery that got stuck still holds them in the state of its path. */
  #withoutEvidence(snapshot: unknown): unknown {
    return JSON.parse(JSON.stringify(snapshot), (name, value) => {
      if (!this.#fields.has(name)) return value;
      return Array.isArray(value) ? value.map(() => ERASED) : ERASED;
    });
  }

  #request(
    { id, accountId }: RecoveryRecord,
    evidenceRefs: string[],
    trail: Ended['trail'],
    now: Instant,
    seal: Seal,
  ): RequestRecord {
    const attempt = trail.filter(({ kind }) => kind === 'erased').length + 1;
    return {
      recoveryId: id,
      key: `/${ERASE_EVIDENCE}/${attempt}`,
      path: '',
      port: ERASE_EVIDENCE,
      attempt,
      input: seal(ERASE_EVIDENCE, { accountId, evidenceRefs }, id),
      kind: 'sent',
      tries: 0,
      at: now,
      notBefore: now,
    };
  }
}

/** Entries that say what was erased stay: they name nobody. */
const isAboutThem = ({ kind, data }: AuditEntry) => kind !== 'erased' && data.port !== ERASE_EVIDENCE;
