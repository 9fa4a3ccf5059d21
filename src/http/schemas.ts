import { z } from '@hono/zod-openapi';
import { Device } from '../../machines/account.ts';
import type { EventRegistry } from '../../machines/events.ts';

/** Shapes of the API, for the checks and for the OpenAPI document. */

export const RecoveryIdText = z.string().regex(/^[\w-]{1,64}$/, 'expected the id that a start gave');

export const RecoveryId = RecoveryIdText.openapi({
  param: { name: 'recoveryId', in: 'path' },
  example: '7f9c24e8-3b12-4fef-91e0-5a2c0d1e8b77',
});

const Language = z.string().optional().describe('of what is for people: `zh-CN` (the default) or `en`');
const DeviceId = z.string().max(128).optional().describe('the device of the owner; needed with an owner’s token');

/** A key that the client makes up for each request; any visible characters. */
const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 visible ASCII characters')
  .optional();

const PostHeaders = z.object({
  'accept-language': Language,
  'idempotency-key': IdempotencyKey.describe('a repeat with the same key and body gets the same answer'),
});

/** Whoever repeats a start gets its token: the key is as good as a secret. */
export const StartHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{16,128}$/, 'expected 16 to 128 visible ASCII characters that nobody guesses')
    .optional()
    .describe('a repeat with the same key and body gets the same answer, token included'),
});

export const EventHeaders = PostHeaders.extend({
  'if-match': z
    .string()
    .regex(
      /^(\*|"\d{1,15}(-[\w.-]{1,100})?")$/,
      'expected an ETag of the recovery, such as "7-en-owner", or its version, such as "7"',
    )
    .optional()
    .describe('the event is taken in the version of this ETag only, whatever its language'),
  'regain-device': DeviceId,
});

export const ReadHeaders = z.object({
  'accept-language': Language,
  'if-none-match': z.string().optional().describe('the ETag that the client has'),
  'regain-device': DeviceId,
  prefer: z
    .string()
    .max(100)
    .optional()
    .describe('`wait=N`: answer when nothing is under way any more, after N seconds at the latest (RFC 7240)'),
});

/** Described by hand: zod's small form, in which the machines have it, is strange to the library of the document. */
const { $schema: _, ...deviceJson } = z.toJSONSchema(Device, { io: 'input' });
const DeviceBody = z
  .unknown()
  .pipe(Device)
  .openapi(deviceJson as object);

export const StartBody = z
  .strictObject({
    accountId: z.string().min(1).max(128),
    device: DeviceBody,
  })
  .openapi('Start', { example: { accountId: 'a1', device: { deviceId: 'd1' } } });

export const Started = z
  .object({
    recoveryId: z.string(),
    /** For the recovery alone, and from this device only. */
    token: z
      .string()
      .optional()
      .describe(
        'bearer token of the owner, for this recovery alone, from this device alone; not where it was begun before',
      ),
  })
  .openapi('Started');

export const StreamHeaders = z.object({
  'regain-device': DeviceId,
  'last-event-id': z.string().max(20).optional().describe('the last entry that was received'),
});

const Instant = z.iso.datetime();
const Text = z.string();

const AllowedEvent = z.object({
  type: z.string(),
  text: Text.describe('what the person would do'),
  schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the event'),
});

const Attempt = z.object({ path: z.string(), outcome: z.string(), reason: z.string().optional() });

export const Recovery = z
  .object({
    recoveryId: z.string(),
    accountId: z.string(),
    version: z.int().describe('counts committed changes; the ETag begins with it'),
    status: z.enum(['active', 'done', 'stuck']),
    state: z.string().describe('the parent’s state, the path, and the path’s state, joined by dots'),
    text: Text.describe('what is happening, in the language asked for'),
    tags: z.array(z.string()),
    eligible: z.array(z.object({ path: z.string(), title: Text })).describe('paths that may be chosen'),
    ineligible: z.array(z.object({ path: z.string(), title: Text, reason: z.string(), text: Text })),
    allowed: z.array(AllowedEvent).describe('events that the sender of this request may send now'),
    deadlines: z.array(z.object({ name: z.string(), text: Text, at: Instant })),
    told: z.object({ reason: z.string(), text: Text }).optional().describe('what is told of the last try'),
    details: z.record(z.string(), z.unknown()).optional().describe('what the path under way has to show'),
    risk: z.string().optional(),
    output: z
      .object({
        outcome: z.string(),
        path: z.string().optional(),
        reason: z.string().optional(),
        attempts: z.array(Attempt),
      })
      .optional(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .openapi('Recovery');
export type Recovery = z.infer<typeof Recovery>;

/** What a contact, a witness or whoever was given a way to cancel may know: nothing of the account (R58). */
export const Glimpse = z
  .object({
    recoveryId: z.string(),
    version: z.int(),
    status: z.enum(['active', 'done', 'stuck']),
    allowed: z.array(AllowedEvent),
    until: Instant.optional().describe('when something happens by itself, at the latest'),
  })
  .openapi('Glimpse');
export type Glimpse = z.infer<typeof Glimpse>;

export const Summary = z
  .object({
    recoveryId: z.string(),
    accountId: z.string(),
    status: z.string(),
    state: z.string(),
    version: z.int(),
    policyVersion: z.string(),
    machineVersion: z.string(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .openapi('Summary');

export const ListQuery = z.strictObject({
  accountId: z.string().min(1).max(128).optional(),
  status: z.enum(['active', 'done', 'stuck']).optional(),
  state: z.string().min(1).max(200).optional().describe('a state, or the beginning of one: `verifying.appeal`'),
  after: RecoveryIdText.optional().describe('the id of the last one that was received: those behind it'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const AuditQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .openapi({ type: 'integer', description: 'entries behind this number' }),
});

export const AuditTrail = z
  .array(
    z.object({
      seq: z.int(),
      at: Instant,
      kind: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  )
  .openapi('AuditTrail');

type JsonSchema = Record<string, unknown>;

/** JSON Schemas of the events, by type: plain, for a client to check a form with. */
export function eventSchemas(events: EventRegistry): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(events).map(([type, { schema }]) => {
      const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', override: withoutNotes });
      return [type, json];
    }),
  );
}

/** Notes that are for the library alone. */
function withoutNotes({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  delete jsonSchema.secret;
  delete jsonSchema.evidence;
}

/** How the events of the API are described in its OpenAPI document. */
export const eventBody = (schemas: Record<string, JsonSchema>): JsonSchema => ({
  oneOf: Object.entries(schemas).map(([type, schema]) => ({ title: type, ...schema })),
});
