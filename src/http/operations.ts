import { timingSafeEqual } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { App, Parts } from './app.ts';
import { addressOf } from './limits.ts';
import { notAuthenticated } from './problems.ts';
import { json, problem } from './responses.ts';

const PROBE_KEPT = 1_000; // ms
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

const tags = ['operations'];
const status = (description: string) => json(z.object({ status: z.string() }), description);

/** Health, readiness and metrics. */
export function operations(app: App, { store, metrics, config, clock, stopping }: Parts): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      operationId: 'health',
      tags,
      summary: 'The process answers',
      responses: { 200: status('it does') },
    }),
    (c) => c.json({ status: 'ok' }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/ready',
      operationId: 'ready',
      tags,
      summary: 'It takes requests: it is not stopping, and the store can be written',
      responses: { 200: status('it does'), 503: status('it does not, and why') },
    }),
    async (c) => {
      const problem = stopping.aborted ? 'stopping' : await probe();
      return problem === undefined ? c.json({ status: 'ready' }, 200) : c.json({ status: problem }, 503);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      tags,
      summary: 'What operators watch, in Prometheus’ text format',
      description: 'For whoever has the token that is configured for it; without one for this machine alone.',
      security: [{ bearer: [] }, {}],
      responses: {
        200: { description: 'the metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
        401: problem('no token, or not a good one'),
      },
    }),
    async (c) => {
      if (!maySee(c)) throw notAuthenticated();
      return c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType }) as never;
    },
  );

  let probed: { until: number; result: Promise<string | undefined> } | undefined;

  /** Whoever asks how often: the store is written once a second. */
  function probe(): Promise<string | undefined> {
    if (!probed || performance.now() > probed.until) {
      const result = store.set('ready', String(clock.now())).then(
        () => undefined,
        () => 'the store cannot be written',
      );
      probed = { until: performance.now() + PROBE_KEPT, result };
    }
    return probed.result;
  }

  /** Came through a proxy, which may stand on this machine. */
  const isForwarded = (c: Context) =>
    ['Forwarded', 'X-Forwarded-For', 'X-Real-IP'].some((name) => c.req.header(name) !== undefined);

  function maySee(c: Context): boolean {
    const { metricsToken } = config;
    if (metricsToken === undefined) return !isForwarded(c) && LOOPBACK.test(addressOf(c, 0));
    const given = Buffer.from(c.req.header('Authorization') ?? '');
    const right = Buffer.from(`Bearer ${metricsToken}`);
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
