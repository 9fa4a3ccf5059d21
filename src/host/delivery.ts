import type { PortFailure, Step, StepInput, Timer } from '../core/index.ts';
import type { AuditEntry, Receipt, RecoveryRecord } from '../store/types.ts';

export type { Changed } from '../store/types.ts';

import type { LeftUntouched } from './takeover.ts';

/** Where a recovery stands after an input, and the step that the input led to; null when none could be made. */
export interface Stand {
  step: Step | null;
  recovery: RecoveryRecord;
  timers: readonly Timer[];
}

/** What came of an input. */
export type Delivered =
  | ({ result: 'taken' } & Stand)
  /** Not taken: nothing had a transition for it, or a machine emitted `refused`. */
  | ({ result: 'refused' } & Stand)
  /** The recovery is not in the version that was asked for. */
  | ({ result: 'outdated' } & Stand)
  /** The same was asked before, and answered so. */
  | { result: 'repeated'; answer: unknown }
  /** Something else was asked under this key before. */
  | { result: 'keyReused' }
  /** Left untouched: there is no machine for the version that it began with. */
  | { result: 'untouched'; reason: LeftUntouched['reason'] }
  | { result: 'unknown' };

/** Key under which a repeat gets the same answer; the answer is written with the step. */
export type Asked = Pick<Receipt, 'scope' | 'key' | 'digest'> & { answer(outcome: Delivered & Stand): unknown };

/** One input, and what is to be said of it. */
export interface Delivery {
  input: StepInput;
  /** What the audit trail says of it when it is taken. */
  entry: AuditEntry;
  /** What it says when it is not; without this a refusal leaves no record. */
  refused?(step: Step | null, outdated: boolean): AuditEntry;
  /** The one version in which it is taken; without it any. */
  ifVersion?: number | undefined;
  asked?: Asked | undefined;
}

/** What came of a call to a port. */
export type Outcome = { output: unknown } | { error: PortFailure };

/** Why a call did not answer, as it is told to its machine. */
export function failureOf(error: unknown): PortFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, code } = error as Error & { code?: unknown };
  return { name, message, ...(typeof code === 'string' ? { code } : {}) };
}

/** Looks on, for metrics. */
export interface Observer {
  /** A step was committed. @param lateness of a timer: from its due instant until it was processed, in ms. */
  stepped?(input: StepInput['type'], lateness?: number): void;
  /** An event was not taken. */
  refused?(code: string): void;
  /** A call failed and will be tried again. */
  retried?(port: string): void;
}
