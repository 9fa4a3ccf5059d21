import type { AnyEventObject, AnyStateMachine } from 'xstate';
import {
  catchUp,
  DurabilityError,
  type Instant,
  StepError,
  type StepInput,
  type Stored,
  step,
  type TakeStep,
  type Timer,
  type Tracer,
} from '../core/index.ts';
import type { AuditEntry, Change, Receipt, RecoveryRecord, RequestRecord } from '../store/types.ts';
import { ChangeBuilder, type Particulars } from './change.ts';
import type { Asked, Delivered, Delivery, Outcome, Stand } from './delivery.ts';
import type { Taken } from './takeover.ts';

// What comes of an input, by what is stored: synchronous, without a store or a clock, the same for every host. A host loads,
// decides, writes what is decided whole, and then carries out the calls.

/** What came of an input: the answer, and what has to be written before it is given. */
export type Decision =
  /** There is nothing to write. */
  | { write: 'nothing'; delivered: Delivered }
  /** Nothing has changed; the trail and the receipt say what was asked. */
  | { write: 'note'; entry: AuditEntry; receipt: Receipt | undefined; delivered: Delivered }
  /** `steps`: what was taken, in order. */
  | { write: 'change'; change: Change; steps: Taking[]; delivered: Delivered };

interface Taking {
  input: StepInput['type'];
  /** Of a timer: from its due instant until it was processed, in ms. */
  lateness?: number;
}

export interface Deciding {
  particulars: Particulars;
  tracer?: Tracer | undefined;
  /** By default each step restores what is stored. */
  takeStep?: TakeStep;
}

/**
 * Begins a recovery.
 * @param record the recovery before its first step.
 * @throws StepError, DurabilityError
 */
export function begin(
  machine: AnyStateMachine,
  record: RecoveryRecord,
  input: unknown,
  entry: AuditEntry,
  receipt: Receipt | undefined,
  { particulars, tracer, takeStep = step }: Deciding,
): Change {
  const change = new ChangeBuilder(record, particulars);
  change.add(
    stepped(() => takeStep(machine, null, { type: 'start', input }, record.createdAt, tracer)),
    entry,
  );
  return change.build(null, record.createdAt, () => receipt);
}

/** What was said to the same request before. */
export function repeated(receipt: Receipt | undefined, asked: Asked | undefined): Delivered | undefined {
  if (!receipt || !asked) return undefined;
  return receipt.digest === asked.digest ? { result: 'repeated', answer: receipt.answer } : { result: 'keyReused' };
}

/**
 * Processes what is due, and then the delivery, if there is one.
 * @param clock the instant of the host's clock; one that is set back does not take a recovery back.
 * @throws StepError, DurabilityError: the same input would bring it again. Nothing is to be written then.
 */
export function decide(taken: Taken, delivery: Delivery | undefined, clock: Instant, deciding: Deciding): Decision {
  const { recovery, timers, machine, reason } = taken;
  const { particulars, tracer, takeStep = step } = deciding;
  if (reason) return { write: 'nothing', delivered: { result: 'untouched', reason } };
  const now = Math.max(clock, recovery.updatedAt);
  const change = new ChangeBuilder(recovery, particulars);
  const stored: Stored = { snapshot: recovery.snapshot, timers, calls: recovery.calls };
  const goesOn = recovery.status === 'active' ? machine : undefined;
  const steps = goesOn ? stepped(() => pastTimers(goesOn, change, stored, now, { tracer, takeStep })) : [];
  if (!delivery) return decided(change, recovery, timers, now, { result: 'refused', step: null }, steps);

  const { input, entry, refused, ifVersion, asked } = delivery;
  const outdated = ifVersion !== undefined && (ifVersion !== recovery.version || !change.isEmpty);
  const next =
    goesOn && !change.isDone && !outdated
      ? stepped(() => takeStep(goesOn, change.stored(stored), stamped(input, now), now, tracer))
      : null;
  const isTaken = next?.accepted === true && !next.emitted.some(({ event }) => event.type === 'refused');
  const outcome = { result: outdated ? 'outdated' : isTaken ? 'taken' : 'refused', step: next } as const;
  const receiptOf = (stand: Omit<Stand, 'step'>): Receipt | undefined => {
    if (!asked || outdated) return undefined;
    const { answer, ...receipt } = asked;
    return { ...receipt, recoveryId: recovery.id, at: now, answer: answer({ ...outcome, ...stand }) };
  };
  if (next && isTaken) {
    change.add(next, { ...entry, at: now });
    steps.push({ input: input.type });
  } else if (refused) {
    const note = { ...refused(next, outdated), at: now };
    if (change.isEmpty) {
      const stand = { recovery, timers };
      return { write: 'note', entry: note, receipt: receiptOf(stand), delivered: { ...outcome, ...stand } };
    }
    change.note(note);
  }
  return decided(change, recovery, timers, now, outcome, steps, receiptOf);
}

