import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
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

/**
 * 413 for a body of more bytes than `most`. One that says how long it is, as most do, is judged by that: it is not wrapped into a
 * stream, which takes longer than to read it.
 */
export function limitedBody(most: number): MiddlewareHandler {
  const onError = () => {
    throw new RequestProblem('tooLarge', `a body may have ${most} bytes`);
  };
  const counted = bodyLimit({ maxSize: most, onError });
  return (c, next) => {
    if (c.req.header('Transfer-Encoding') !== undefined) return counted(c, next);
    return Number(c.req.header('Content-Length') ?? 0) > most ? onError() : next();
  };
}

/** 400: not a request that this API has. */
export const malformed = (message: string, field: string) =>
  new RequestProblem('invalidEvent', message, { field }, { status: 400 });

/** The field that did not fit; `body` for the whole. */
export function fieldOf(issue: z.core.$ZodIssue | undefined): string {
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  return [...(issue?.path ?? []), ...keys.slice(0, 1)].join('.') || 'body';
}
