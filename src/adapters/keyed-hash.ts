import { createHmac, timingSafeEqual } from 'node:crypto';
import { base64url, utf8 } from './bytes.ts';

/** A hash that nobody can compute or test without the key (R6). */
export interface KeyedHash {
  /** HMAC-SHA256 over all parts, in base64url. Parts cannot run into one another. */
  of(...parts: readonly string[]): string;
  /** Whether the hash is that of the parts, in constant time (R7). */
  matches(hash: string, ...parts: readonly string[]): boolean;
}

/**
 * @param key at least 32 bytes, or a passphrase of at least 16 characters.
 * @param use what the hashes are for: those of one use are worth nothing in another.
 * @throws RangeError for a short key.
 */
export function keyedHash(key: Uint8Array | string, use: string): KeyedHash {
  if (key.length < (typeof key === 'string' ? 16 : 32)) {
    throw new RangeError('the key is too short: give 32 random bytes, or a passphrase of 16 characters or more');
  }
  const derived = createHmac('sha256', key).update(`regain ${use}`).digest();
  const of: KeyedHash['of'] = (...parts) =>
    base64url(createHmac('sha256', derived).update(JSON.stringify(parts)).digest());
  return {
    of,
    matches: (hash, ...parts) => {
      // As text, not as bytes: base64url has several spellings of the same bytes.
      const given = utf8(hash);
      const right = utf8(of(...parts));
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
