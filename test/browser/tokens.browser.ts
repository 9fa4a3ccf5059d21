import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { seriousFindings } from './axe.ts';
import { drawn, open, runTrafficLight, visit, whenOver, withBrowser } from './open.ts';

withBrowser();

const KEY = 'k'.repeat(32);
const TOKEN = 'the token of the inspector, 32 or more';
const ASKED = encodeURIComponent(TOKEN);
/** What the browser itself says of a socket, or of an answer, that is refused. */
const REFUSED = /WebSocket connection to .* failed|status of 40[13]/;

/** A service of production that knows one identity provider; and what that gives to the holders of roles. */
async function production() {
  const folder = mkdtempSync(join(tmpdir(), 'regain-tokens-'));
  whenOver(() => rmSync(folder, { recursive: true }));
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] }));
  const staffToken = (...roles: string[]) =>
    new SignJWT({ roles })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setSubject('7')
      .setIssuer('idp')
      .setAudience('regain')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  const { page: first, ...service } = await open({}, '#/nowhere', {
    mode: 'production',
    keys: { sealing: KEY, tokens: [{ id: 'k1', key: KEY }] },
    ports: { url: 'http://127.0.0.1:9', secret: KEY },
    staff: { keys, issuer: 'idp' },
    inspector: { on: true, token: TOKEN, reveal: ['rounds'] },
  });
  await first.close();
  return { ...service, staffToken };
}

/** Nothing of what a tab knows is left to another one, or to the tab itself when it begins anew. */
async function keepsNothing(page: Page, secret: string): Promise<void> {
  const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  expect(stored).not.toContain(secret);
  expect(page.url()).not.toContain(secret);
}

test('programs of a production service are shown to whoever has its token', async () => {
  const { url, relay } = await production();
  const page = await visit(`${url}/inspector/`, {}, REFUSED);
  await drawn(page, 'recovery');
  const status = page.locator('.inspect-side [role="status"]');
  await expect.poll(() => status.textContent()).toBe('Not connected');
  const token = page.getByLabel('Token');
  await token.fill('another one');
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect.poll(() => status.textContent()).toBe('Refused: is the token right?');
  expect(await seriousFindings(page)).toEqual([]);
  await token.fill(TOKEN);
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect.poll(() => status.textContent()).toBe('Connected');
  runTrafficLight(`${relay}?token=${ASKED}`, 'TIMER');
  await page.locator('.subject', { hasText: 'trafficLight' }).waitFor();

  await page.getByRole('link', { name: 'Simulator' }).click();
  await page.getByRole('link', { name: 'Inspector' }).click();
  await expect.poll(() => status.textContent()).toBe('Connected');
  await keepsNothing(page, TOKEN);
  await page.reload();
  await expect.poll(() => status.textContent()).toBe('Not connected');
  expect(await token.inputValue()).toBe('');
});

test('R56: recoveries of a production service are shown to its auditors and agents alone', async () => {
  const { url, staffToken } = await production();
  const page = await visit(`${url}/inspector/#/recoveries`, {}, REFUSED);
  const field = page.locator('.sign-in input[type="password"]');
  await field.waitFor();
  expect(await page.locator('.sign-in button.first').count()).toBe(0); // nobody is given a token here
  await field.fill(await staffToken('staff'));
  await page.locator('.sign-in button[type="submit"]').click();
  await page.getByRole('alert').filter({ hasText: 'another role' }).waitFor();
  await field.fill('nothing that was signed');
  await page.locator('.sign-in button[type="submit"]').click();
  await page.getByRole('alert').waitFor();
  const token = await staffToken('auditor');
  await field.fill(token);
  await page.locator('.sign-in button[type="submit"]').click();
  await page.locator('.connection.live').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await keepsNothing(page, token);
  await page.reload();
  await field.waitFor();
});
