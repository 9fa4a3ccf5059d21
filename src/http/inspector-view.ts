import { z } from 'zod';
import type { Timer } from '../core/index.ts';
import { deadlineOf } from '../host/view.ts';
import type { AuditEntry, RecoveryRecord, RequestRecord } from '../store/types.ts';

// What the inspector is told of a recovery: what is named here, of the form that is named here, and nothing else (R56).
// Instants are in ms.

/** A word of a machine, a state, a key: never a sentence that somebody wrote. */
const WORD = /^[\w.:/#~,()-]{1,300}$/;
const unset = (): undefined => undefined;
const word = z.string().regex(WORD).optional().catch(unset);
const number = z.number().optional().catch(unset);
const flag = z.boolean().optional().catch(unset);
const words = z.array(z.string().regex(WORD)).optional().catch(unset);

const Attempt = z.object({ path: word, outcome: word, reason: word });

/** The parts of the parent's context. */
const Parent = z.object({
  path: word,
  attempts: z.array(Attempt).optional().catch(unset),
  exhausted: words,
  failures: number,
  failedPaths: number,
  waitUntil: number,
  wrongCodes: number,
  sends: number,
  manualReview: flag,
  late: flag,
  passwordLate: flag,
  revokeLate: flag,
  passwordUncertain: flag,
  cancelling: flag,
  outcome: word,
  reason: word,
  told: word,
  risk: z.object({ level: word }).optional().catch(unset),
});

/** What every path's context has. */
const COMMON = {
  since: number,
  failures: number,
  spent: z.array(z.number()).optional().catch(unset),
  exhausted: flag,
  reason: word,
  told: word,
};
const path = (own: z.ZodRawShape = {}) => z.object({ ...COMMON, ...own });
const PATHS: Readonly<Record<string, z.ZodObject>> = {
  bankCard: path({ ordered: number, sends: number, wrongCodes: number, codeExpired: flag, mayResend: flag }),
  biometric: path(),
  idCard: path({ captures: number, faults: words, warnings: words }),
  transactionHistory: path({ madeUp: number, endsAt: number, timeUp: flag }),
  securityContacts: path({ asking: flag }),
  voice: path({ keyChosen: flag, resuming: word }),
  appeal: path({
    manualReview: flag,
    completeness: number,
    unanswered: number,
    mayCallAgain: flag,
    escalations: number,
  }),
  emergencyCode: path({ lapsed: flag, cancelling: flag }),
};
/** A path that is not built in. */
const OTHER = path();

/** The data of an entry of the audit trail. */
const Data = z.object({
  from: word,
  to: word,
  input: word,
  event: z.object({ type: word, path: word }).optional().catch(unset),
  /** The id of whoever works here, never that of a contact or of a device. */
  by: z
    .object({ role: word, via: word, id: word })
    .transform(({ id, ...by }) => (by.role === 'agent' || by.role === 'staff' ? { ...by, id } : by))
    .optional()
    .catch(unset),
  code: word,
  reason: word,
  field: word,
  timer: word,
  key: word,
  port: word,
  ok: flag,
  policy: word,
  profile: word,
  class: word,
  erased: flag,
  fromVersion: word,
  toVersion: word,
});

const Entry = z.object({ seq: z.int(), at: z.number(), kind: z.string(), data: Data });
export type InspectedEntry = z.infer<typeof Entry>;

export interface InspectedSummary {
  recoveryId: string;
  accountId: string;
  status: RecoveryRecord['status'];
  state: string;
  version: number;
  machineVersion: string;
  createdAt: number;
  updatedAt: number;
  /** The instant of its earliest timer. */
  nextDue?: number;
}

export interface InspectedList {
  recoveries: InspectedSummary[];
  /** The clock of the service, which a sandbox may have moved. */
  now: number;
  /** What to ask for to get more. */
  after?: string;
}

/** Where recoveries went, for figures over many of them. */
export interface InspectedTrails {
  trails: { at: number; to?: string }[][];
  /** What to ask for to get more. */
  after?: string;
}

export interface InspectedTimer {
  id: string;
  /** Path of the machine that waits for it: empty for the parent. */
  source: string;
  /** Name of the deadline, as `src/texts` has it. */
  name: string;
  at: number;
}

export interface InspectedCall {
  key: string;
  path: string;
  port: string;
  kind: RequestRecord['kind'];
  /** Tries that have failed. */
  tries: number;
  /** When it was asked for, and before when it is not tried again. */
  at: number;
  notBefore: number;
}

export interface InspectedRecovery extends InspectedSummary {
  now: number;
  policyVersion: string;
  /** Types of events that it takes now. */
  allowed: string[];
  /** By path of the machine. */
  context: Record<string, Record<string, unknown>>;
  timers: InspectedTimer[];
  calls: InspectedCall[];
  /** The audit trail, or what of it is behind the number that was asked for. */
  history: InspectedEntry[];
}

export function summaryOf(recovery: Omit<RecoveryRecord, 'snapshot' | 'calls'>, nextDue?: number): InspectedSummary {
  const { id, accountId, status, state, version, machineVersion, createdAt, updatedAt } = recovery;
  const summary = { recoveryId: id, accountId, status, state, version, machineVersion, createdAt, updatedAt };
  return nextDue === undefined ? summary : { ...summary, nextDue };
}

export const entryOf = ({ seq, at, kind, data }: AuditEntry & { seq: number }): InspectedEntry =>
  Entry.parse({ seq, at, kind, data });

export function moveOf(entry: AuditEntry & { seq: number }): InspectedTrails['trails'][number][number] {
  const { at, data } = entryOf(entry);
  return { at, ...(data.to === undefined ? {} : { to: data.to }) };
}

export const timerOf = (timer: Timer): InspectedTimer => ({
  id: timer.id,
  source: timer.source,
  name: deadlineOf(timer),
  at: timer.dueAt,
});

/** Not what it is given, sealed or not. */
export const callOf = ({ key, path, port, kind, tries, at, notBefore }: RequestRecord): InspectedCall => ({
  key,
  path,
  port,
  kind,
  tries,
  at,
  notBefore,
});

interface Kept {
  context?: unknown;
  children?: Record<string, { snapshot?: Kept } | undefined>;
}

/** The contexts of a stored tree, by path of the machine. */
export function contextsOf(snapshot: unknown): InspectedRecovery['context'] {
  const { context, children = {} } = (snapshot ?? {}) as Kept;
  const found: InspectedRecovery['context'] = { '': allowed(Parent, context) };
  for (const [id, child] of Object.entries(children)) {
    if (child?.snapshot?.context) found[id] = allowed(PATHS[id] ?? OTHER, child.snapshot.context);
  }
  return found;
}

const allowed = (schema: z.ZodObject, value: unknown): Record<string, unknown> => {
  const result = schema.safeParse(value);
  return result.success ? result.data : {};
};
