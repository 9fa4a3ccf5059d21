import type { z } from '@hono/zod-openapi';
import { Problem } from './problems.ts';

/** Answers, as the OpenAPI document describes them. */

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem.openapi('Problem') } },
});

export const json = <T extends z.ZodType>(schema: T, description: string, headers: Record<string, string> = {}) => ({
  description,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, about]) => [name, { description: about, schema: { type: 'string' as const } }]),
  ),
  content: { 'application/json': { schema } },
});
