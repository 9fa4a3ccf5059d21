import { core } from 'zod';
import { type Policy, type PolicyInput, policyOf } from '../../machines/policy.ts';
import { issuesText } from '../issues.ts';

/** A policy with figures that are unknown, wrong, or do not fit each other; the message names each. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * A complete policy from any part of one.
 * @throws PolicyError
 */
export function checkedPolicy(input: PolicyInput): Policy {
  try {
    return policyOf(input);
  } catch (error) {
    if (!(error instanceof core.$ZodError)) throw error;
    throw new PolicyError(`the policy cannot be used: ${issuesText(error)}`, { cause: error });
  }
}
