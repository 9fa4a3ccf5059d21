import { OpenAPIHono } from '@hono/zod-openapi';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import type { EventRegistry } from '../../machines/events.ts';
import type { Instant } from '../core/index.ts';
import type { Recoveries } from '../host/api.ts';
import { fieldOf, limitedBody, malformed } from './body.ts';
import type { ServiceConfig } from './config.ts';
import { docs, PAGE_POLICY } from './docs.ts';
import { onlyFromHere } from './from-here.ts';
import { INSPECTOR, inspectorHeaders, inspectorPage, isInspectorOn } from './inspector.ts';
import { inspectorApi } from './inspector-api.ts';
import type { Kept } from './keeper.ts';
import type { RateLimits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { operations } from './operations.ts';
import type { Presenter } from './presenter.ts';
import { answerProblem, problemOf, RequestProblem } from './problems.ts';
import { recoveryRoutes } from './routes.ts';
import type { Streams } from './stream.ts';
import type { Tokens } from './tokens.ts';

/** What the routes work with. */
export interface Parts {
  config: Pick<ServiceConfig, 'bodyLimit' | 'trustedProxies' | 'metricsToken' | 'mode' | 'inspector'>;
  recoveries: Recoveries;
  store: Kept;
  events: EventRegistry;
  clock: { now(): Instant };
  tokens: Tokens;
  limits: RateLimits;
  metrics: Metrics;
  presenter: Presenter;
  streams: Streams;
  log: Logger;
  /** Whether an error says that the store cannot write now, though it may later. */
  isUnavailable(error: unknown): boolean;
  /** Aborted when the service begins to stop. */
  stopping: AbortSignal;
}

export type App = OpenAPIHono;

const SECOND = 1_000;
type SecurityPolicy = Record<string, string[]>;

/** The service's HTTP interface. */
export function createApp(parts: Parts): App {
  const { config, metrics, log, isUnavailable } = parts;
  const app: App = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const [issue] = result.error.issues;
      const field = fieldOf(issue);
      throw malformed(`${result.target} ${field}: ${issue?.message}`, field);
    },
  });

  app.use(async (c, next) => {
    const began = process.hrtime.bigint();
    await next();
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    const about = { method: c.req.method, route: routeOf(c.req.routePath, c.res.status), status: c.res.status };
    metrics.requests.observe({ ...about, status: String(about.status) }, ms / SECOND);
    log.debug({ ...about, ms: Math.round(ms * 10) / 10 }, 'request');
  });
  const headersOf = (contentSecurityPolicy: SecurityPolicy) =>
    secureHeaders({ contentSecurityPolicy, referrerPolicy: 'no-referrer', xFrameOptions: 'DENY' });
  const ofPage = headersOf(PAGE_POLICY);
  const ofOthers = headersOf({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] });
  const ofInspector = inspectorHeaders(config);
  app.use((c, next) => {
    if (c.req.path === '/docs') return ofPage(c, next);
    return c.req.path.startsWith(`${INSPECTOR}/`) ? ofInspector(c, next) : ofOthers(c, next);
  });
  app.use('/v1/*', async (c, next) => {
    await next();
    c.res.headers.set('Cache-Control', 'no-store'); // `c.header` would make the response anew
  });
  app.use(limitedBody(config.bodyLimit));
  app.onError((error, c) => {
    const problem = problemOf(error, isUnavailable);
    if (problem.status >= 500) log.error({ err: error, route: c.req.routePath }, 'a request failed');
    return answerProblem(c, problem, parts.presenter.paths);
  });
  app.notFound((c) => answerProblem(c, new RequestProblem('notFound', `there is no ${c.req.method} ${c.req.path}`)));

  recoveryRoutes(app, parts);
  operations(app, parts);
  docs(app);
  if (isInspectorOn(config)) {
    app.use(INSPECTOR, onlyFromHere);
    app.use(`${INSPECTOR}/*`, onlyFromHere);
    inspectorPage(app, config);
    inspectorApi(app, parts);
  }
  return app;
}

/** The pattern, never the path itself: ids do not belong into labels. */
const routeOf = (pattern: string, status: number) => (status === 404 && pattern === '/*' ? 'none' : pattern);
