import type { ObjectOptions } from '@restatedev/restate-sdk';

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/**
 * How Restate runs what is ours. Nothing of an invocation is kept once it has ended; what fails for a reason that may pass is
 * tried again for ever, soon at first.
 */
export const OBJECT = {
  journalRetention: 0,
  idempotencyRetention: 0,
  retryPolicy: { initialInterval: 50, exponentiationFactor: 2, maxInterval: 10 * SECOND },
} satisfies ObjectOptions;

/** A registry may take a quarter of an hour to answer: no call is cut off for being slow. */
export const PATIENT = { ...OBJECT, inactivityTimeout: DAY, abortTimeout: DAY } satisfies ObjectOptions;
