import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { Refusal } from '../host/refusal.ts';
import { authenticate, needsRole } from './access.ts';
import type { App, Parts } from './app.ts';
import { fieldOf, malformed } from './body.ts';
import {
  callOf,
  contextsOf,
  entryOf,
  type InspectedList,
  type InspectedRecovery,
  type InspectedTrails,
  moveOf,
  summaryOf,
  timerOf,
} from './inspector-view.ts';
import { RequestProblem } from './problems.ts';
import { RecoveryIdText } from './schemas.ts';
import type { Principal } from './tokens.ts';

const ListQuery = z.object({
  status: z.enum(['active', 'done', 'stuck']).optional(),
  path: z
    .string()
    .regex(/^\w{1,64}$/)
    .optional(),
  search: z.string().min(1).max(200).optional(),
  overdue: z.literal('true').optional(),
  after: RecoveryIdText.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const TrailsQuery = ListQuery.pick({ after: true });
const TRAILS = 100;
const OneQuery = z.object({ after: z.coerce.number().int().nonnegative().default(0) });

/** Between signs of life of a stream, in ms: a page then asks again for what no change announces, such as tries. */
const HEARTBEAT = 5_000;
const MOST_STREAMS = 50;

/** What the inspector's page reads. All of it is for agents and auditors, and nothing of it writes (R56). */
export function inspectorApi(app: App, { config, recoveries, store, clock, tokens, stopping }: Parts): void {
  const reader = async (c: Context): Promise<Principal> => {
    const principal = await authenticate(c, tokens);
    needsRole(principal, 'agent', 'auditor');
    return principal;
  };
  app.use('/inspector/api/*', async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  /** The one thing that is told to everyone: whether tokens are to be had here. */
  app.get('/inspector/api', (c) => c.json({ sandbox: config.mode === 'sandbox' }));

  app.get('/inspector/api/recoveries', async (c) => {
    await reader(c);
    const { path, overdue, limit, ...asked } = parsed(ListQuery, c.req.query());
    const now = clock.now();
    const filter = {
      ...(asked.status === undefined ? {} : { status: asked.status }),
      ...(asked.search === undefined ? {} : { search: asked.search }),
      ...(asked.after === undefined ? {} : { after: asked.after }),
      ...(path === undefined ? {} : { state: `verifying.${path}` }),
      ...(overdue === undefined ? {} : { dueBy: now }),
    };
    const list = await recoveries.list({ ...filter, newestFirst: true, limit });
    const due = await store.nextDueOf(list.map(({ id }) => id));
    const last = list.length === limit ? list.at(-1) : undefined;
    const body: InspectedList = {
      recoveries: list.map((recovery) => summaryOf(recovery, due.get(recovery.id))),
      now,
      ...(last ? { after: last.id } : {}),
    };
    return c.json(body);
  });

  app.get('/inspector/api/recoveries/:recoveryId', async (c) => {
    await reader(c);
    const id = parsed(RecoveryIdText, c.req.param('recoveryId'));
    const { after } = parsed(OneQuery, c.req.query());
    const loaded = await store.load(id);
    if (!loaded) throw new Refusal('unknownRecovery', `there is no recovery '${id}'`);
    const { recovery, timers } = loaded;
    const { allowed } = await recoveries.get(id);
    const first = timers.length === 0 ? undefined : Math.min(...timers.map(({ dueAt }) => dueAt));
    const body: InspectedRecovery = {
      ...summaryOf(recovery, first),
      now: clock.now(),
      policyVersion: recovery.policyVersion,
      allowed,
      context: contextsOf(recovery.snapshot),
      timers: timers.map(timerOf),
      calls: (await store.requestsOf(id)).map(callOf),
      history: (await recoveries.audit(id, after)).map(entryOf),
    };
    return c.json(body);
  });

  app.get('/inspector/api/trails', async (c) => {
    await reader(c);
    const { after } = parsed(TrailsQuery, c.req.query());
    const filter = { newestFirst: true, limit: TRAILS, ...(after === undefined ? {} : { after }) };
    const list = await recoveries.list(filter);
    const trails: InspectedTrails['trails'] = [];
    for (const { id } of list) trails.push((await recoveries.audit(id)).map(moveOf));
    const last = list.length === TRAILS ? list.at(-1) : undefined;
    return c.json({ trails, ...(last ? { after: last.id } : {}) } satisfies InspectedTrails);
  });

  let open = 0;
  app.get('/inspector/api/stream', async (c) => {
    const { expiresAt } = await reader(c);
    if (stopping.aborted || open >= MOST_STREAMS) {
      throw new RequestProblem('unavailable', 'too many streams are open', {}, { headers: { 'Retry-After': '5' } });
    }
    return streamSSE(c, async (sse) => {
      open += 1;
      const changed = new Set<string>();
      let wake = () => {};
      const forget = recoveries.onChange(({ recoveryId }) => {
        changed.add(recoveryId);
        wake();
      });
      const end = () => wake();
      stopping.addEventListener('abort', end);
      sse.onAbort(end);
      try {
        while (!sse.aborted && !stopping.aborted && clock.now() < expiresAt) {
          const ids = [...changed];
          changed.clear();
          await sse.writeSSE({ event: 'changed', data: JSON.stringify({ recoveryIds: ids, now: clock.now() }) });
          if (changed.size > 0) continue;
          const heartbeat = setTimeout(() => wake(), HEARTBEAT);
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          clearTimeout(heartbeat);
        }
      } finally {
        stopping.removeEventListener('abort', end);
        forget();
        open -= 1;
      }
    });
  });
}

function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(`${fieldOf(issue)}: ${issue?.message}`, fieldOf(issue));
}
