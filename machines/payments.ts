import { dayOf } from './calendar.ts';
import type { Policy } from './policy.ts';

/** A payment that was made while the account was observed. */
export interface PaymentMade {
  /** Instant, in ms. */
  at: number;
  amountFen: number;
}

/** A payment that is about to be made. */
export interface PaymentAsked extends PaymentMade {
  /** Kinds of proof that it was ordered with. */
  kinds: number;
  /** Whether the payee was added or changed since the observation began. */
  newPayee: boolean;
}

/**
 * Why a payment may not be made while the account is observed (R38, R40); undefined when it may. Recoveries make no
 * payments but by emergency code: the payment system asks this before each of its own.
 * @param made payments since the observation began; those of the calendar day in `policy.timeZone` count.
 * @param observedUntil instant (ms) at which the limits lift; null when the account is not observed.
 */
export function paymentRefusal(
  asked: PaymentAsked,
  made: readonly PaymentMade[],
  observedUntil: number | null,
  { payments, timeZone }: Pick<Policy, 'payments' | 'timeZone'>,
): 'newPayee' | 'dailyCap' | undefined {
  if (observedUntil === null || asked.at >= observedUntil) return undefined;
  if (asked.newPayee && !payments.newPayees) return 'newPayee';
  const today = dayOf(asked.at, timeZone);
  const paid = made
    .filter(({ at }) => dayOf(at, timeZone) === today)
    .reduce((sum, { amountFen }) => sum + amountFen, 0);
  const cap = asked.kinds >= 2 ? payments.dailyCapTwoKindsFen : payments.dailyCapFen;
  return paid + asked.amountFen > cap ? 'dailyCap' : undefined;
}
