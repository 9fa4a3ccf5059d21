import { createHash } from 'node:crypto';
import { z } from 'zod';
import { REFUSAL_CODES, type Refused } from '../../machines/outcome.ts';
import type { Step } from '../core/index.ts';
import type { Started } from './api.ts';
import type { Delivered } from './delivery.ts';
import { Refusal } from './refusal.ts';
import type { RecoveryView } from './view.ts';

/** What a sender is told of an event; kept under its idempotency key as JSON. */
export type Answer = { view: RecoveryView } | KeptRefusal;

/** What a sender is told of a start. */
export type StartAnswer = Started | KeptRefusal;

const KeptRefusal = z.object({
  refusal: z.object({
    code: z.enum(REFUSAL_CODES),
    message: z.string(),
    reason: z.string().optional(),
    field: z.string().optional(),
    allowed: z.array(z.string()).optional(),
  }),
});
type KeptRefusal = z.infer<typeof KeptRefusal>;

/** Scope of the idempotency keys of starts. */
export const START_SCOPE = 'start';
export const ON_ANOTHER_DEVICE: KeptRefusal = {
  refusal: { code: 'conflict', message: 'this account is being recovered from another device' },
};

/** What a machine said when it refused, or that it did not take the event at all. */
export function refusedBy(step: Step | null, outdated = false): Pick<Refused, 'code' | 'reason' | 'field'> {
  if (outdated) return { code: 'conflict', reason: 'versionChanged' };
  const refused = step?.emitted.find(({ event }) => event.type === 'refused')?.event as Refused | undefined;
  if (!refused) return { code: 'notAccepted' };
  const { type: _, ...details } = refused;
  return details;
}

/**
 * The answer to an event.
 * @param view where the recovery stands, as the sender may see it
 * @param whole the same, with nothing left out
 */
export function answerTo(
  type: string,
  { result, step }: Pick<Extract<Delivered, { step: unknown }>, 'result' | 'step'>,
  view: RecoveryView,
  whole: RecoveryView,
): Answer {
  if (result === 'taken') return { view };
  const { code, field, reason } = refusedBy(step, result === 'outdated');
  const { allowed, state, version } = whole;
  const details = { allowed, ...(reason && showsReason(view, result) ? { reason } : {}), ...(field ? { field } : {}) };
  if (result === 'outdated') {
    return { refusal: { code, message: `the recovery has moved on; it is in version ${version}`, ...details } };
  }
  const message =
    code === 'notAccepted'
      ? `'${type}' is not accepted in '${state}'; accepted are ${allowed.join(', ') || 'none'}`
      : `'${type}' is refused in '${state}': ${[code, details.reason].filter(Boolean).join(', ')}`;
  return { refusal: { code, message, ...details } };
}

const showsReason = (view: RecoveryView, result: Delivered['result']) => view.disclosed || result === 'outdated';

/** The view, or the refusal thrown. */
export function viewIn(answer: Answer): RecoveryView {
  if ('view' in answer) return answer.view;
  throw refusalIn(answer);
}

/** What was started, or the refusal thrown. */
export function startedIn(answer: StartAnswer): Started {
  if ('recoveryId' in answer) return answer;
  throw refusalIn(answer);
}

function refusalIn(kept: KeptRefusal): Refusal {
  const { code, message, ...details } = KeptRefusal.parse(kept).refusal;
  return new Refusal(code, message, details as object);
}

/** By which an idempotency key is found in the audit trail, whatever a client has put into it. */
export const shortDigest = (key: string) => createHash('sha256').update(key).digest('base64url').slice(0, 16);

export const keyReused = () =>
  new Refusal('conflict', 'this idempotency key was used with another content: give each request a key of its own', {
    reason: 'idempotencyKeyReused',
  });
