import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { isPostgresUrl } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import type { StaffKeys } from './tokens.ts';

const Keys = z.object({ sealing: z.string(), token: z.string(), staff: z.looseObject({ kty: z.string() }) });
type Keys = z.infer<typeof Keys>;

const BYTES = 32;
const ISSUER = 'sandbox';
const AUDIENCE = 'regain';
const OWNER_ONLY = 0o600;
const EIGHT_HOURS = 8 * 60 * 60 * 1_000;

const random = () => randomBytes(BYTES).toString('base64url');

type Settings = Pick<Store, 'setting' | 'set'>;

/**
 * Keys of a sandbox, made at its first start and kept beside its file, or else among its settings: nobody has to think of some to
 * try regain.
 * @param named the store, if there is one.
 */
export async function sandboxKeys(named: string | undefined, settings: Settings): Promise<Keys> {
  const { read, write } = named === undefined || isPostgresUrl(named) ? inSettings(settings) : besideFile(named);
  const text = await read();
  if (text !== undefined) return Keys.parse(JSON.parse(text));
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const staff = { ...(await exportJWK(privateKey)), kid: 'sandbox', alg: 'EdDSA' } as Keys['staff'];
  const keys = { sealing: random(), token: random(), staff };
  await write(JSON.stringify(keys));
  return keys;
}

const SETTING = 'sandboxKeys';
const inSettings = (store: Settings) => ({
  read: () => store.setting(SETTING),
  write: (text: string) => store.set(SETTING, text),
});

function besideFile(store: string) {
  const file = `${store}.sandbox-keys.json`;
  const isKept = store !== ':memory:';
  return {
    read: async () => (isKept ? readFile(file, 'utf8').catch(() => undefined) : undefined),
    async write(text: string) {
      if (!isKept) return;
      await writeFile(`${file}.new`, text, { mode: OWNER_ONLY });
      await rename(`${file}.new`, file);
    },
  };
}

/** What a sandbox's service trusts, and the identity provider that makes tokens which it trusts. */
export function sandboxStaff({ staff }: Keys, now: () => number) {
  const { d: _, ...open } = staff as JWK;
  const keySet = { keys: [open] };
  const trusted: StaffKeys = {
    keySet: async () => keySet,
    issuer: ISSUER,
    audience: AUDIENCE,
    oldest: Number.MAX_SAFE_INTEGER,
  };
  const token = async (id: string, roles: readonly string[]) =>
    new SignJWT({ roles: [...roles] })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'sandbox' })
      .setSubject(id)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(new Date(now()))
      .setExpirationTime(new Date(now() + EIGHT_HOURS))
      .sign(await importJWK(staff as JWK, 'EdDSA'));
  return { trusted, token };
}
