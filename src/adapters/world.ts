import { randomUUID } from 'node:crypto';
import { type AccountFacts, unknownAccount } from '../../machines/account.ts';
import { layered } from '../../machines/policy.ts';
import type { PortOutput } from '../../machines/ports.ts';
import { sandboxAccount } from './account.ts';
import { sandboxTransactions, type Transaction } from './transactions.ts';

/** What a person holds in hand: the clear code or token is here and nowhere else. */
export interface Message {
  at: number;
  accountId: string;
  /** A phone, or the id of a contact. */
  to: string;
  channel: 'sms' | 'call' | 'link' | 'app';
  purpose: string;
  code?: string;
  token?: string;
  /** Opens the service for a contact, where a service gives one. */
  bearer?: string;
}

export interface SandboxNotice {
  at: number;
  accountId: string;
  notice: string;
  path?: string;
  reason?: string;
  /** All phones the account has had here, and its contacts (R35). */
  to: string[];
  /** The way to cancel, where a service gives one (R37). */
  cancelToken?: string;
}

export interface Ticket {
  ticketId: string;
  accountId: string;
  recoveryId: string;
  openedAt: number;
  form: Record<string, unknown>;
  completeness: number;
  manualReview: boolean;
  level: 'normal' | 'priority' | 'supervisor';
}

/** A payment by emergency code. */
export interface Payment {
  at: number;
  accountId: string;
  redemptionId: string;
  amountFen: number;
  category: string;
  merchantRef: string;
}

/** Captures that were erased, by their references. */
export interface SandboxErasure {
  at: number;
  accountId: string;
  evidenceRefs: string[];
}

/** What can be seen or heard on a picture, scan or recording. Whatever is not said is as it should be. */
export interface Capture {
  faults?: (PortOutput<'checkDocument'>['faults'][number] | PortOutput<'checkFace'>['faults'][number])[];
  warnings?: string[];
  /** Of a document. */
  expired?: boolean;
  live?: boolean;
  /** Likeness to the person on file, in percent. */
  match?: number;
  /** False when it shows somebody else, or somebody else's. */
  ofOwner?: boolean;
  /** Digits spoken; by default the last ones that were read to the account's phone. */
  digits?: string;
}

/** How a port misbehaves: it fails, never answers, or does its work and answers late. */
export type Fault = 'throws' | 'hangs' | 'slow';

/** One call of a port, by its key. */
export interface SandboxCall {
  port: string;
  key: string;
  /** How often it came again with the same key. */
  repeats: number;
}

/** What a person or a tester sees of the sandbox, and can change. It lives in memory only. */
export class SandboxWorld {
  readonly notices: SandboxNotice[] = [];
  readonly tickets: Ticket[] = [];
  readonly payments: Payment[] = [];
  /** Ids of accounts whose sessions were ended, once for each time. */
  readonly revoked: string[] = [];
  readonly erased: SandboxErasure[] = [];
  readonly #accounts = new Map<string, AccountFacts>();
  readonly #phones = new Map<string, Set<string>>();
  readonly #messages: Message[] = [];
  readonly #captures = new Map<string, Capture>();
  readonly #answers = new Map<string, Record<string, string>>();
  readonly #faults = new Map<string, { fault: Fault; left: number }>();
  readonly #calls = new Map<string, SandboxCall>();

  constructor(accounts: readonly AccountFacts[]) {
    for (const account of accounts) this.#put(account);
  }

  /** Of an account that is not there: what a thief may be told of it, and no more (R15). */
  account(accountId: string): AccountFacts {
    return this.#accounts.get(accountId) ?? unknownAccount(accountId);
  }

  /**
   * Changes facts of an account: the one named, else the first one.
   * @throws TypeError that names an unknown field, ZodError for a wrong value.
   */
  setAccount(part: Record<string, unknown>): void {
    const [first] = this.#accounts.keys();
    this.#put(sandboxAccount(layered(this.account(String(part.accountId ?? first)), part)));
  }

  /** Messages that a phone or a contact got, the oldest first. */
  inbox(to: string): Message[] {
    return this.#messages.filter((message) => message.to === to);
  }

  deliver(message: Message): void {
    this.#messages.push(message);
  }

  /** The account's payments that a quiz may ask about. */
  transactions(accountId: string): Transaction[] {
    return sandboxTransactions(accountId, this.account(accountId).validTransactions);
  }

  /** Takes a picture, scan or recording; gives the reference under which the ports find it. */
  capture(capture: Capture): string {
    const ref = `sandbox:${randomUUID()}`;
    this.#captures.set(ref, capture);
    return ref;
  }

  /**
   * What a reference stands for. One that was not taken here is the owner's own and without a fault.
   * @throws Error for one that was erased.
   */
  captured(ref: string): Capture {
    if (this.erased.some(({ evidenceRefs }) => evidenceRefs.includes(ref))) throw new Error('the capture was erased');
    return this.#captures.get(ref) ?? {};
  }

  /** Erases captures, and notes that. */
  erase(erasure: SandboxErasure): void {
    for (const ref of erasure.evidenceRefs) this.#captures.delete(ref);
    this.erased.push(erasure);
  }

  /** Right answers to the security questions of an account. */
  securityAnswers(accountId: string): Record<string, string> {
    return this.#answers.get(accountId) ?? { firstSchool: '城南小学', birthplace: '成都' };
  }

  setSecurityAnswers(accountId: string, answers: Record<string, string>): void {
    this.#answers.set(accountId, answers);
  }

  /** Lets the next `times` calls of a port go wrong; all of them by default, none with 0. */
  setFault(port: string, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.set(port, { fault, left: times });
  }

  /** The fault of the call that is being made. */
  takeFault(port: string): Fault | undefined {
    const faulty = this.#faults.get(port);
    if (!faulty || faulty.left <= 0) return undefined;
    faulty.left -= 1;
    return faulty.fault;
  }

  /** Calls in the order of their first coming. */
  get calls(): SandboxCall[] {
    return [...this.#calls.values()];
  }

  noteCall(port: string, key: string): void {
    const id = JSON.stringify([port, key]);
    const before = this.#calls.get(id);
    this.#calls.set(id, before ? { ...before, repeats: before.repeats + 1 } : { port, key, repeats: 0 });
  }

  /** Whom a notice about an account goes to. */
  addresses(accountId: string): string[] {
    const contacts = this.account(accountId).contacts.map(({ contactId }) => contactId);
    return [...(this.#phones.get(accountId) ?? []), ...contacts];
  }

  #put(account: AccountFacts): void {
    const { accountId, phone } = account;
    this.#accounts.set(accountId, account);
    this.#phones.set(accountId, (this.#phones.get(accountId) ?? new Set()).add(phone));
  }
}
