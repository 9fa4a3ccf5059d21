import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';

/** One of the pages in `pages/`, with all that it needs, as a browser runs it. */
export async function bundle(page: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'pages', page)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

export interface Site {
  url: string;
  close(): Promise<void>;
}

/**
 * A site with one page; what it posts to `/ports/…` goes to `answer`, and what it asks of `/v1` to a service behind it, as a
 * proxy in front of one would do it.
 */
export async function serve(script: string, answer: Answer, service?: string): Promise<Site> {
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (service && path.startsWith('/v1')) return forward(service, incoming, outgoing);
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

function forward(service: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = 'GET', headers, url = '/' } = incoming;
  const onward = request(new URL(url, service), { method, headers }, (answered) => {
    outgoing.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(outgoing);
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
