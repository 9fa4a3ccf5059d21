import type { RefusalCode } from '../../machines/outcome.ts';

export interface RefusalDetails {
  /** Why, in a word: `dailyLimit`, `codeExpired`, … */
  reason?: string;
  /** The field that was wrong. */
  field?: string;
  /** Types of the events that would be accepted. */
  allowed?: string[];
}

/** An input that was not taken. It changed nothing; the audit trail holds it (spec section 6). */
export class Refusal extends Error implements RefusalDetails {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly reason?: string;
  readonly field?: string;
  readonly allowed?: string[];

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }
}
