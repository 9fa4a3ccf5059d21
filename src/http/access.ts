import type { Context } from 'hono';
import type { EventRegistry } from '../../machines/events.ts';
import type { By } from '../host/api.ts';
import { Refusal } from '../host/refusal.ts';
import { notAuthenticated, RequestProblem } from './problems.ts';
import type { Principal, StaffRole, Tokens } from './tokens.ts';

/** Who may do what (R29, R58): each bearer is good for its own recovery, its own events, its own view. */

const BEARER = /^Bearer +([\w.~+/=-]{1,4096})$/i;

const forbidden = (message: string) => new RequestProblem('notAuthorised', message);

/**
 * Whose request it is.
 * @throws RequestProblem 401 without a good token; 403 from another device than the owner's token was made for.
 */
export async function authenticate(c: Context, tokens: Tokens): Promise<Principal> {
  const [, token] = BEARER.exec(c.req.header('Authorization') ?? '') ?? [];
  const principal = token === undefined ? undefined : await tokens.principal(token);
  if (!principal) throw notAuthenticated();
  if (principal.kind === 'owner' && c.req.header('Regain-Device') !== principal.deviceId) {
    throw forbidden('this token is good on the device that began the recovery, which has to be named in Regain-Device');
  }
  return principal;
}

/** @throws RequestProblem 403, whether or not there is such a recovery. */
export function concerns(principal: Principal, recoveryId: string): void {
  if (principal.kind !== 'staff' && principal.recoveryId !== recoveryId) {
    throw forbidden('this token is for another recovery');
  }
}

/** @throws RequestProblem 403 for whoever has none of the roles. */
export function needsRole(principal: Principal, ...roles: StaffRole[]): void {
  if (!hasRole(principal, ...roles)) throw forbidden(`this is for the role ${roles.join(' or ')} alone`);
}

const hasRole = (principal: Principal, ...roles: StaffRole[]) =>
  principal.kind === 'staff' && roles.some((role) => principal.roles.includes(role));

/** For whom a recovery is read: an owner may see less than there is (R16). */
export function readerOf(principal: Principal): By {
  return principal.kind === 'owner' ? { role: 'owner', deviceId: principal.deviceId } : { role: 'staff' };
}

/** Whether a principal is shown the whole recovery; others see what is asked of them, and no more (R58). */
export function seesAll(principal: Principal): boolean {
  return principal.kind === 'staff' ? hasRole(principal, 'agent', 'auditor') : principal.kind === 'owner';
}

/** Whether a principal may send events of a type. */
export function maySend(principal: Principal, type: string, events: EventRegistry): boolean {
  const from = events[type]?.from;
  switch (principal.kind) {
    case 'cancel':
      return type === 'recovery.cancel';
    case 'staff':
      return principal.roles.some((role) => role === from);
    default:
      return principal.kind === from;
  }
}

/** In whose name an event is sent: the recovery judges whether that one may send it, and its audit trail says so. */
export function byOf(principal: Principal, type: string, events: EventRegistry): By {
  switch (principal.kind) {
    case 'owner':
      return { role: 'owner', deviceId: principal.deviceId };
    case 'cancel':
      return { role: 'owner', via: 'notice' };
    case 'contact':
      return { role: 'contact', id: principal.contactId };
    case 'staff': {
      const roles = principal.roles.filter((role) => role !== 'auditor');
      const role = roles.find((each) => each === events[type]?.from) ?? roles[0];
      if (!role) throw forbidden('an auditor reads and sends nothing');
      return { role, id: principal.id };
    }
  }
}

/** A refusal as its sender may see it: others than owner and agents are not told where the recovery stands (R58). */
export function refusalFor(principal: Principal, refusal: Refusal, events: EventRegistry): Refusal {
  const { code, message, allowed, ...details } = refusal;
  const shown = allowed && { allowed: allowed.filter((type) => maySend(principal, type, events)) };
  const detail =
    seesAll(principal) || !allowed ? message : `refused: ${[code, details.reason].filter(Boolean).join(', ')}`;
  return new Refusal(code, detail, { ...details, ...shown });
}
