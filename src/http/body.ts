import type { Context } from 'hono';
import type { z } from 'zod';
import { RequestProblem } from './problems.ts';

/** @throws RequestProblem 415 for another media type than JSON, 400 for what is no JSON. */
export async function jsonBody(c: Context): Promise<unknown> {
  if (!/^application\/json *(;|$)/i.test(c.req.header('Content-Type') ?? '')) {
    throw new RequestProblem('notJson', 'the body has to be application/json');
  }
  return c.req.json().catch((error: unknown) => {
    if (error instanceof RequestProblem) throw error; // too large
    throw malformed('the body is no JSON', 'body');
  });
}

/** 400: not a request that this API has. */
export const malformed = (message: string, field: string) =>
  new RequestProblem('invalidEvent', message, { field }, { status: 400 });

/** The field that did not fit; `body` for the whole. */
export function fieldOf(issue: z.core.$ZodIssue | undefined): string {
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  return [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.') || 'body';
}
