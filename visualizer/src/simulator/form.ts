import { z } from 'zod';

/** A field of a form, made from a schema. */
export type Field =
  | { kind: 'text'; long?: boolean }
  | { kind: 'number' }
  | { kind: 'boolean' }
  | { kind: 'choice'; options: (string | number | boolean | null)[] }
  | { kind: 'fixed'; value: unknown }
  | { kind: 'list'; item: Field }
  | { kind: 'group'; fields: NamedField[] }
  /** Names and values that the schema leaves open. */
  | { kind: 'record'; value: Field }
  | { kind: 'either'; options: Field[] }
  /** Anything at all, written as JSON. */
  | { kind: 'json' };

export interface NamedField {
  name: string;
  field: Field;
  required: boolean;
}

interface Schema {
  type?: string;
  const?: unknown;
  enum?: (string | number | boolean | null)[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  maxLength?: number;
}

/** Longer texts get more than one line. */
const LONG = 400;

/** The form of what a schema takes in. */
export const formOf = (schema: z.core.$ZodType): Field =>
  fieldOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema);

function fieldOf(schema: Schema): Field {
  const either = schema.anyOf ?? schema.oneOf;
  if ('const' in schema) return { kind: 'fixed', value: schema.const };
  if (schema.enum) return { kind: 'choice', options: schema.enum };
  if (either) return { kind: 'either', options: either.map(fieldOf) };
  switch (schema.type) {
    case 'string':
      return { kind: 'text', ...((schema.maxLength ?? 0) >= LONG ? { long: true } : {}) };
    case 'number':
    case 'integer':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'null':
      return { kind: 'fixed', value: null };
    case 'array':
      return { kind: 'list', item: schema.items ? fieldOf(schema.items) : { kind: 'json' } };
    case 'object':
      return objectOf(schema);
    default:
      return { kind: 'json' };
  }
}

function objectOf({ properties, required = [], additionalProperties }: Schema): Field {
  const names = Object.entries(properties ?? {});
  if (names.length === 0 && typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0) {
    return { kind: 'record', value: fieldOf(additionalProperties) };
  }
  if (names.length === 0 && additionalProperties !== false) return { kind: 'json' };
  return {
    kind: 'group',
    fields: names.map(([name, each]) => ({ name, field: fieldOf(each), required: required.includes(name) })),
  };
}

/** What a field holds before anybody has filled it in. */
export function emptyOf(field: Field): unknown {
  switch (field.kind) {
    case 'text':
      return '';
    case 'boolean':
      return false;
    case 'choice':
      return field.options[0];
    case 'fixed':
      return field.value;
    case 'list':
      return [];
    case 'group':
      return Object.fromEntries(
        field.fields.filter(({ required }) => required).map(({ name, field: each }) => [name, emptyOf(each)]),
      );
    case 'record':
      return {};
    case 'either':
      return emptyOf(field.options[0] ?? { kind: 'json' });
    default:
      return undefined;
  }
}

/** Which of several fields a value belongs to; the first where none fits. */
export function optionFor(options: readonly Field[], value: unknown): number {
  const index = options.findIndex((field) => fits(field, value));
  return Math.max(index, 0);
}

function fits(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return field.options.some((option) => option === value);
    case 'fixed':
      return field.value === value;
    case 'list':
      return Array.isArray(value);
    case 'group':
    case 'record':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'either':
      return field.options.some((option) => fits(option, value));
    case 'json':
      return value !== undefined;
  }
}

/** What is wrong with a value, by the path of the field; empty when nothing is. */
export type Faults = ReadonlyMap<string, string>;

const LOCALES = { en: z.locales.en, 'zh-CN': z.locales.zhCN };

/** What a schema says of a value, in a language where the schema has no words of its own. */
export function faultsOf(schema: z.core.$ZodType, value: unknown, locale: keyof typeof LOCALES): Faults {
  const { localeError } = LOCALES[locale]();
  const result = z.safeParse(schema, value, { error: (issue) => localeError(issue as never) });
  if (result.success) return new Map();
  return new Map(result.error.issues.map(({ path, message }) => [path.map(String).join('.'), message]));
}
