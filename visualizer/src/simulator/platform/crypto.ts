import { hmac } from '@noble/hashes/hmac.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../../../src/adapters/bytes.ts';

// What the sandbox takes from `node:crypto`, for the page: the same hashes, and the browser's source of randomness.

const bytesOf = (part: string | Uint8Array) => (typeof part === 'string' ? utf8(part) : part);

interface Hash {
  update(part: string | Uint8Array): Hash;
  digest(): Uint8Array;
}

const wrapped = (hash: ReturnType<typeof sha256.create> | ReturnType<typeof hmac.create>): Hash => ({
  update(part) {
    hash.update(bytesOf(part));
    return this;
  },
  digest: () => hash.digest(),
});

export const createHash = (_: 'sha256'): Hash => wrapped(sha256.create());
export const createHmac = (_: 'sha256', key: string | Uint8Array): Hash => wrapped(hmac.create(sha256, bytesOf(key)));

export const randomBytes = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));

/** From 0 up to but not including `max`, at most 2^48, without modulo bias. */
export function randomInt(max: number): number {
  const range = 2 ** 48;
  const fair = range - (range % max);
  for (;;) {
    const value = randomBytes(6).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < fair) return value % max;
  }
}

/** Without `crypto.randomUUID`, which a page has only over HTTPS or on this machine. */
export function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.reduce((sum, byte, index) => sum | (byte ^ (other[index] ?? 0)), 0) === 0;
}

export function scrypt(
  password: string,
  salt: Uint8Array,
  dkLen: number,
  { N, r, p }: { N: number; r: number; p: number },
  done: (error: Error | null, hash: Uint8Array) => void,
): void {
  scryptAsync(password, salt, { N, r, p, dkLen }).then(
    (hash) => done(null, hash),
    (error: Error) => done(error, new Uint8Array()),
  );
}
