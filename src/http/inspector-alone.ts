import { OpenAPIHono } from '@hono/zod-openapi';
import { createInspectRelay } from '../inspect/relay.ts';
import type { App } from './app.ts';
import { onlyFromHere } from './from-here.ts';
import { INSPECTOR, inspectorHeaders, inspectorPage } from './inspector.ts';
import { Listener } from './listen.ts';

export interface InspectorAlone {
  /** Where it listens: `http://127.0.0.1:8787`. */
  url: string;
  stop(): Promise<void>;
}

const HERE = '127.0.0.1';
const REQUEST = 30_000; // ms

/**
 * The inspector's page and its relay with no service behind them, for whoever looks at XState programs of their own on this
 * machine. Nothing is kept, and nobody else may come.
 * @throws CannotListen
 */
export async function startInspector({ port }: { port: number }): Promise<InspectorAlone> {
  const server = await Listener.open({ host: HERE, port, requestTimeout: REQUEST });
  const app: App = new OpenAPIHono();
  app.use(inspectorHeaders({ mode: 'sandbox' }));
  app.use(onlyFromHere);
  app.onError((_, c) => c.notFound()); // a file that is not there, or somebody who may not come
  app.get('/', (c) => c.redirect(`${INSPECTOR}/`, 302));
  inspectorPage(app, { mode: 'sandbox', inspector: {} });
  const relay = createInspectRelay(server.server, { path: INSPECTOR, reveal: 'all' });
  server.serve(app.fetch);
  return {
    url: server.url,
    stop: async () => {
      relay.close();
      await server.close();
    },
  };
}
