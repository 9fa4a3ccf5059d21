import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTVerifyOptions,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import type { Instant } from '../core/index.ts';
import type { LinkTokens } from '../host/port-caller.ts';
import { issueText } from '../issues.ts';

/** Who a bearer is. */
export type Principal = Who & {
  /** Instant (ms) at which the token expires. */
  expiresAt: Instant;
};

type Who =
  | { kind: 'owner'; recoveryId: string; deviceId: string }
  | { kind: 'contact'; recoveryId: string; contactId: string }
  /** The way to cancel that goes with a notice. */
  | { kind: 'cancel'; recoveryId: string }
  | { kind: 'staff'; id: string; roles: readonly StaffRole[] };

const StaffRole = z.enum(['agent', 'staff', 'auditor']);
/** `agent` decides on appeals, `staff` witnesses for an institution, `auditor` reads. */
export type StaffRole = z.infer<typeof StaffRole>;

const ISSUER = 'regain';
const ALGORITHM = 'HS256';
/** Signatures that only the holder of a private key can make. */
const STAFF_ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'];

const Owner = z.object({ sub: z.string(), aud: z.literal('owner'), device: z.string() });
const Contact = z.object({ sub: z.string(), aud: z.literal('contact'), contact: z.string() });
const Cancel = z.object({ sub: z.string(), aud: z.literal('cancel') });
const Claims = z.union([Owner, Contact, Cancel]);
const StaffClaims = z.object({
  sub: z.string().min(1).max(128),
  // An identity provider may have more roles than this service.
  roles: z
    .array(z.string())
    .transform((roles) => roles.filter((role) => StaffRole.safeParse(role).success) as StaffRole[]),
});

export interface TokensOptions {
  /** The first one signs, all are accepted. */
  keys: readonly { id: string; key: string }[];
  /** How long tokens are good, in ms. */
  lifetimes: { owner: number; contact: number; cancel: number };
  clock: { now(): Instant };
  staff?: StaffKeys | undefined;
}

export interface StaffKeys {
  /** The public keys, asked for at every token. */
  keySet(): Promise<JSONWebKeySet>;
  issuer: string;
  audience: string;
  /** Tokens issued longer ago (ms) are refused. */
  oldest: number;
}

const SECOND = 1_000;
/** Tokens that are remembered, at most. */
const MOST_GOOD = 10_000;
/** Clocks of those who make tokens and of those who read them may be so far apart, in seconds. */
const CLOCKS_APART = 60;

/** Makes the service's own tokens, and says whose a bearer's token is. */
export class Tokens implements LinkTokens {
  readonly #options: TokensOptions;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** Whose the service's own tokens are that were good, by their digests. */
  readonly #good = new Map<string, Principal>();
  #staffKeys: { of: JSONWebKeySet; find: ReturnType<typeof createLocalJWKSet> } | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#keys = new Map(options.keys.map(({ id, key }) => [id, createSecretKey(key, 'utf8')]));
  }

  /**
   * The owner's token: good for one recovery, from one device.
   * @param at instant of issue; the same one gives the same token.
   */
  owner(recoveryId: string, deviceId: string, at: Instant): Promise<string> {
    return this.#sign('owner', recoveryId, { device: deviceId }, at);
  }

  contact(recoveryId: string, contactId: string, at: Instant): Promise<string> {
    return this.#sign('contact', recoveryId, { contact: contactId }, at);
  }

  cancel(recoveryId: string, at: Instant): Promise<string> {
    return this.#sign('cancel', recoveryId, {}, at);
  }

  /** @returns undefined for a token that is not good, whatever is wrong with it. */
  async principal(token: string): Promise<Principal | undefined> {
    try {
      const { kid, alg } = decodeProtectedHeader(token);
      const key = kid === undefined ? undefined : this.#keys.get(kid);
      return alg === ALGORITHM && key ? await this.#own(token, key) : await this.#staff(token);
    } catch {
      return undefined;
    }
  }

  #sign(audience: keyof TokensOptions['lifetimes'], recoveryId: string, claims: object, at: Instant): Promise<string> {
    const [first] = this.#keys;
    if (!first) throw new RangeError('there is no key to sign tokens with');
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: first[0] })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(recoveryId)
      .setIssuedAt(Math.floor(at / SECOND))
      .setExpirationTime(Math.floor((at + this.#options.lifetimes[audience]) / SECOND))
      .sign(first[1]);
  }

  /** A token that was good is good until it expires: its signature is not computed again. */
  async #own(token: string, key: KeyObject): Promise<Principal> {
    const digest = createHash('sha256').update(token).digest('base64url');
    const known = this.#good.get(digest);
    if (known && this.#options.clock.now() < known.expiresAt) return known;
    const principal = await this.#verified(token, key);
    if (this.#good.size >= MOST_GOOD) this.#good.clear();
    this.#good.set(digest, principal);
    return principal;
  }

  async #verified(token: string, key: KeyObject): Promise<Principal> {
    const { payload } = await jwtVerify(token, key, { ...this.#now(), algorithms: [ALGORITHM], issuer: ISSUER });
    const claims = Claims.parse(payload);
    const common = { recoveryId: claims.sub, expiresAt: Number(payload.exp) * SECOND };
    if ('device' in claims) return { kind: 'owner', ...common, deviceId: claims.device };
    if ('contact' in claims) return { kind: 'contact', ...common, contactId: claims.contact };
    return { kind: 'cancel', ...common };
  }

  async #staff(token: string): Promise<Principal | undefined> {
    const { staff } = this.#options;
    if (!staff) return undefined;
    const keys = await staff.keySet();
    if (this.#staffKeys?.of !== keys) this.#staffKeys = { of: keys, find: createLocalJWKSet(keys) };
    const { payload } = await jwtVerify(token, this.#staffKeys.find, {
      ...this.#now(),
      algorithms: STAFF_ALGORITHMS,
      issuer: staff.issuer,
      audience: staff.audience,
      maxTokenAge: staff.oldest / SECOND,
      clockTolerance: CLOCKS_APART,
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    const { sub, roles } = StaffClaims.parse(payload);
    const expiresAt = Number(payload.exp) * SECOND;
    if (expiresAt <= this.#options.clock.now()) return undefined; // an end is an end
    return { kind: 'staff', id: sub, roles, expiresAt };
  }

  #now(): JWTVerifyOptions {
    return { currentDate: new Date(this.#options.clock.now()), requiredClaims: ['exp'] };
  }
}

/**
 * The keys in a file, read again when it has changed: so keys are rotated without a restart. While it cannot be read, the last
 * good ones stay in force; without any, its error is thrown.
 * @param onError told of a file that cannot be read any more.
 */
export function keySetFile(file: string, onError: (error: unknown) => void): () => Promise<JSONWebKeySet> {
  let read: { changed: number; keys: JSONWebKeySet } | undefined;
  return async () => {
    try {
      const { mtimeMs: changed } = await stat(file);
      if (read?.changed !== changed) read = { changed, keys: keysIn(await readFile(file, 'utf8')) };
    } catch (error) {
      if (!read) throw error;
      onError(error);
    }
    return read.keys;
  };
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

function keysIn(text: string): JSONWebKeySet {
  const { data, error } = KeySet.safeParse(JSON.parse(text));
  const [issue] = error?.issues ?? [];
  if (!data) throw new Error(issue && issueText(issue));
  return data;
}