function decided(
  builder: ChangeBuilder,
  recovery: RecoveryRecord,
  timers: readonly Timer[],
  now: Instant,
  outcome: Pick<Extract<Delivered, Stand>, 'result' | 'step'>,
  steps: Taking[],
  receiptOf?: (stand: Omit<Stand, 'step'>) => Receipt | undefined,
): Decision {
  if (builder.isEmpty) return { write: 'nothing', delivered: { ...outcome, recovery, timers } };
  const change = builder.build(recovery.version, now, receiptOf);
  const delivered = { ...outcome, recovery: change.recovery, timers: change.timers };
  return { write: 'change', change, steps, delivered };
}

function pastTimers(
  machine: AnyStateMachine,
  change: ChangeBuilder,
  before: Stored,
  now: Instant,
  { tracer, takeStep }: Pick<Deciding, 'tracer' | 'takeStep'>,
): Taking[] {
  const steps: Taking[] = [];
  for (const due of catchUp(machine, before, now, 'fromCall', tracer, takeStep)) {
    change.add(due, { at: due.at, kind: 'timer', data: { timer: due.timer } });
    steps.push({ input: 'timer', lateness: now - due.at });
  }
  return steps;
}

/** What is to be done with it: told to the trail alone, or brought to the machine. */
export type Settlement = { note: AuditEntry } | { delivery: Delivery };

/** The outcome of a call that is not tried again. */
export function settlement(
  request: Pick<RequestRecord, 'key' | 'port' | 'kind'>,
  outcome: Outcome,
  at: Instant,
): Settlement {
  const { key, port, kind } = request;
  const data = { key, port, ...('error' in outcome ? { error: outcome.error.message } : {}) };
  if (kind === 'sent') return { note: { at, kind: 'notice', data: { ...data, ok: 'output' in outcome } } };
  const input: StepInput =
    'error' in outcome
      ? { type: 'failure', key, error: outcome.error }
      : { type: 'answer', key, output: outcome.output };
  return {
    delivery: { input, entry: { at, kind: input.type, data }, refused: () => ({ at, kind: 'dropped', data }) },
  };
}

/** Marks a recovery whose machine failed, and leaves it as it was. */
export function stuck(
  { recovery, timers }: Pick<Taken, 'recovery' | 'timers'>,
  error: unknown,
  now: Instant,
  particulars: Particulars,
): Change {
  const message = error instanceof Error ? error.message : String(error);
  return {
    recovery: { ...recovery, status: 'stuck', live: false, version: recovery.version + 1, updatedAt: now },
    from: recovery.version,
    timers: [],
    requests: [],
    awaited: [],
    audit: [{ at: now, kind: 'stuck', data: { error: message, timers } }],
    ledger: [],
    retention: particulars.retention(recovery.snapshot, now),
  };
}

function stamped(input: StepInput, at: Instant): StepInput {
  return input.type === 'event' ? { type: 'event', event: { ...input.event, at } as AnyEventObject } : input;
}

/** Whatever a chart does to fail, the same input would bring it again. */
function stepped<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isMachineError(error) ? error : new StepError('an input', error);
  }
}

/** An error that the same input would bring again. */
export const isMachineError = (error: unknown) => error instanceof StepError || error instanceof DurabilityError;
