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

/** Who a bearer is. */
export type Principal =
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

/** Makes the service's own tokens, and says whose a bearer's token is. */
export class Tokens implements LinkTokens {
  readonly #options: TokensOptions;
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#keys = new Map(options.keys.map(({ id, key }) => [id, new TextEncoder().encode(key)]));
  }

  /**
   * The owner's token: good for one recovery, from one device.
   * @param at instant of issue; the same one gives the same token.
   */
  owner(recoveryId: string, deviceId: string, at: Instant): Promise<string> {
    return this.#sign('owner', recoveryId, { device: deviceId }, at);
  }

  contact(recoveryId: string, contactId: string): Promise<string> {
    return this.#sign('contact', recoveryId, { contact: contactId }, this.#options.clock.now());
  }

  cancel(recoveryId: string): Promise<string> {
    return this.#sign('cancel', recoveryId, {}, this.#options.clock.now());
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

  async #own(token: string, key: Uint8Array): Promise<Principal> {
    const { payload } = await jwtVerify(token, key, { ...this.#now(), algorithms: [ALGORITHM], issuer: ISSUER });
    const claims = Claims.parse(payload);
    const recoveryId = claims.sub;
    if ('device' in claims) return { kind: 'owner', recoveryId, deviceId: claims.device };
    if ('contact' in claims) return { kind: 'contact', recoveryId, contactId: claims.contact };
    return { kind: 'cancel', recoveryId };
  }

  async #staff(token: string): Promise<Principal | undefined> {
    const { staff } = this.#options;
    if (!staff) return undefined;
    const { payload } = await jwtVerify(token, createLocalJWKSet(await staff.keySet()), {
      ...this.#now(),
      algorithms: STAFF_ALGORITHMS,
      issuer: staff.issuer,
      audience: staff.audience,
      maxTokenAge: staff.oldest / SECOND,
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    const { sub, roles } = StaffClaims.parse(payload);
    return { kind: 'staff', id: sub, roles };
  }

  #now(): JWTVerifyOptions {
    return { currentDate: new Date(this.#options.clock.now()), requiredClaims: ['exp'] };
  }
}

/** The keys in a file, read again when it has changed: so keys are rotated without a restart. */
export function keySetFile(file: string): () => Promise<JSONWebKeySet> {
  let read: { changed: number; keys: JSONWebKeySet } | undefined;
  return async () => {
    const { mtimeMs: changed } = await stat(file);
    if (read?.changed !== changed) read = { changed, keys: KeySet.parse(JSON.parse(await readFile(file, 'utf8'))) };
    return read.keys;
  };
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
