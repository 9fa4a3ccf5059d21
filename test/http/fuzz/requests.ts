import fc from 'fast-check';
import { garbage, headerText, nearly, type Schema, valid } from './values.ts';

/** One way to use the API, as its OpenAPI document has it. */
export interface Operation {
  path: string;
  method: string;
  parameters: { name: string; in: string; schema: Schema }[];
  body?: Schema;
  /** Media type by status. */
  answers: Record<string, { type: string; schema: Schema } | undefined>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Raw>>;
  components: { schemas: Record<string, Schema> };
}
type Content = Record<string, { schema: Schema }>;
interface Raw {
  parameters?: Operation['parameters'];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

/** The document's operations, with each reference put in. */
export function operationsOf({ paths, components }: OpenApi): Operation[] {
  const whole = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(whole);
    if (typeof schema !== 'object' || schema === null) return schema;
    const { $ref } = schema as Schema;
    if ($ref !== undefined) return whole(components.schemas[$ref.replace('#/components/schemas/', '')]);
    return Object.fromEntries(Object.entries(schema).map(([name, inner]) => [name, whole(inner)]));
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]): Operation => {
      const body = requestBody?.content['application/json']?.schema;
      const answers = Object.entries(responses).map(([status, { content = {} }]) => {
        const [first] = Object.entries(content);
        return [status, first && { type: first[0], schema: whole(first[1].schema) as Schema }];
      });
      return {
        path,
        method: method.toUpperCase(),
        parameters: whole(parameters) as Operation['parameters'],
        ...(body ? { body: whole(body) as Schema } : {}),
        answers: Object.fromEntries(answers),
      };
    }),
  );
}

/** Whose token a request has. */
const BEARERS = ['owner', 'contact', 'cancel', 'agent', 'staff', 'auditor', 'forged', 'none'] as const;
export type Bearer = (typeof BEARERS)[number];

/** A request before it is known where the recoveries stand. */
export interface Plan {
  operation: Operation;
  /** Of the two parties: whose recovery, whose token, whose device. */
  target: 0 | 1;
  party: 0 | 1;
  device: 0 | 1;
  bearer: Bearer;
  /** `allowed`: one of the events that the recovery takes now, filled in by `pick`. */
  body: { kind: 'allowed'; pick: number } | { kind: 'given'; text: string | undefined };
  path: string | undefined;
  method: string | undefined;
  query: string;
  headers: Record<string, string>;
  /** How many of the same at once. */
  times: number;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
const PATHS = [
  '/',
  '/v1',
  '/v1/',
  '/v1/recoveries/',
  '/v1/recoveries/x/y',
  '/v2/recoveries',
  '/docs/..',
  '/docs/x',
  '/.env',
  '//',
  '/%',
  '/%00',
  '/v1/recoveries/%2e%2e/audit',
  '/openapi.json/x',
  '/metrics/',
  '/health?x=1',
  '/v1/recoveries/__proto__',
  `/${'a'.repeat(3_000)}`,
];
const MEDIA = [
  'application/json',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'text/plain',
  'application/xml',
  'application/jsonp',
  'multipart/form-data; boundary=x',
  '',
];

/** More often the event that fits than any other. */
const eventsOf = (schema: Schema) => schema.oneOf ?? [schema];

/** The event of a type, from its schema. */
export function eventOf({ body }: Operation, type: string): fc.Arbitrary<unknown> {
  const schema = eventsOf(body ?? {}).find(({ title }) => title === type) ?? {};
  return fc.oneof({ weight: 5, arbitrary: valid(schema) }, { weight: 1, arbitrary: nearly(schema) });
}

function bodies({ path, body }: Operation): fc.Arbitrary<Plan['body']> {
  if (!body) return fc.constant({ kind: 'given', text: undefined });
  const json = (arbitrary: fc.Arbitrary<unknown>) =>
    arbitrary.map((value): Plan['body'] => ({ kind: 'given', text: JSON.stringify(value) }));
  const some = fc.constantFrom(...eventsOf(body));
  return fc.oneof(
    ...(path.endsWith('/events')
      ? [{ weight: 6, arbitrary: fc.nat(1_000).map((pick): Plan['body'] => ({ kind: 'allowed', pick })) }]
      : []),
    { weight: 3, arbitrary: json(some.chain(valid)) },
    { weight: 2, arbitrary: json(some.chain(nearly)) },
    { weight: 1, arbitrary: garbage().map((text): Plan['body'] => ({ kind: 'given', text })) },
  );
}

function headersFor({ parameters, body }: Operation): fc.Arbitrary<Record<string, string>> {
  const known = parameters.filter((parameter) => parameter.in === 'header' && parameter.name !== 'regain-device');
  const each = Object.fromEntries(
    known.map(({ name, schema }) => [
      name,
      fc
        .oneof(fc.constantFrom('"1"', '*', 'wait=1', 'k1', 'k2'), valid(schema).map(String), headerText())
        .filter(isHeader),
    ]),
  );
  const given = fc.record(each, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>;
  const odd = fc.dictionary(
    fc.constantFrom(
      'x-forwarded-for',
      'x-http-method-override',
      'date',
      'origin',
      'range',
      'expect',
      'te',
      'upgrade-insecure-requests',
      'accept',
      'cookie',
    ),
    headerText().filter(isHeader),
    { maxKeys: 2 },
  );
  const rarely = <T>(arbitrary: fc.Arbitrary<T>, nothing: T) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(nothing) }, arbitrary);
  const media = fc.oneof({ weight: 8, arbitrary: fc.constant(MEDIA[0] ?? '') }, fc.constantFrom(...MEDIA));
  return fc.tuple(rarely(given, {}), rarely(odd, {}), media).map(([some, others, type]) => {
    const { expect: _, ...rest } = others; // answered by Node itself
    return { ...rest, ...some, ...(body ? { 'content-type': type } : {}) };
  });
}

const isHeader = (value: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

function queries({ parameters }: Operation): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === 'query');
  if (known.length === 0) return fc.constantFrom('', '', '', '?x=1');
  const value = (schema: Schema) => fc.oneof({ weight: 3, arbitrary: valid(schema).map(String) }, headerText());
  const each = known.map(({ name, schema }) =>
    fc.option(value(schema).map((text) => `${name}=${encodeURIComponent(text)}`)),
  );
  return fc.tuple(...each).map((parts) => `?${parts.filter((part) => part !== null).join('&')}`);
}

/** Requests of every kind: most of them to what there is, a few to what there is not. */
export function plans(operations: readonly Operation[]): fc.Arbitrary<Plan> {
  const either = fc.constantFrom<0 | 1>(0, 0, 0, 1);
  const events = operations.filter(({ path }) => path.endsWith('/events'));
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...events) },
    { weight: 4, arbitrary: fc.constantFrom(...operations) },
  );
  const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.option(arbitrary, { freq: 1, nil: undefined }).map((value) => value);
  return operation.chain((chosen) =>
    fc.record<Plan>({
      operation: fc.constant(chosen),
      target: either,
      party: either,
      device: either,
      bearer: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Bearer>('owner') },
        { weight: 4, arbitrary: fc.constantFrom(...BEARERS) },
      ),
      body: bodies(chosen),
      path: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, fc.constantFrom(...PATHS)),
      method: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, rarely(fc.constantFrom(...METHODS))),
      query: queries(chosen),
      headers: headersFor(chosen),
      times: fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4),
    }),
  );
}
