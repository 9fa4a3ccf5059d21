import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export type PasswordAnswer = { ok: true } | { ok: false; reason: 'reused' | 'blocklisted' };

/** Six digits that are chosen most, beside runs and repeats, which the machines refuse themselves. */
const BLOCKLIST =
  '123456 111111 000000 123123 666666 888888 654321 112233 121212 520520 520131 131420 147258 159753 168168 258369 ' +
  '147852 159357 112358 314159 101010 123321 100200 110110 159951 789456 456123 147147 258258 369369 201314 521521';
const COST = 2 ** 17;
const BLOCK_SIZE = 8;
const BYTES = 32;

interface Hashed {
  salt: Uint8Array;
  hash: Uint8Array;
}

/** The sandbox's password service (spec section 2, R34): slow salted hashes, current and former. */
export class Passwords {
  readonly #cost: number;
  readonly #blocklist: ReadonlySet<string>;
  /** The last one is the current one. */
  readonly #passwords = new Map<string, Hashed[]>();
  readonly #timesSet = new Map<string, number>();
  readonly #answers = new Map<string, Promise<PasswordAnswer>>();
  /** One at a time for each account, so that two equal passwords are not set at once. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /**
   * @param cost scrypt's N, a power of two: OWASP's figure by default.
   * @param blocklist passwords that are refused, whoever chooses them.
   */
  constructor(cost: number = COST, blocklist: readonly string[] = BLOCKLIST.split(' ')) {
    this.#cost = cost;
    this.#blocklist = new Set(blocklist);
  }

  /**
   * Sets the password. The same `callKey` has its effect once and gets the same answer.
   * @returns `reason` is `blocklisted`, or `reused` for the current password or one that the account had before.
   */
  set(accountId: string, password: string, callKey: string): Promise<PasswordAnswer> {
    const before = this.#answers.get(callKey);
    if (before) return before;
    const answer = (this.#queues.get(accountId) ?? Promise.resolve()).then(() => this.#carryOut(accountId, password));
    this.#answers.set(callKey, answer);
    this.#queues.set(
      accountId,
      answer.catch(() => this.#answers.delete(callKey)),
    );
    return answer;
  }

  /** A password that the account had before, such as the one that was lost. It does not count as set. */
  async remember(accountId: string, password: string): Promise<void> {
    const salt = randomBytes(BYTES);
    const hashed = { salt, hash: await this.#hash(password, salt) };
    this.#passwords.set(accountId, [...(this.#passwords.get(accountId) ?? []), hashed]);
  }

  /** Whether it is the account's current password. */
  async verify(accountId: string, password: string): Promise<boolean> {
    const current = this.#passwords.get(accountId)?.at(-1);
    return current !== undefined && this.#matches(password, current);
  }

  /** How often the account's password was set. */
  timesSet(accountId: string): number {
    return this.#timesSet.get(accountId) ?? 0;
  }

  async #carryOut(accountId: string, password: string): Promise<PasswordAnswer> {
    if (this.#blocklist.has(password)) return { ok: false, reason: 'blocklisted' };
    for (const former of this.#passwords.get(accountId) ?? []) {
      if (await this.#matches(password, former)) return { ok: false, reason: 'reused' };
    }
    await this.remember(accountId, password);
    this.#timesSet.set(accountId, this.timesSet(accountId) + 1);
    return { ok: true };
  }

  async #matches(password: string, { salt, hash }: Hashed): Promise<boolean> {
    return timingSafeEqual(await this.#hash(password, salt), hash);
  }

  #hash(password: string, salt: Uint8Array): Promise<Uint8Array> {
    const options = { N: this.#cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * BLOCK_SIZE * (this.#cost + 64) };
    return new Promise((resolve, reject) => {
      scrypt(password, salt, BYTES, options, (error, hash) => (error ? reject(error) : resolve(hash)));
    });
  }
}
