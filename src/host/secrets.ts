import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { z } from 'zod';

const SEALED = '$sealed';

interface Def {
  innerType?: z.ZodType;
  element?: z.ZodType;
}

/** Whether a schema, or what it wraps, is marked secret. */
function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.secret === true) return true;
  const inner = (schema.def as Def).innerType;
  return inner !== undefined && isSecret(inner);
}

/** Top-level fields of an object schema that are marked secret. */
export function secretFields(schema: z.ZodObject): string[] {
  return Object.entries(schema.shape)
    .filter(([, field]) => isSecret(field as z.ZodType))
    .map(([name]) => name);
}

/** Encrypts what has to survive in the outbox, and only there: AES-256-GCM, with a key that is not in the store. */
export class Sealer {
  readonly #key: Buffer;

  /** @param key at least 32 bytes, or a passphrase of at least 16 characters. */
  constructor(key: Uint8Array | string) {
    if (key.length < (typeof key === 'string' ? 16 : 32)) {
      throw new RangeError(
        'the sealing key is too short: give 32 random bytes, or a passphrase of 16 characters or more',
      );
    }
    this.#key = createHash('sha256').update('regain sealing key').update(key).digest();
  }

  /** JSON of a record in which the named fields are encrypted. */
  seal(record: unknown, fields: readonly string[]): string {
    return JSON.stringify(record, (name, value) =>
      fields.includes(name) && value !== undefined ? { [SEALED]: this.#encrypt(JSON.stringify(value)) } : value,
    );
  }

  /**
   * The record as it was.
   * @throws Error when it was sealed with another key.
   */
  open(text: string): unknown {
    return JSON.parse(text, (_, value) =>
      value !== null && typeof value === 'object' && typeof value[SEALED] === 'string'
        ? JSON.parse(this.#decrypt(value[SEALED]))
        : value,
    );
  }

  #encrypt(text: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
  }

  #decrypt(text: string): string {
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }
}

/** The record without its secret fields, for the audit trail. */
export function redacted(record: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, fields.includes(name) ? '[secret]' : value]),
  );
}
