import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { RecoveryEvent } from '../../machines/events.ts';
import { recoveryMachineOf } from '../../machines/recovery.ts';
import { hint } from '../adapters/nearest.ts';
import type { RecoverySummary } from '../host/api.ts';
import { Refusal } from '../host/refusal.ts';
import type { RecoveryView } from '../host/view.ts';
import { knownStates } from '../scenario/states.ts';
import { type Locale, localeOf } from '../texts/index.ts';
import { authenticate, byOf, concerns, maySend, needsRole, readerOf, refusalFor, seesAll } from './access.ts';
import type { App, Parts } from './app.ts';
import { jsonBody, malformed } from './body.ts';
import { addressOf } from './limits.ts';
import { instant } from './presenter.ts';
import { json, problem } from './responses.ts';
import * as schemas from './schemas.ts';
import type { Principal } from './tokens.ts';
import { settled, waitOf } from './wait.ts';

const PROBLEMS = {
  400: problem('the request is malformed'),
  503: problem('the store cannot be used now; send the same again'),
};
const POSTED = {
  413: problem('the body is too large'),
  415: problem('the body is no JSON'),
  429: problem('too many requests, or a limit of the policy; see Retry-After'),
};
const FOR_SOME = {
  401: problem('no token, or not a good one'),
  403: problem('this token does not permit that'),
};
const SHOWN = {
  ETag: 'the version of the recovery, the language and for whom it is shown',
  'Content-Language': 'of all that is for people',
};
const params = z.object({ recoveryId: schemas.RecoveryId });
const security = [{ bearer: [] }];

/** Everything about recoveries. */
export function recoveryRoutes(app: App, parts: Parts): void {
  const { recoveries, tokens, limits, presenter, streams, config, events, stopping } = parts;

  const states = knownStates(recoveryMachineOf(presenter.paths));

  /** A recovery as a principal may see it. */
  function shown(c: Context, view: RecoveryView, principal: Principal) {
    const locale = localeIn(c);
    c.header('Content-Language', locale);
    c.header('Vary', 'Accept-Language, Authorization');
    c.header('ETag', etagOf(view, locale, principal));
    const may = (type: string) => maySend(principal, type, events);
    return seesAll(principal) ? presenter.recovery(view, locale, may) : presenter.glimpse(view, locale, may);
  }

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/recoveries',
      operationId: 'startRecovery',
      tags: ['recoveries'],
      summary: 'Start a recovery',
      description:
        'For an unknown account the answer is the same, and so is what follows: every way back needs something that only ' +
        'an account has. A second start from the same device gives the id of the live recovery, and no token: that went to whoever ' +
        'began it. A repeat under the same `Idempotency-Key` gets the same answer, token included: make it one that nobody guesses.',
      request: {
        headers: schemas.StartHeaders,
        body: { required: true, content: { 'application/json': { schema: schemas.StartBody } } },
      },
      responses: {
        201: json(schemas.Started, 'the recovery has begun', { Location: 'path of the recovery' }),
        409: problem('the account is being recovered from another device'),
        ...POSTED,
        ...PROBLEMS,
      },
    }),
    async (c) => {
      const { accountId, device } = c.req.valid('json');
      const ip = addressOf(c, config.trustedProxies);
      const { recoveryId, existing, at } = await recoveries.start({ accountId, device, network: { ip } }, undefined, {
        idempotencyKey: c.req.valid('header')['idempotency-key'],
        admit: () =>
          limits.count({
            startsByAddress: ip,
            startsByDevice: device.deviceId,
            startsByAccount: `${accountId} from ${ip}`,
          }),
      });
      c.header('Location', `/v1/recoveries/${recoveryId}`);
      // Whoever names an account and a device is not yet the one who began: the token goes out once.
      if (existing) return c.json({ recoveryId }, 201);
      return c.json({ recoveryId, token: await tokens.owner(recoveryId, device.deviceId, at) }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recoveries/{recoveryId}',
      operationId: 'getRecovery',
      tags: ['recoveries'],
      summary: 'See where a recovery stands',
      description: 'Owners and agents see the recovery; contacts and witnesses see what is asked of them, and no more.',
      security,
      request: { params, headers: schemas.ReadHeaders },
      responses: {
        200: json(z.union([schemas.Recovery, schemas.Glimpse]), 'the recovery', SHOWN),
        304: { description: 'it is still as it was shown under the ETag of If-None-Match' },
        404: problem('there is no such recovery'),
        ...FOR_SOME,
        ...PROBLEMS,
      },
    }),
    async (c) => {
      const principal = await authenticate(c, tokens);
      const { recoveryId } = c.req.valid('param');
      concerns(principal, recoveryId);
      const seconds = waitOf(c.req.valid('header').prefer);
      if (seconds > 0) await settled(recoveries, recoveryId, seconds, stopping);
      const view = await recoveries.get(recoveryId, readerOf(principal));
      const body = shown(c, view, principal);
      if (hasSeen(c.req.header('If-None-Match'), etagOf(view, localeIn(c), principal))) return c.body(null, 304);
      return c.json(body, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/recoveries/{recoveryId}/events',
      operationId: 'sendEvent',
      tags: ['recoveries'],
      summary: 'Send an event',
      description:
        'It is written when the answer comes. One that is refused changes nothing; the audit trail holds it. What follows ' +
        'from the event by itself may still be under way: GET with `Prefer: wait=5`, or the stream, tells.',
      security,
      request: {
        params,
        headers: schemas.EventHeaders,
        body: {
          required: true,
          content: { 'application/json': { schema: schemas.eventBody(presenter.schemas) } },
        },
      },
      responses: {
        200: json(z.union([schemas.Recovery, schemas.Glimpse]), 'it was taken', SHOWN),
        404: problem('there is no such recovery'),
        409: problem('it is not accepted now, or comes twice'),
        412: problem('the recovery is in another version than If-Match says'),
        422: problem('it does not fit its schema'),
        ...POSTED,
        ...FOR_SOME,
        ...PROBLEMS,
      },
    }),
    async (c) => {
      const principal = await authenticate(c, tokens);
      const { recoveryId } = c.req.valid('param');
      concerns(principal, recoveryId);
      const headers = c.req.valid('header');
      const ip = addressOf(c, config.trustedProxies);
      const sender = 'id' in principal ? principal.id : 'contactId' in principal ? principal.contactId : '';
      const event = await eventOf(c);
      const by = byOf(principal, typeof event.type === 'string' ? event.type : '', events);
      const options = {
        idempotencyKey: headers['idempotency-key'],
        ifVersion: versionIn(headers['if-match']),
        admit: () =>
          limits.count({ eventsByAddress: ip, eventsByRecovery: `${recoveryId}/${principal.kind}/${sender}` }),
      };
      const view = await recoveries.send(recoveryId, event as RecoveryEvent, by, options).catch((error) => {
        throw error instanceof Refusal ? refusalFor(principal, error, events) : error;
      });
      return c.json(shown(c, view, principal), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recoveries/{recoveryId}/stream',
      operationId: 'followRecovery',
      tags: ['recoveries'],
      summary: 'Follow a recovery',
      description:
        'Server-sent events: `change` for every step, with its number in the audit trail as id; `end` when it is over. ' +
        'With `Last-Event-ID` those that were missed come first.',
      security,
      request: { params, headers: schemas.StreamHeaders },
      responses: {
        200: {
          description: 'the stream',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        404: problem('there is no such recovery'),
        ...FOR_SOME,
        ...PROBLEMS,
      },
    }),
    async (c) => {
      const principal = await authenticate(c, tokens);
      const { recoveryId } = c.req.valid('param');
      concerns(principal, recoveryId);
      if (principal.kind !== 'owner') needsRole(principal, 'agent', 'auditor');
      await recoveries.get(recoveryId);
      return streams.open(c, recoveryId, principal) as never;
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recoveries',
      operationId: 'listRecoveries',
      tags: ['review'],
      summary: 'List recoveries',
      description: 'For agents and auditors.',
      security,
      request: { query: schemas.ListQuery },
      responses: { 200: json(z.array(schemas.Summary), 'the oldest first'), ...FOR_SOME, ...PROBLEMS },
    }),
    async (c) => {
      needsRole(await authenticate(c, tokens), 'agent', 'auditor');
      const filter = defined(c.req.valid('query'));
      if (filter.state !== undefined) knownState(filter.state, states);
      const list = await recoveries.list(filter);
      return c.json(list.map(summaryOf), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recoveries/{recoveryId}/audit',
      operationId: 'readAudit',
      tags: ['review'],
      summary: 'Read the audit trail of a recovery',
      description: 'For agents and auditors. No entry holds a secret.',
      security,
      request: { params, query: schemas.AuditQuery },
      responses: {
        200: json(schemas.AuditTrail, 'its entries in order'),
        404: problem('there is no such recovery'),
        ...FOR_SOME,
        ...PROBLEMS,
      },
    }),
    async (c) => {
      needsRole(await authenticate(c, tokens), 'agent', 'auditor');
      const { recoveryId } = c.req.valid('param');
      const entries = await recoveries.audit(recoveryId, c.req.valid('query').after);
      return c.json(
        entries.map(({ seq, at, kind, data }) => ({ seq, at: instant(at), kind, data })),
        200,
      );
    },
  );
}

