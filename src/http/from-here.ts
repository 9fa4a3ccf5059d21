import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { isFromHere } from '../inspect/access.ts';
import { RequestProblem } from './problems.ts';

/** Whether a request comes from a program on this machine or a page of it, and through no proxy. */
export const comesFromHere = (c: Context): boolean => isFromHere((c.env as HttpBindings).incoming);

/** Whoever asks for what is behind it from another machine, through a proxy, or from somebody else's page: there is none. */
export async function onlyFromHere(c: Context, next: () => Promise<void>): Promise<void> {
  if (!comesFromHere(c)) throw new RequestProblem('notFound', `there is no ${c.req.method} ${c.req.path}`);
  await next();
}
