import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'hono';
import type { App } from './app.ts';
import type { ServiceConfig } from './config.ts';
import { RequestProblem } from './problems.ts';

export const INSPECTOR = '/inspector';

/** The built page, beside the built service; from the sources it is the same one. */
const FOLDER = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../dist' : '../..', 'visualizer');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const A_YEAR = 'public, max-age=31536000, immutable';

/** What the page may load: all of it comes from here, and it talks to nobody else (R56). */
export const INSPECTOR_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  workerSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Whether the page is served: in a sandbox, unless it is switched off; elsewhere only when it is switched on. */
export const isInspectorOn = ({ mode, inspector }: Pick<ServiceConfig, 'mode' | 'inspector'>): boolean =>
  inspector.on ?? mode === 'sandbox';

/** The inspector's page. */
export function inspectorPage(app: App): void {
  app.get(INSPECTOR, (c) => c.redirect(`${INSPECTOR.slice(1)}/`));
  app.get(`${INSPECTOR}/`, async (c) => answer(c, 'index.html'));
  app.get(`${INSPECTOR}/assets/:file`, async (c) => {
    const name = c.req.param('file');
    const known = await readdir(join(FOLDER, 'assets')).catch((): string[] => []);
    if (!known.includes(name)) throw notHere(c);
    return answer(c, join('assets', name));
  });
}

const notHere = (c: Context) => new RequestProblem('notFound', `there is no ${c.req.method} ${c.req.path}`);

/** A file of the page; its assets have names that change with what is in them. */
async function answer(c: Context, file: string): Promise<Response> {
  const text = await readFile(join(FOLDER, file)).catch(() => undefined);
  if (!text) throw notHere(c);
  return c.body(text, 200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': file === 'index.html' ? 'no-cache' : A_YEAR,
  });
}
