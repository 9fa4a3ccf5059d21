import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { duration } from '../../machines/duration.ts';
import type { PortRegistry } from '../../machines/own-parts.ts';
import type { Sandbox } from '../adapters/index.ts';
import type { Recoveries } from '../host/api.ts';
import type { App } from './app.ts';
import { fieldOf, jsonBody } from './body.ts';
import { onlyFromHere } from './from-here.ts';
import { instant } from './presenter.ts';
import { RequestProblem } from './problems.ts';
import type { SandboxClock } from './sandbox-clock.ts';

/** What the routes of the sandbox work with. */
export interface SandboxParts {
  sandbox: Sandbox;
  clock: SandboxClock;
  recoveries: Recoveries;
  /** Those that may be made to fail. */
  ports: PortRegistry;
  /** A token for a member of staff, as their identity provider would make it. */
  staffToken(id: string, roles: readonly string[]): Promise<string>;
}

const AT_REST = 5_000; // ms
const id = () => z.string().min(1).max(128);

const Move = z.union([
  z.strictObject({ advance: duration() }),
  z.strictObject({ set: z.iso.datetime({ offset: true }) }),
]);
const Capture = z.looseObject({});
const StaffToken = z.strictObject({ id: id(), roles: z.array(z.enum(['agent', 'staff', 'auditor'])).min(1) });
const InstitutionToken = z.strictObject({ type: id().optional(), place: id().optional() });
const faultOf = (ports: PortRegistry) =>
  z.strictObject({
    port: z.enum(Object.keys(ports)),
    fault: z.enum(['throws', 'hangs', 'slow']),
    times: z.int().nonnegative().optional(),
  });
const Question = z.strictObject({ accountId: id(), recoveryId: id(), questionId: id() });

/**
 * The outside world's side of a sandbox, which in production nobody can reach through the service: what a phone or a contact
 * got, what a camera saw, what time it is. These routes exist in sandbox mode only, and give all rights: no page of somebody
 * else's may use them.
 */
export function sandboxRoutes(app: App, { sandbox, clock, recoveries, ports, staffToken }: SandboxParts): void {
  const Fault = faultOf(ports);
  const { world } = sandbox;
  const atRest = () => Promise.race([recoveries.idle(), setTimeout(AT_REST, undefined, { ref: false })]);

  app.use('/sandbox/*', onlyFromHere);
  app.get('/sandbox/clock', (c) => c.json({ now: instant(clock.now()) }));
  app.post('/sandbox/clock', async (c) => {
    const move = parsed(Move, await jsonBody(c));
    if ('advance' in move) await clock.move(move.advance);
    else await clock.set(Date.parse(move.set));
    await recoveries.processDue();
    await atRest();
    return c.json({ now: instant(clock.now()) });
  });
  app.get('/sandbox/inbox/:to', (c) => c.json(world.inbox(c.req.param('to'))));
  app.get('/sandbox/notices/:accountId', (c) => {
    const accountId = c.req.param('accountId');
    return c.json(world.notices.filter((notice) => notice.accountId === accountId));
  });
  app.post('/sandbox/captures', async (c) => c.json({ ref: world.capture(parsed(Capture, await jsonBody(c))) }));
  app.post('/sandbox/staff-tokens', async (c) => {
    const { id: who, roles } = parsed(StaffToken, await jsonBody(c));
    return c.json({ token: await staffToken(who, roles) });
  });
  app.post('/sandbox/institution-tokens', async (c) => {
    const { type, place } = parsed(InstitutionToken, await jsonBody(c));
    return c.json({ token: sandbox.institutionToken({ ...(type ? { type } : {}), ...(place ? { place } : {}) }) });
  });
  app.post('/sandbox/quiz-answers', async (c) =>
    c.json({ answer: sandbox.rightAnswer(parsed(Question, await jsonBody(c))) ?? null }),
  );
  app.post('/sandbox/accounts', async (c) => {
    try {
      world.setAccount(parsed(z.looseObject({ accountId: id() }), await jsonBody(c)));
    } catch (error) {
      throw new RequestProblem('invalidEvent', (error as Error).message);
    }
    return c.json({ ok: true });
  });
  app.post('/sandbox/faults', async (c) => {
    const { port, fault, times } = parsed(Fault, await jsonBody(c));
    world.setFault(port, fault, times);
    return c.json({ ok: true });
  });
}

function parsed<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = fieldOf(issue);
  throw new RequestProblem('invalidEvent', `${field}: ${issue?.message}`, { field });
}
