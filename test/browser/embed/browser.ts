import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { type BuildOptions, build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../../..');

/** One of the pages in `pages/`, with all that it needs, as a browser runs it. */
export const bundle = (page: string) => built({ entryPoints: [join(import.meta.dirname, 'pages', page)] });

/** The same of a script, as of a project that has installed the package. */
export const bundleOf = (script: string) => built({ stdin: { contents: script, loader: 'tsx', resolveDir: ROOT } });

async function built(what: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...what,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles?.[0]?.text ?? '';
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

/** What is behind the site; it may change while it is used. */
export interface Behind {
  /** Where the service is; nowhere while it is down. */
  service?: string | undefined;
  /** What posts wait for. */
  hold?: Promise<void> | undefined;
}

export interface Site {
  url: string;
  close(): Promise<void>;
}

/**
 * A site with one page; what it posts to `/ports/…` goes to `answer`, and what it asks of `/v1` to a service behind it, as a
 * proxy in front of one would do it.
 */
export async function serve(script: string, answer: Answer, behind: Behind = {}): Promise<Site> {
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (path.startsWith('/v1')) return forward(behind, incoming, outgoing);
    if (path.startsWith('/ports/')) {
      let body = '';
      for await (const part of incoming) body += part;
      return answer(incoming, outgoing, body);
    }
    const [type, text] =
      path === '/page.js'
        ? ['text/javascript', script]
        : [
            'text/html',
            '<!doctype html><meta charset="utf-8"><div id="root"></div><script type="module" src="/page.js"></script>',
          ];
    outgoing.writeHead(path === '/favicon.ico' ? 404 : 200, { 'Content-Type': type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function forward(behind: Behind, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', headers, url = '/' } = incoming;
  if (method === 'POST') await behind.hold;
  const { service } = behind;
  if (service === undefined) return void outgoing.writeHead(502).end();
  const onward = request(new URL(url, service), { method, headers }, (answered) => {
    outgoing.writeHead(answered.statusCode ?? 502, answered.headers);
    pipeline(answered, outgoing, () => outgoing.destroy()); // what breaks off behind it breaks off
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

/** Opens the site's page in a tab; what fails in it fails the test. */
export async function openTab(context: BrowserContext, url: string, problems: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  await page.waitForFunction('globalThis.app !== undefined');
  return page;
}
