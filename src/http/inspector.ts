import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { secureHeaders } from 'hono/secure-headers';
import type { App } from './app.ts';
import type { ServiceConfig } from './config.ts';
import { RequestProblem } from './problems.ts';

/** The built page, beside the built service; from the sources it is the same one. */
const FOLDER = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../dist' : '../..', 'visualizer');
const NAME = /^[\w.-]+$/;
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export const INSPECTOR = '/inspector';

export type InspectorConfig = Pick<ServiceConfig, 'mode' | 'inspector'>;

/** Whether the page is served: in a sandbox, unless it is switched off; elsewhere only when it is switched on. */
export const isInspectorOn = ({ mode, inspector }: InspectorConfig): boolean => inspector.on ?? mode === 'sandbox';

const LOOPBACK = ['localhost', '127.0.0.1'];

/**
 * What the page may load: its own files alone. A sandbox's may besides listen to other relays on this machine, and be
 * shown in a frame by one, as that of `@statelyai/inspect` does.
 */
function inspectorPolicy({ mode }: Pick<ServiceConfig, 'mode'>) {
  const isSandbox = mode === 'sandbox';
  return {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    workerSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'", ...(isSandbox ? LOOPBACK.map((host) => `ws://${host}:*`) : [])],
    frameAncestors: isSandbox ? LOOPBACK.map((host) => `http://${host}:*`) : ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  };
}

/** The headers of the page and of all that it asks for. */
export const inspectorHeaders = ({ mode }: Pick<ServiceConfig, 'mode'>) =>
  secureHeaders({
    contentSecurityPolicy: inspectorPolicy({ mode }),
    referrerPolicy: 'no-referrer',
    // Programs in pages of this machine may open a sandbox's, or show it; which ones, its policy and the page itself say.
    xFrameOptions: mode === 'sandbox' ? false : 'DENY',
    crossOriginOpenerPolicy: mode !== 'sandbox',
  });

/** The page that draws charts and shows what programs tell of theirs. */
export function inspectorPage(app: App, { inspector }: InspectorConfig): void {
  const relay = inspector.token === undefined ? 'live' : 'live?token=';
  app.get(INSPECTOR, (c) => c.redirect(`${INSPECTOR.slice(1)}/`, 302));
  app.get(`${INSPECTOR}/`, async (c) => {
    const page = await readFile(join(FOLDER, 'index.html'), 'utf8');
    return c.html(page.replace('name="regain-relay" content=""', `name="regain-relay" content="${relay}"`));
  });
  app.get(`${INSPECTOR}/assets/:file`, async (c) => {
    const name = c.req.param('file');
    const type = TYPES[extname(name)];
    const file =
      NAME.test(name) && type !== undefined
        ? await readFile(join(FOLDER, 'assets', name)).catch(() => undefined)
        : undefined;
    if (file === undefined || type === undefined) throw new RequestProblem('notFound', `there is no ${name} here`);
    return c.body(file, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' });
  });
}
