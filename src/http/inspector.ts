import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'hono';
import type { App } from './app.ts';
import { isFromHere } from './local.ts';
import { RequestProblem } from './problems.ts';

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
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** The inspector's page. Whoever asks from another machine is told that there is none. */
export function inspectorPage(app: App): void {
  app.use('/inspector', fromHere);
  app.use('/inspector/*', fromHere);
  app.get('/inspector', (c) => c.redirect('/inspector/'));
  app.get('/inspector/', async (c) => answer(c, 'index.html'));
  app.get('/inspector/assets/:file', async (c) => {
    const name = c.req.param('file');
    const known = await readdir(join(FOLDER, 'assets')).catch((): string[] => []);
    if (!known.includes(name)) throw notHere(c);
    return answer(c, join('assets', name));
  });
}

async function fromHere(c: Context, next: () => Promise<void>): Promise<void> {
  if (!isFromHere(c)) throw notHere(c);
  await next();
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
