import fc from 'fast-check';

/** As much of JSON Schema as the API's document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  title?: string;
}

const WORDS = [
  'bankCard',
  'idCard',
  'transactionHistory',
  'securityContacts',
  'appeal',
  'biometric',
  'voice',
  'emergencyCode',
];
/** `$name` stands for what the person who sends it would know; it is put in when it is sent. */
const KNOWN: Record<string, unknown[]> = {
  accountId: ['$account'],
  deviceId: ['$device'],
  path: WORDS,
  cardId: ['c1'],
  contactId: ['$contact'],
  contactIds: [['$contact', '$contact2', '$contact3']],
  token: ['$link'],
  code: ['$code'],
  password: ['294817', '$secret'],
  confirmation: ['294817', '$secret'],
  questionId: ['$question'],
  answer: ['$answer'],
  institutionToken: ['$institution'],
  key: ['3', 3],
  amountFen: [1, 50_000, 50_001],
  emailPrefix: ['$secret'],
  firstDeviceModel: ['$secret'],
};

/** Text of any kind, nasty more often than not. */
const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '',
      ' ',
      '\0',
      '__proto__',
      'constructor',
      '../..',
      '%00',
      '\n{"level":60}',
      '\u202e',
      "'; drop table recoveries; --",
      '{{7*7}}',
      '😀',
      '\ud800',
    ),
    fc.string({ minLength: 100, maxLength: 600 }),
  );

function texts({ pattern, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).map((each) => each.slice(0, maxLength));
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60) });
}

function objects(schema: Schema): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(schema.properties ?? {});
  const values = Object.fromEntries(properties.map(([name, inner]) => [name, named(name, inner)]));
  return fc.record(values, { requiredKeys: schema.required ?? [] }) as fc.Arbitrary<Record<string, unknown>>;
}

function named(name: string, schema: Schema): fc.Arbitrary<unknown> {
  const known = KNOWN[name];
  return known ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, valid(schema)) : valid(schema);
}

/** Values that a schema allows. */
export function valid(schema: Schema): fc.Arbitrary<unknown> {
  const { anyOf, oneOf, type, items, minimum, maximum, exclusiveMinimum } = schema;
  const choices = anyOf ?? oneOf;
  if (choices) return fc.oneof(...choices.map(valid));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer({ min: minimum ?? (exclusiveMinimum ?? -1) + 1, max: Math.min(maximum ?? 1e6, 1e9) });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valid(items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return objects(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** A valid object with one thing wrong. */
export function nearly(schema: Schema): fc.Arbitrary<unknown> {
  const names = Object.keys(schema.properties ?? {});
  const fault = fc.record({
    name: fc.constantFrom(...names, 'at', 'agentId', '__proto__', 'toString'),
    value: fc.oneof(
      text(),
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(null, [], {}, 1e308, -1, 0.5, { toString: 1 }),
    ),
    without: fc.boolean(),
  });
  return fc.tuple(valid(schema), fault).map(([value, { name, value: wrong, without }]) => {
    const rest = Object.entries(value as object).filter(([each]) => each !== name);
    return Object.fromEntries(without ? rest : [...rest, [name, wrong]]);
  });
}

/** Bytes of a body that is none. */
export const garbage = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.json(),
    text(),
    fc.constantFrom(
      '',
      '{',
      '[]',
      'null',
      '"',
      '{"type":',
      '\ufeff{}',
      '{"type":"path.leave"}x',
      '[[[[',
      '1e999',
      '{"type":["path.leave"]}',
    ),
    fc.constant(`{"a":${'['.repeat(20_000)}`),
    fc.constant(JSON.stringify({ type: 'path.choose', path: 'x'.repeat(70_000) })),
  );

/** What may stand in a header. */
export const headerText = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
    fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,60}$/),
    fc.constantFrom(
      '',
      '*',
      '"1"',
      'W/"1"',
      'wait=0',
      'wait=1',
      'wait=99999999999',
      '-1',
      '1e9',
      '0',
      'x'.repeat(3_000),
    ),
  );
