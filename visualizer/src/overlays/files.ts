import { z } from 'zod';
import type { Moved } from './statistics.ts';

const Instant = z.union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]);
const Entry = z
  .object({ at: Instant, data: z.object({ to: z.string().optional() }) })
  .transform(({ at, data: { to } }): Moved => ({ at, ...(to === undefined ? {} : { to }) }));
const Trail = z.array(Entry);
/** What `regain inspect --json` writes, and what the page gets of the service. */
const Inspected = z
  .union([z.object({ audit: Trail }), z.object({ history: Trail })])
  .transform((one) => ('audit' in one ? one.audit : one.history));

/** One trail, or a list of what has one. */
const Trails = z.union([
  Inspected.transform((trail) => [trail]),
  z.array(Inspected).min(1),
  Trail.min(1).transform((trail) => [trail]),
]);

/**
 * Reads audit trails: what `regain inspect --json` or the service's `/audit` gives, or a list of the former.
 * @throws Error that says what is wrong.
 */
export function readTrails(json: string): Moved[][] {
  const result = Trails.safeParse(JSON.parse(json));
  if (result.success) return result.data;
  throw new Error('no audit trail: expected what regain inspect --json writes, or a list of that');
}
