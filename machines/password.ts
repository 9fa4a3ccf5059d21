import type { AccountFacts } from './account.ts';
import type { Policy } from './policy.ts';

/** What may be wrong with a new password (spec section 2). */
export const PASSWORD_FAULTS = [
  'notSixDigits',
  'mismatch',
  'repeatedDigit',
  'run',
  'repeatedPattern',
  'ownDigits',
] as const;

/** Why a new password is not taken, and which of the two entries is at fault (spec section 2). */
export interface PasswordFault {
  field: 'password' | 'confirmation';
  reason: (typeof PASSWORD_FAULTS)[number];
}

const isRun = (digits: string, by: 1 | -1) =>
  [...digits].every((digit, i) => i === 0 || Number(digit) === Number(digits[i - 1]) + by);

/** `121212` and `123123`: the same two or three digits over and over. */
const isPattern = (digits: string) =>
  [2, 3].some((size) => digits.length % size === 0 && digits.slice(0, size).repeat(digits.length / size) === digits);

/** Digits that anyone who knows the person would try first. */
function ownDigits(digits: string, { phone, realName }: AccountFacts): boolean {
  const [year = '', month = '', day = ''] = realName.birthDate.split('-');
  const dates = [year, year.slice(2)].flatMap((y) => [y + month + day, day + month + y, month + day + y]);
  return (
    dates.some((date) => date.includes(digits)) ||
    phone.endsWith(digits) ||
    (realName.documentNumberEnd?.replace(/\D/g, '').endsWith(digits) ?? false)
  );
}

/** The first fault of a new password, or undefined when it may be set. */
export function passwordFault(
  { password, confirmation }: { password: string; confirmation: string },
  account: AccountFacts | null,
  policy: Policy,
): PasswordFault | undefined {
  const wrong = (reason: PasswordFault['reason']): PasswordFault => ({ field: 'password', reason });
  if (!/^\d+$/.test(password) || password.length !== policy.password.digits) return wrong('notSixDigits');
  if (password !== confirmation) return { field: 'confirmation', reason: 'mismatch' };
  if (new Set(password).size === 1) return wrong('repeatedDigit');
  if (isRun(password, 1) || isRun(password, -1)) return wrong('run');
  if (isPattern(password)) return wrong('repeatedPattern');
  if (policy.password.refuseOwnDigits && account && ownDigits(password, account)) return wrong('ownDigits');
  return undefined;
}
