import { z } from 'zod';
import { base64url, fromBase64url, utf8 } from './bytes.ts';
import { type KeyedHash, keyedHash } from './keyed-hash.ts';

/** What an institution's token says: who witnesses, where, until when (spec section 3.8). */
const Witness = z.strictObject({
  /** `hospital`, `police`, … */
  type: z.string().min(1),
  /** Where it stands, as risk control compares it. */
  place: z.string().min(1),
  /** Instant (ms) from which the token is refused. */
  expiresAt: z.number(),
});
type Witness = z.infer<typeof Witness>;

const INVALID = { valid: false, type: '', place: '' };

/** The sandbox's register of institutions: tokens are `payload.signature`, both base64url, signed by HMAC-SHA256. */
export class Institutions {
  readonly #signature: KeyedHash;

  /** @param key 32 random bytes, or a passphrase of 16 characters or more. */
  constructor(key: Uint8Array | string) {
    this.#signature = keyedHash(key, 'institution tokens');
  }

  /** A signed token for the institution's staff to scan. @throws ZodError for an incomplete witness. */
  token(witness: Witness): string {
    const payload = base64url(utf8(JSON.stringify(Witness.parse(witness))));
    return `${payload}.${this.#signature.of(payload)}`;
  }

  /** What a token is worth at an instant (ms); `type` and `place` are empty when it is not valid. */
  verify(token: string, at: number): { valid: boolean; type: string; place: string } {
    const [payload = '', signed = '', ...more] = token.split('.');
    if (more.length > 0 || !this.#signature.matches(signed, payload)) return INVALID;
    const { type, place, expiresAt } = Witness.parse(JSON.parse(new TextDecoder().decode(fromBase64url(payload))));
    return at < expiresAt ? { valid: true, type, place } : INVALID;
  }
}
