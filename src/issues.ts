import type { core } from 'zod';

/** As zod says of a field that is not there. */
const MISSING = /^Invalid input: expected (.*), received undefined$/;

/**
 * What is wrong with a part of something, as messages say it: `contacts.quorum: must be …`, `unknown key 'quorun' in contacts`.
 * @param at where the part is.
 */
export function issueText(issue: core.$ZodIssue, at: readonly PropertyKey[] = []): string {
  const where = [...at, ...issue.path].map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const message = issue.message.replace(MISSING, 'is missing: expected $1');
    return where ? `${where}: ${message}` : message;
  }
  return `unknown key '${issue.keys[0] ?? ''}'${where ? ` in ${where}` : ''}`;
}

/** All that is wrong, in one line. */
export const issuesText = ({ issues }: core.$ZodError): string => issues.map((issue) => issueText(issue)).join('; ');
