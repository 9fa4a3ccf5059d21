import { readFileSync } from 'node:fs';
import { type JWTPayload, SignJWT } from 'jose';
import type { Running } from './service.ts';

/** The keys of a sandbox's service, as they lie beside its store. */
export function keysOf({ file }: Running): { token: string; staff: Record<string, string> } {
  return JSON.parse(readFileSync(`${file}.sandbox-keys.json`, 'utf8'));
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What a token says, without looking at its signature. */
const claimsOf = (token: string): JWTPayload =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** The token with other claims under the old signature. */
export function tampered(token: string, claims: JWTPayload): string {
  const [head, , signature] = token.split('.');
  return [head, part({ ...claimsOf(token), ...claims }), signature].join('.');
}

/** The same claims, signed by nobody. */
export const unsigned = (token: string, kid: string) => `${part({ alg: 'none', kid })}.${part(claimsOf(token))}.`;

/** The same claims, signed with another key. */
export const signedWith = (token: string, key: string, kid: string, alg = 'HS256'): Promise<string> =>
  new SignJWT(claimsOf(token)).setProtectedHeader({ alg, kid }).sign(new TextEncoder().encode(key));
