import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ServiceConfigInput } from '../../src/http/config.ts';
import { ServiceConfig } from '../../src/http/config.ts';
import { whenOver } from './service.ts';

const KEY = 'k'.repeat(32);
const PRODUCTION: ServiceConfigInput = {
  mode: 'production',
  keys: { sealing: KEY, tokens: [{ id: 'k1', key: KEY }] },
  ports: { url: 'http://127.0.0.1:9', secret: KEY },
};

/** The service as it is shipped: the build lays the page beside it. */
async function built(part: ServiceConfigInput): Promise<string> {
  const file = join(import.meta.dirname, '../../dist/src/http/index.js');
  const { startService }: typeof import('../../src/http/index.ts') = await import(file);
  const service = await startService(ServiceConfig.parse({ port: 0, store: ':memory:', logLevel: 'silent', ...part }));
  whenOver(() => service.stop());
  return service.url;
}

/** Status with which a socket is answered; 101 when it opens. */
function socketStatus(url: string): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  whenOver(async () => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    socket.on('error', reject);
  });
}

describe('the inspector', () => {
  test('of a sandbox comes whole from here, under a strict policy', async () => {
    const url = await built({ mode: 'sandbox' });
    const page = await fetch(`${url}/inspector`);
    expect(page.url).toBe(`${url}/inspector/`);
    const policy = page.headers.get('Content-Security-Policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "worker-src 'self'"]) {
      expect(policy).toContain(`${part};`);
    }
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain('frame-ancestors http://localhost:* http://127.0.0.1:*;');
    expect(page.headers.get('Cross-Origin-Opener-Policy')).toBeNull(); // pages of this machine may open it
    const text = await page.text();
    expect(text).toContain('name="regain-relay" content="live"');
    const refers = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, to]) => to ?? '');
    expect(refers.length).toBeGreaterThan(2);
    for (const to of refers) {
      const answer = await fetch(new URL(to, page.url));
      expect([new URL(answer.url).origin, answer.status]).toEqual([url, 200]);
      await answer.arrayBuffer();
    }
    expect(await socketStatus(`${url}/inspector/live`)).toBe(101);
  });

  test.each(['nothing.js', '..%2Findex.html', 'index.html', '%2e%2e%2findex.html'])('has no asset %s', async (name) => {
    const url = await built({ mode: 'sandbox' });
    expect((await fetch(`${url}/inspector/assets/${name}`)).status).toBe(404);
  });

  test('can be switched off', async () => {
    const url = await built({ mode: 'sandbox', inspector: { on: false } });
    expect((await fetch(`${url}/inspector/`)).status).toBe(404);
    await expect(socketStatus(`${url}/inspector/live`)).resolves.toBe(404);
  });

  test('of production is off unless it is switched on', async () => {
    const url = await built(PRODUCTION);
    expect((await fetch(`${url}/inspector/`)).status).toBe(404);
  });

  test('of production needs a token, and is shown in no frame', async () => {
    const token = 't'.repeat(32);
    const url = await built({ ...PRODUCTION, inspector: { on: true, token } });
    const page = await fetch(`${url}/inspector/`);
    expect(page.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('Content-Security-Policy')).toContain("connect-src 'self';");
    expect(page.headers.get('X-Frame-Options')).toBe('DENY');
    expect(page.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
    expect(await page.text()).toContain('content="live?token="');
    expect(await socketStatus(`${url}/inspector/live`)).toBe(401);
    expect(await socketStatus(`${url}/inspector/live?token=${token}`)).toBe(101);
  });

  test('is not switched on in production without a token', () => {
    const { error } = ServiceConfig.safeParse({ ...PRODUCTION, inspector: { on: true } });
    expect(error?.issues.map(({ path }) => path)).toEqual([['inspector', 'token']]);
  });
});
