import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { isFromHere } from '../inspect/access.ts';
import { RequestProblem } from './problems.ts';

/** Whoever asks for the inspector from another machine, through a proxy, or from somebody else's page: there is none. */
export async function onlyFromHere(c: Context, next: () => Promise<void>): Promise<void> {
  const { incoming } = c.env as HttpBindings;
  if (!isFromHere(incoming)) throw new RequestProblem('notFound', `there is no ${c.req.method} ${c.req.path}`);
  await next();
}
