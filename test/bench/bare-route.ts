import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Naive } from './naive.ts';

/** One route that does the event by hand, with grouped commits: no token, no limit, no schema, no audit trail with hashes. */

const [file = '', count = '0', keeps = 'all'] = process.argv.slice(2);
const naive = await new Naive(file, Number(count), { onlySnapshots: keeps === 'snapshots' }).fill();
const app = new Hono().post('/events/:index', async (c) => {
  const event = await c.req.json<{ type: string }>();
  return c.json({ state: await naive.grouped(Number(c.req.param('index')), event) });
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.send?.(`http://127.0.0.1:${port}`);
});
process.once('disconnect', () => process.exit(0));
