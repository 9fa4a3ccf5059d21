import { z } from 'zod';
import { duration } from '../../../machines/duration.ts';

/** Whether a store is named by the address of a PostgreSQL database, and not by a file. */
export const isPostgresUrl = (store: string): boolean => /^postgres(ql)?:\/\//.test(store);

/** How a PostgreSQL database is used. Spans of time may be written `5s`; in the parsed configuration they are ms. */
export const PostgresConfig = z.strictObject({
  /** `postgres://user:password@host:port/database`, with what the driver `pg` understands behind it, such as `?sslmode=`. */
  url: z.string().refine(isPostgresUrl, 'expected postgres://…'),
  /** Connections at most. */
  connections: z.int().min(2).default(10),
  connectTimeout: z.prefault(duration(), '3s'),
  /** After this a statement is given up, whether or not the server answers. */
  statementTimeout: z.prefault(duration(), '10s'),
  /** For how long one of several hosts has what it took: calls are kept for longer while they run. */
  lease: z.prefault(duration(), '10s'),
  /** How long something is tried again that the server, or the way to it, refuses; as long as a fail-over takes. */
  patience: z.prefault(duration(), '15s'),
});
export type PostgresConfig = z.infer<typeof PostgresConfig>;
export type PostgresConfigInput = z.input<typeof PostgresConfig>;

/** The address without its password, for messages. */
export function nameOf({ url }: Pick<PostgresConfig, 'url'>): string {
  return url.replace(/^(\w+:\/\/)([^@/]*@)?([^?]*).*$/, '$1$3');
}
