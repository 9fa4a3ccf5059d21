import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import type { App, Parts } from './app.ts';
import { peerOf } from './limits.ts';
import { notAuthenticated } from './problems.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Health, readiness and metrics. */
export function operations(app: App, { store, metrics, config, clock, isOpen }: Parts): void {
  /** The process answers. */
  app.get('/health', (c) => c.json({ status: 'ok' }));

  /** It takes requests: it is not stopping, and the store can be written. */
  app.get('/ready', async (c) => {
    const problem = isOpen() ? await probe() : 'stopping';
    return problem === undefined ? c.json({ status: 'ready' }) : c.json({ status: problem }, 503);
  });

  app.get('/metrics', async (c) => {
    if (!maySee(c)) throw notAuthenticated();
    return c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType });
  });

  async function probe(): Promise<string | undefined> {
    try {
      await store.set('ready', String(clock.now()));
      return undefined;
    } catch {
      return 'the store cannot be written';
    }
  }

  function maySee(c: Context): boolean {
    const { metricsToken } = config;
    if (metricsToken === undefined) return LOOPBACK.test(peerOf(c));
    const given = Buffer.from(c.req.header('Authorization') ?? '');
    const right = Buffer.from(`Bearer ${metricsToken}`);
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
