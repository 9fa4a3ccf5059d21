import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

const SEALED = '$sealed';
const IV_BYTES = 12;
const TAG_BYTES = 16;

type Part = Record<string, unknown>;

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

  /**
   * JSON of a record in which the named fields are encrypted.
   * @param place where it belongs: it can be opened nowhere else.
   * @param random gives bytes that were never given before.
   */
  seal(
    record: unknown,
    fields: readonly string[],
    place: string,
    random = randomBytes as (size: number) => Buffer,
  ): string {
    const sealed = { ...(record as Part) };
    for (const name of fields) {
      if (sealed[name] !== undefined) {
        sealed[name] = { [SEALED]: this.#encrypt(JSON.stringify(sealed[name]), `${place}/${name}`, random) };
      }
    }
    return JSON.stringify(sealed);
  }

  /**
   * The record as it was.
   * @throws Error when it was sealed with another key or for another place.
   */
  open(text: string, fields: readonly string[], place: string): unknown {
    const record = JSON.parse(text) as Part;
    for (const name of fields) {
      const sealed = (record[name] as Part | undefined)?.[SEALED];
      if (typeof sealed === 'string') record[name] = JSON.parse(this.#decrypt(sealed, `${place}/${name}`));
    }
    return record;
  }

  /** A digest that nobody can compute without the key: a password of six digits is not found by trying. */
  digest(content: unknown): string {
    return createHmac('sha256', this.#key).update('digest').update(JSON.stringify(content)).digest('base64url');
  }

  /** 32 bytes that follow from a text, and that nobody can compute without the key. */
  derived(text: string): Buffer {
    return createHmac('sha256', this.#key).update('derived').update(text).digest();
  }

  #encrypt(text: string, place: string, random: (size: number) => Buffer): string {
    const iv = random(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
  }

  #decrypt(text: string, place: string): string {
    const bytes = Buffer.from(text, 'base64');
    const body = IV_BYTES + TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(IV_BYTES, body));
    return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]).toString('utf8');
  }
}