const localeIn = (c: Context) => localeOf(c.req.header('Accept-Language'));

/** Names what is shown: texts differ by language, and what may be sent by who asks. */
function etagOf({ version }: RecoveryView, locale: Locale, principal: Principal): string {
  const roles = principal.kind === 'staff' ? [...principal.roles].sort() : [];
  return `"${[version, locale, [principal.kind, ...roles].join('.')].join('-')}"`;
}

/** The version that an event is for by its If-Match: an ETag, or the number alone in its quotes. */
function versionIn(ifMatch: string | undefined): number | undefined {
  const [, version] = /^"(\d+)/.exec(ifMatch ?? '') ?? [];
  return version === undefined ? undefined : Number(version);
}

/** Whether an ETag is among those that a client says it has. */
const hasSeen = (seen: string | undefined, etag: string) =>
  seen?.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, ''))) ?? false;

/** The event as it came. Whether it fits is for the recovery to say, so that a refusal is in its audit trail. */
async function eventOf(c: Context): Promise<{ type?: unknown }> {
  const body = await jsonBody(c);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw malformed('the body has to be an object with a type', 'body');
}

/** @throws RequestProblem 400 for one that no chart has: the list would be empty whatever there is. */
function knownState(state: string, known: readonly string[]): void {
  if (known.some((each) => each === state || each.startsWith(`${state}.`))) return;
  throw malformed(`query state: unknown state '${state}'${hint(state, known)}`, 'state');
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const defined = <T extends object>(query: T) =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Not its device: whoever may read the list could come as that one. */
function summaryOf(recovery: RecoverySummary): z.input<typeof schemas.Summary> {
  const { id, accountId, status, state, version, policyVersion, machineVersion, createdAt, updatedAt } = recovery;
  const instants = { createdAt: instant(createdAt), updatedAt: instant(updatedAt) };
  return { recoveryId: id, accountId, status, state, version, policyVersion, machineVersion, ...instants };
}
