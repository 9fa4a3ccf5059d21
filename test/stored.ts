import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { events } from '../machines/events.ts';
import { secretFields } from '../src/host/marks.ts';
import type { Scenario } from '../src/scenario/schema.ts';

/** Every text and number in the secret fields of the events that a scenario sends. */
export function secretsOf({ steps }: Scenario): string[] {
  const leaves = (value: unknown): string[] => {
    if (value === null || value === undefined) return [];
    return typeof value === 'object' ? Object.values(value).flatMap(leaves) : [String(value)];
  };
  return steps.flatMap((step) => {
    if (!('send' in step)) return [];
    const { type, ...fields } = step.send;
    const spec = events[type as keyof typeof events] as { schema: z.core.$ZodObject } | undefined;
    return spec ? secretFields(spec.schema).flatMap((name) => leaves(fields[name])) : [];
  });
}

/** The bytes of every file that SQLite keeps beside each other. */
export const bytesOf = (file: string): string =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .map((name) => readFileSync(join(dirname(file), name), 'latin1'))
    .join('');

/** Digits alone may stand in any instant, a short word in any other: as a value they stand in quotes, or after a colon. */
export function holds(bytes: string, secret: string): boolean {
  const utf8 = Buffer.from(secret, 'utf8').toString('latin1');
  if (secret.length > 5 && !/^\d+$/.test(secret)) return bytes.includes(utf8);
  return bytes.includes(`"${utf8}"`) || new RegExp(`:${utf8}[,}\\]]`).test(bytes);
}
