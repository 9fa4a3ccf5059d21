import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isToken } from '../inspect/access.ts';
import type { App, Parts } from './app.ts';
import { comesFromHere } from './from-here.ts';
import { notAuthenticated } from './problems.ts';
import { json, problem } from './responses.ts';

const PROBE_KEPT = 1_000; // ms

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
      description:
        'For whoever has the token that is configured for it; without one for programs and pages of this machine alone.',
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

  function maySee(c: Context): boolean {
    const { metricsToken } = config;
    if (metricsToken === undefined) return comesFromHere(c);
    return isToken(c.req.header('Authorization') ?? null, `Bearer ${metricsToken}`);
  }
}
