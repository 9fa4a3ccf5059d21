import type { AccountFacts } from '../../machines/account.ts';
import { dayOf } from '../../machines/calendar.ts';
import type { Policy } from '../../machines/policy.ts';
import type { Emitted, Instant } from '../core/index.ts';
import type { LedgerEntry } from '../store/types.ts';

const DAY = 24 * 60 * 60 * 1_000;

/** What a step adds to the account's ledger. */
export function ledgerEntries(emitted: readonly Emitted[], at: Instant): LedgerEntry[] {
  return emitted.flatMap(({ event }): LedgerEntry[] => {
    switch (event.type) {
      case 'attempt.spent':
        return [{ kind: 'attempt', path: event.path, at, until: null }];
      case 'code.wrong':
        return [{ kind: 'wrongCode', path: null, at, until: null }];
      case 'emergencyCode.issued':
        return [{ kind: 'emergencyCode', path: null, at, until: null }];
      case 'account.observed':
        return [{ kind: 'observed', path: null, at, until: event.until }];
      default:
        return [];
    }
  });
}

/**
 * The facts that the host gave, with what the ledger knows of the account's other recoveries: limits hold over
 * recoveries, paths and restarts (R11, R12).
 */
export function withLedger(
  facts: AccountFacts,
  entries: readonly (LedgerEntry & { recoveryId: string })[],
  recoveryId: string,
  policy: Policy,
  now: Instant,
): AccountFacts {
  const today = dayOf(now, policy.timeZone);
  const attemptsToday = { ...facts.attemptsToday };
  const emergency = { ...facts.emergency };
  let wrongCodes = facts.wrongCodes;
  for (const { kind, path, at, until, recoveryId: origin } of entries) {
    if (kind === 'emergencyCode' && at > now - policy.emergencyCode.window) emergency.codesInWindow += 1;
    if (kind === 'observed' && until !== null && until > (emergency.observedUntil ?? 0))
      emergency.observedUntil = until;
    if (origin === recoveryId) continue; // a recovery counts its own tries itself
    if (kind === 'wrongCode' && at > now - DAY) wrongCodes += 1;
    if (kind === 'attempt' && path !== null && dayOf(at, policy.timeZone) === today) {
      attemptsToday[path] = Number(attemptsToday[path] ?? 0) + 1;
    }
  }
  return { ...facts, attemptsToday, emergency, wrongCodes };
}
