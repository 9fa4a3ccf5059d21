import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { events } from '../../machines/events.ts';
import { Running, whenOver } from './service.ts';

interface Operation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  security?: unknown[];
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: object };
}

describe('the OpenAPI document', () => {
  test('names every operation, and what each answers', async () => {
    const here = await Running.start();
    const { body } = await here.request<OpenApi>('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const operations = Object.values(body.paths).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, tags, summary, responses } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(tags).toHaveLength(1);
      expect(summary).not.toBe('');
      for (const [status, { description, content = {} }] of Object.entries(responses)) {
        expect(description).not.toBe('');
        if (Number(status) >= 400 && operationId !== 'ready')
          expect(Object.keys(content)).toEqual(['application/problem+json']);
      }
    }
    expect(JSON.stringify(body)).not.toContain('/sandbox');
  });

  test('has the schema of every event, and none of what is for the library alone', async () => {
    const here = await Running.start();
    const { text } = await here.request('GET', '/openapi.json');
    for (const type of Object.keys(events)) expect(text).toContain(`"const":"${type}"`);
    expect(text).not.toMatch(/"(secret|evidence)":/);
  });
});

/** The service as it is shipped: the build lays the page's files beside it. */
async function built(): Promise<string> {
  const file = join(import.meta.dirname, '../../dist/src/http/index.js');
  const { startService, ServiceConfig }: typeof import('../../src/http/index.ts') = await import(file);
  const service = await startService(
    ServiceConfig.parse({ mode: 'sandbox', port: 0, store: ':memory:', logLevel: 'silent' }),
  );
  whenOver(() => service.stop());
  return service.url;
}

describe('the page that shows it', () => {
  test('comes whole from here, with the right types, and refers to nothing foreign', async () => {
    const url = await built();
    const page = await fetch(`${url}/docs`);
    expect(page.headers.get('Content-Type')).toMatch(/^text\/html/);
    const policy = page.headers.get('Content-Security-Policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'"])
      expect(policy).toContain(part);
    const refers = [...(await page.text()).matchAll(/(?:href|src)="([^"]+)"/g)].map(([, to]) => to ?? '');
    const own = refers.filter((to) => to !== 'data:,');
    expect(own).toHaveLength(3);
    for (const to of own) {
      const at = new URL(to, `${url}/docs`);
      expect(at.origin).toBe(url);
      const answer = await fetch(at);
      expect([to, answer.status]).toEqual([to, 200]);
      expect(answer.headers.get('Content-Type')).toMatch(to.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
      const text = await answer.text();
      expect(text.length).toBeGreaterThan(50);
      if (to.endsWith('.css')) expect(text).not.toMatch(/(?:url\(|@import)\s*["']?(?:https?:)?\/\//);
      if (to.endsWith('start.js')) expect(text).toContain("url: 'openapi.json'");
    }
  });
});
