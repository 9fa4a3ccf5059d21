import { z } from 'zod';
import { type EventName, events, type RecoveryEvent } from '../../machines/events.ts';
import { type PortName, ports } from '../../machines/ports.ts';
import type { By } from '../../src/host/api.ts';

/** Event cases and answers of ports: drawn from their schemas, with boundary values where the policy has a boundary. */

type Plain = Record<string, unknown>;
interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  minLength?: number;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** Values by field, where a schema does not know what the account and the policy know. */
export type Domain = Readonly<Record<string, readonly unknown[]>>;

/** What a schema permits: every choice where it names them, else the least. */
function valuesOf(schema: JsonSchema): unknown[] {
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum;
  if (schema.anyOf) return schema.anyOf.flatMap(valuesOf);
  switch (schema.type) {
    case 'boolean':
      return [true, false];
    case 'integer':
    case 'number':
      return [schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1];
    case 'string':
      return ['x'.repeat(Math.max(schema.minLength ?? 0, 1))];
    case 'array': {
      const [item] = valuesOf(schema.items ?? {});
      return (schema.minItems ?? 0) > 0 ? [[item]] : [[], [item]];
    }
    case 'object':
      return objectsOf(schema, {});
    default:
      return [{}];
  }
}

/** More combinations than these are not made: then each field varies by itself. */
const FEW = 12;

/** Objects with every combination of the fields' values where there are few, else each value once, and all that may be given. */
function objectsOf({ properties = {}, required = [] }: JsonSchema, domain: Domain): Plain[] {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const known = domain[name] ?? valuesOf(schema);
    return { name, values: required.includes(name) ? known : [undefined, ...known] };
  });
  if (fields.reduce((count, { values }) => count * values.length, 1) <= FEW) {
    return fields.reduce<Plain[]>(
      (made, { name, values }) => made.flatMap((object) => values.map((value) => withField(object, name, value))),
      [{}],
    );
  }
  const least = fields.reduce<Plain>((object, { name, values }) => withField(object, name, values[0]), {});
  const most = fields.reduce<Plain>((object, { name, values }) => withField(object, name, values.at(-1)), {});
  const variants = fields.flatMap(({ name, values }) => values.slice(1).map((value) => withField(least, name, value)));
  return [least, ...variants, most];
}

const withField = (object: Plain, name: string, value: unknown): Plain =>
  value === undefined ? object : { ...object, [name]: value };

const jsonOf = (schema: z.core.$ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
const fits = (schema: z.core.$ZodType, value: unknown) => z.safeParse(schema, value).success;

const senders = (type: EventName, event: Plain): By[] => {
  switch (events[type].from) {
    case 'contact':
      return [{ role: 'contact', id: String(event.contactId) }];
    case 'agent':
      return [
        { role: 'agent', id: 'ann' },
        { role: 'agent', id: 'bo' },
      ];
    case 'staff':
      return [{ role: 'staff', id: 'sam' }];
    case 'owner':
      return [{ role: 'owner' }];
  }
};

/** Remembers what was made for a domain: a graph asks for the same at every state. */
function remembered<K extends string, V>(make: (name: K, domain: Domain) => V): (name: K, domain: Domain) => V {
  const known = new WeakMap<Domain, Map<K, V>>();
  return (name, domain) => {
    const byName = known.get(domain) ?? new Map<K, V>();
    known.set(domain, byName);
    const value = byName.get(name) ?? make(name, domain);
    byName.set(name, value);
    return value;
  };
}

/** Cases of one event, each as its schema has it. */
export const eventCases = remembered(makeEventCases);
/** What a port may answer, each as its schema has it. */
export const answersOf = remembered(makeAnswers);

function makeEventCases(type: EventName, domain: Domain): { event: RecoveryEvent; by: By }[] {
  const { schema } = events[type];
  const made = objectsOf(jsonOf(schema, 'input'), domain);
  const fitting = made.filter((event) => fits(schema, event));
  if (fitting.length === 0) throw new Error(`no case of '${type}' fits its schema: ${JSON.stringify(made[0])}`);
  return fitting.flatMap((event) => senders(type, event).map((by) => ({ event: event as RecoveryEvent, by })));
}

function makeAnswers(port: PortName, domain: Domain): unknown[] {
  const { output } = ports[port];
  const own = domain[port];
  const made = own ?? objectsOf(jsonOf(output, 'output'), domain);
  const fitting = made.flatMap((answer) => {
    const parsed = output.safeParse(answer);
    return parsed.success ? [parsed.data] : [];
  });
  if (fitting.length === 0) throw new Error(`no answer of '${port}' fits its schema`);
  return fitting;
}
