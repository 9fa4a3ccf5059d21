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
      case 'code.sent':
        return [{ kind: 'codeSent', path: null, at, until: null }];
      case 'path.failed':
        return [{ kind: 'pathFailed', path: null, at, until: event.until }];
      case 'manualReview.required':
        return [{ kind: 'manualReview', path: null, at, until: null }];
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
  const known: AccountFacts = {
    ...facts,
    attemptsToday: { ...facts.attemptsToday },
    emergency: { ...facts.emergency },
  };
  for (const entry of entries) {
    countEmergency(known.emergency, entry, now - policy.emergencyCode.window);
    if (entry.recoveryId === recoveryId) continue; // a recovery counts its own tries itself
    // What was counted on a later day, by a clock that was set back since, counts today too (R44).
    if (entry.kind === 'attempt' && entry.path !== null && dayOf(entry.at, policy.timeZone) >= today) {
      known.attemptsToday[entry.path] = Number(known.attemptsToday[entry.path] ?? 0) + 1;
    }
    if (entry.at > now - DAY) countDay(known, entry);
  }
  return known;
}

function countEmergency(
  emergency: AccountFacts['emergency'],
  { kind, at, until }: LedgerEntry,
  windowStart: Instant,
): void {
  if (kind === 'emergencyCode' && at > windowStart) emergency.codesInWindow += 1;
  if (kind === 'observed' && until !== null && until > (emergency.observedUntil ?? 0)) emergency.observedUntil = until;
}

/** What counts for 24 hours. */
function countDay(facts: AccountFacts, { kind, until }: LedgerEntry): void {
  if (kind === 'wrongCode') facts.wrongCodes += 1;
  if (kind === 'codeSent') facts.codesSent += 1;
  if (kind === 'manualReview') facts.manualReview = true;
  if (kind === 'pathFailed') {
    facts.failedPaths += 1;
    facts.waitUntil = Math.max(facts.waitUntil, until ?? 0);
  }
}

/**
 * The instant (ms) until which a limit may need an entry.
 * @param window how long emergency codes are counted, in ms.
 */
export function neededUntil({ kind, at, until }: LedgerEntry, window: number): Instant {
  switch (kind) {
    case 'emergencyCode':
      return at + window;
    case 'observed':
      return until ?? at;
    default:
      return at + 2 * DAY; // 24 hours, or a calendar day, which may be an hour longer
  }
}
