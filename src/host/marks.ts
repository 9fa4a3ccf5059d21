import { type core, globalRegistry } from 'zod';

// What the marks of a schema say of a record. Apart from the ciphers, so that it runs in a browser, too.

const LONGEST_TEXT = 300;

type Part = Record<string, unknown>;

interface Def {
  innerType?: core.$ZodType;
}

/** Whether a schema, or what it wraps, has a mark. */
function isMarked(schema: core.$ZodType, mark: 'secret' | 'evidence'): boolean {
  if (globalRegistry.get(schema)?.[mark] === true) return true;
  const inner = (schema._zod.def as Def).innerType;
  return inner !== undefined && isMarked(inner, mark);
}

const markedFields = (schema: core.$ZodObject, mark: 'secret' | 'evidence') =>
  Object.entries(schema._zod.def.shape)
    .filter(([, field]) => isMarked(field as core.$ZodType, mark))
    .map(([name]) => name);

/** Top-level fields of an object schema that are marked secret. */
export const secretFields = (schema: core.$ZodObject): string[] => markedFields(schema, 'secret');

/** Top-level fields of an object schema that hold references to evidence. */
export const evidenceFields = (schema: core.$ZodObject): string[] => markedFields(schema, 'evidence');

/** A text without the secrets of the record that it speaks of, and no longer than a line or two. */
export function scrubbed(text: string, record: unknown, fields: readonly string[]): string {
  const leaves = (value: unknown): string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
  const secrets = fields.flatMap((name) => leaves((record as Part | null)?.[name])).filter((each) => each !== '');
  return secrets.reduce((clean, each) => clean.replaceAll(each, '[secret]'), text).slice(0, LONGEST_TEXT);
}

/** The record without its secret fields, for the audit trail. */
export function redacted(record: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, fields.includes(name) ? '[secret]' : value]),
  );
}
