import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { REFUSAL_CODES, type RefusalCode } from '../../machines/outcome.ts';
import { Refusal } from '../host/refusal.ts';
import { localeOf, problemText, type Titled, TRANSPORT_CODES } from '../texts/index.ts';

/** Codes of a problem: those of spec section 6, and what can go wrong before an event is looked at. */
const CODES = [...REFUSAL_CODES, ...TRANSPORT_CODES] as const;
type Code = (typeof CODES)[number];

/** A problem document (RFC 9457). */
export const Problem = z.object({
  type: z.string().describe('`urn:regain:problem:` and the code'),
  title: z.string().describe('for people, in the language asked for'),
  status: z.int(),
  detail: z.string().describe('for developers: what was wrong, and what would be right'),
  code: z.enum(CODES),
  reason: z.string().optional().describe('why, in a word'),
  field: z.string().optional().describe('the field that was wrong'),
  allowed: z.array(z.string()).optional().describe('types of the events that would be accepted'),
});
type Problem = z.infer<typeof Problem>;

const STATUS = {
  invalidEvent: 422,
  notAccepted: 409,
  notAuthorised: 403,
  notEligible: 409,
  limitReached: 429,
  tooEarly: 409,
  tooLate: 409,
  duplicate: 409,
  conflict: 409,
  unknownRecovery: 404,
  notFound: 404,
  tooLarge: 413,
  notJson: 415,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<Code, number>;

/** What went wrong with a request before the recovery was asked. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly code: Code;
  readonly status: number;
  readonly more: { field?: string; reason?: string };
  readonly headers: Record<string, string>;
  constructor(
    code: Code,
    message: string,
    more: { field?: string; reason?: string } = {},
    { status = STATUS[code] as number, headers = {} as Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.more = more;
    this.headers = headers;
  }
}

/** 401: no token, or one that is not good; nothing says which. */
export const notAuthenticated = () =>
  new RequestProblem(
    'notAuthorised',
    'a good bearer token is needed',
    {},
    {
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="regain"' },
    },
  );

const RETRY_AFTER = { 'Retry-After': '1' };

/** The problem that an error is told as. Of what nobody foresaw nothing is told. */
export function problemOf(error: unknown, busy: (error: unknown) => boolean): RequestProblem {
  if (error instanceof RequestProblem) return error;
  if (error instanceof Refusal) {
    const { code, message, reason } = error;
    const status = reason === 'versionChanged' ? 412 : STATUS[code as RefusalCode];
    return Object.assign(new RequestProblem(code, message, {}, { status }), { more: detailsOf(error) });
  }
  if (error instanceof HTTPException && error.status < 500) {
    if (error.status === 415) return new RequestProblem('notJson', 'the body has to be application/json');
    return new RequestProblem('invalidEvent', error.message, { field: 'body' }, { status: error.status });
  }
  if (busy(error)) {
    const message = 'the store cannot write now; the same request may be sent again';
    return new RequestProblem('unavailable', message, {}, { headers: RETRY_AFTER });
  }
  return new RequestProblem('internal', 'something went wrong here; it was logged');
}

function detailsOf({ reason, field, allowed }: Refusal): object {
  return { ...(reason ? { reason } : {}), ...(field ? { field } : {}), ...(allowed ? { allowed } : {}) };
}

/** @param paths those whose reasons are told in words. */
export function answerProblem(
  c: Context,
  { code, status, message, more, headers }: RequestProblem,
  paths: readonly Titled[] = [],
): Response {
  const locale = localeOf(c.req.header('Accept-Language'));
  const body: Problem = {
    type: `urn:regain:problem:${code}`,
    title: problemText(code, more.reason, locale, paths),
    status,
    detail: message,
    code,
    ...more,
  };
  return c.body(JSON.stringify(body), status as never, {
    ...headers,
    'Content-Type': 'application/problem+json',
    'Content-Language': locale,
  });
}
