import { randomBytes, randomInt } from 'node:crypto';
import type { CodeSlot, CodeStore } from '../code-store.ts';
import { base64url } from './bytes.ts';
import { createMemoryCodeStore } from './code-store.ts';
import { type KeyedHash, keyedHash } from './keyed-hash.ts';

/**
 * One-time codes and tokens (spec sections 3.1, 3.4, 3.8; requirements R1 to R11): made from a cryptographic source, kept
 * only as keyed hashes, bound to account, recovery, path and purpose, used up once and before the effect they permit.
 */

/** What a secret is bound to, and the call it is made or checked for. */
export interface CodeRequest {
  accountId: string;
  /** What it is for; a new one voids the earlier ones of the same account and purpose. */
  purpose: string;
  recoveryId: string;
  path: string;
  /** Instant of the call, in ms. */
  at: number;
  /** Idempotency key of the call. */
  callKey: string;
}

/** Figures of `policy.code`. */
interface CodePolicy {
  digits: number;
  /** In ms. */
  lifetime: number;
  /** Wrong entries after which a code is dead. */
  maxWrong: number;
}

export interface CodeService {
  /** The clear code to be sent, or null when this call was carried out before: nothing is to be sent again. */
  issue(request: CodeRequest): Promise<string | null>;
  /** Counts the try, durably, and only then compares; a right code is used up. */
  check(request: CodeRequest & { code: string }): Promise<{ ok: boolean }>;
  /** As `issue`, for a token of 128 bits that lasts `lifetime` ms. */
  issueToken(request: CodeRequest & { lifetime: number }): Promise<string | null>;
  /** As `check`, but a wrong token harms nobody: it cannot be guessed, and the right one stays good. */
  checkToken(request: CodeRequest & { token: string }): Promise<{ ok: boolean }>;
}

export interface OneTimeCodesOptions {
  /** Key of the hashes, kept apart from the store: 32 random bytes, or a passphrase of 16 characters or more. */
  key: Uint8Array | string;
  policy: CodePolicy;
  store?: CodeStore;
  /** A random integer from 0 up to but not including `max`. For tests. */
  random?: (max: number) => number;
}

const LEAST_DIGITS = 6; // 20 bits, R1
const MOST_DIGITS = 14; // as far as crypto.randomInt reaches
const TOKEN_BYTES = 16; // 128 bits, R2

/** Answers are kept for as long as a recovery may last: a host that comes back later repeats no call. */
const KEPT = 7 * 24 * 60 * 60 * 1_000;

/** Random decimal digits without modulo bias (R1). */
export const randomCode = (digits: number, random: (max: number) => number = randomInt) =>
  String(random(10 ** digits)).padStart(digits, '0');

/** 128 random bits in base64url (R2). */
export const randomToken = () => base64url(randomBytes(TOKEN_BYTES));

type Kind = 'code' | 'token';

/** @throws RangeError for a short key, or fewer digits than R1 asks for. */
export function createOneTimeCodes(options: OneTimeCodesOptions): CodeService {
  const { key, policy, store = createMemoryCodeStore(), random = randomInt } = options;
  const rules = new CodeRules(key, policy);
  const put = async (kind: Kind, request: CodeRequest, secret: string, lifetime: number) => {
    const isNew = await store.update(rules.slot(kind, request), (slot) =>
      rules.put(slot, kind, request, secret, lifetime),
    );
    return isNew ? secret : null;
  };
  /** Two transactions: a process that dies between them has counted the try and told nothing (R10). */
  const take = async (kind: Kind, request: CodeRequest, secret: string) => {
    const name = rules.slot(kind, request);
    const settled = await store.update(name, (slot) => rules.count(slot, kind, request));
    return { ok: settled ?? (await store.update(name, (slot) => rules.compare(slot, kind, request, secret))) };
  };
  return {
    issue: (request) => put('code', request, randomCode(policy.digits, random), policy.lifetime),
    check: (request) => take('code', request, request.code),
    issueToken: (request) => put('token', request, randomToken(), request.lifetime),
    checkToken: (request) => take('token', request, request.token),
  };
}

/** What may be done with one slot; each is one transaction. */
class CodeRules {
  readonly #hash: KeyedHash;
  readonly #policy: CodePolicy;

  constructor(key: Uint8Array | string, policy: CodePolicy) {
    if (policy.digits < LEAST_DIGITS || policy.digits > MOST_DIGITS) {
      throw new RangeError(`policy.code.digits: expected ${LEAST_DIGITS} to ${MOST_DIGITS}, not ${policy.digits}`);
    }
    this.#hash = keyedHash(key, 'one-time codes');
    this.#policy = policy;
  }

  /** Where the secrets of one account and purpose are kept; the name tells nobody whose they are. */
  slot(kind: Kind, { accountId, purpose }: CodeRequest): string {
    return this.#hash.of('slot', kind, accountId, purpose);
  }

  /** Puts a secret in the place of the live one; false when this call has done so before. */
  put(slot: CodeSlot, kind: Kind, request: CodeRequest, secret: string, lifetime: number): boolean {
    if (answerTo(slot, request) !== undefined) return false;
    const hash = this.#hash.of(...bound(kind, request, secret));
    slot.live = { hash, expiresAt: request.at + lifetime, tries: [] };
    return record(slot, request, true);
  }

  /** Counts a try; gives the answer where there is nothing to compare with, or where it was given before. */
  count(slot: CodeSlot, kind: Kind, request: CodeRequest): boolean | undefined {
    const before = answerTo(slot, request);
    if (before !== undefined) return before;
    if (slot.live && request.at >= slot.live.expiresAt) slot.live = null; // for good: no clock set back revives it (R44)
    if (!slot.live) return record(slot, request, false);
    const { tries } = slot.live;
    if (kind === 'token' || tries.includes(request.callKey)) return undefined;
    if (tries.length >= this.#policy.maxWrong) return record(slot, request, false);
    tries.push(request.callKey);
    return undefined;
  }

  /** Compares a try that was counted, and uses the secret up when it is right. */
  compare(slot: CodeSlot, kind: Kind, request: CodeRequest, secret: string): boolean {
    const before = answerTo(slot, request);
    if (before !== undefined) return before;
    const { live } = slot;
    const counted = kind === 'token' || live?.tries.includes(request.callKey) === true;
    const right = live !== null && counted && this.#hash.matches(live.hash, ...bound(kind, request, secret));
    if (right) slot.live = null;
    return record(slot, request, right);
  }
}

const bound = (kind: Kind, { accountId, recoveryId, path, purpose }: CodeRequest, secret: string) =>
  [kind, accountId, recoveryId, path, purpose, secret] as const;

/** The answer that this call got before. */
function answerTo({ calls }: CodeSlot, { callKey }: CodeRequest): boolean | undefined {
  return calls.find(({ key }) => key === callKey)?.ok;
}

function record({ calls }: CodeSlot, { callKey, at }: CodeRequest, ok: boolean): boolean {
  while (calls[0] && calls[0].at < at - KEPT) calls.shift();
  calls.push({ key: callKey, at, ok });
  return ok;
}
