import type { Message, SandboxNotice } from '../../../src/adapters/world.ts';
import type { Recovery } from '../../../src/http/schemas.ts';
import { type Child, Refused } from './child.ts';
import type { Bearer } from './requests.ts';

export const SECRET = 'SECRET-of-an-owner';
/** Every name and every phone in use, whosever. */
export const MARKS = /mk\d+x\d+q|\+86137\d{8}/g;

/** What belongs to an account and is said with every request has a name that is no mark. */
const idOf = (accountId: string, what: string) => `${accountId.replace('mk', 'id')}-${what}`;

export type StaffTokens = Record<'agent' | 'staff' | 'auditor' | 'all', string>;

export async function staffTokens(child: Child): Promise<StaffTokens> {
  const token = async (...roles: string[]) => {
    const body = { id: `${roles.join('-')}-7`, roles };
    return (await child.json<{ token: string }>({ method: 'POST', path: '/sandbox/staff-tokens', body })).token;
  };
  return {
    agent: await token('agent'),
    staff: await token('staff'),
    auditor: await token('auditor'),
    all: await token('agent', 'staff', 'auditor'),
  };
}

/** An owner with an account, contacts and a recovery that can be recognised, and all tokens that concern it. */
export class Party {
  readonly accountId: string;
  readonly phone: string;
  readonly deviceId: string;
  readonly recoveryId: string;
  readonly tokens: Partial<Record<Bearer, string>>;
  readonly #child: Child;
  readonly #auditor: Record<string, string>;
  /** Where the recovery stood when nothing was under way any more. */
  version = 0;
  status = 'active';
  allowed: string[] = [];
  details: Record<string, unknown> = {};
  #seq = 0;

  private constructor(
    child: Child,
    staff: StaffTokens,
    name: string,
    phone: string,
    started: { recoveryId: string; token: string },
  ) {
    this.#child = child;
    this.#auditor = { authorization: `Bearer ${staff.all}` };
    this.accountId = name;
    this.phone = phone;
    this.deviceId = idOf(name, 'device');
    this.recoveryId = started.recoveryId;
    this.tokens = { ...staff, owner: started.token };
  }

  static async begin(child: Child, staff: StaffTokens, worker: number, count: number): Promise<Party> {
    const name = `mk${worker}x${count}q`;
    const phone = `+86137${String(worker).padStart(2, '0')}${String(count).padStart(6, '0')}`;
    const deviceId = idOf(name, 'device');
    const account = {
      accountId: name,
      phone,
      realName: { verified: true },
      cards: [{}],
      contacts: [1, 2, 3, 4].map((each) => ({ contactId: idOf(name, `k${each}`) })),
      validTransactions: 42,
      device: { deviceId, loggedInDays: 90, remembered: true },
      biometric: { enabled: true, sensor: 'capacitive', enrolledDeviceId: deviceId },
      consecutiveWrongPasswords: 2,
      voiceprint: { enrolled: true, dialect: 'mandarin' },
    };
    await child.json({ method: 'POST', path: '/sandbox/accounts', body: account });
    const body = { accountId: name, device: { deviceId } };
    const started = await child.json<{ recoveryId: string; token: string }>({
      method: 'POST',
      path: '/v1/recoveries',
      body,
    });
    const party = new Party(child, staff, name, phone, started);
    await party.settle();
    // The clock may have been moved meanwhile: then this one has to do without a contact.
    await party.#askContacts().catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
    });
    await party.settle();
    return party;
  }

  /** Has the contacts asked once, so that there is a contact’s token. */
  async #askContacts(): Promise<void> {
    const contactIds = [1, 2, 3].map((each) => idOf(this.accountId, `k${each}`));
    for (const body of [
      { type: 'path.choose', path: 'securityContacts' },
      { type: 'contacts.request', contactIds },
      { type: 'path.leave' },
    ]) {
      const headers = this.headersOf('owner', this);
      await this.#child.json({ method: 'POST', path: `${this.path}/events`, headers, body });
      await this.settle();
    }
    this.tokens.contact = (await this.#inbox(idOf(this.accountId, 'k1'))).at(-1)?.bearer ?? '';
    const notices = await this.#child.json<SandboxNotice[]>({
      method: 'GET',
      path: `/sandbox/notices/${this.accountId}`,
    });
    this.tokens.cancel = notices.at(-1)?.cancelToken ?? '';
    await this.settle();
  }

  get path(): string {
    return `/v1/recoveries/${this.recoveryId}`;
  }

  headersOf(bearer: Bearer, { deviceId }: { deviceId: string }): Record<string, string> {
    if (bearer === 'none') return {};
    const token = this.tokens[bearer] ?? this.tokens.owner?.replace(/.{10}$/, 'AAAAAAAAAA');
    return { authorization: `Bearer ${token}`, 'regain-device': deviceId };
  }

  /** Looks where the recovery stands when nothing is under way. */
  async settle(): Promise<void> {
    const view = await this.#view(this.#auditor, 'wait=10');
    this.version = view.version;
    this.status = view.status;
    this.details = view.details ?? {};
    const views = [view, await this.#view(this.headersOf('owner', this))];
    const { contact } = this.tokens;
    if (contact && view.state.includes('.securityContacts.'))
      views.push(await this.#view({ authorization: `Bearer ${contact}` }));
    this.allowed = views.flatMap(({ allowed }) => allowed.map(({ type }) => type));
    await this.entries();
  }

  async versionNow(): Promise<number> {
    return (await this.#view(this.#auditor)).version;
  }

  #view(headers: Record<string, string>, prefer = ''): Promise<Recovery> {
    return this.#child.json({ method: 'GET', path: this.path, headers: { ...headers, prefer } });
  }

  /** Kinds of the entries that came to the audit trail since it was last looked at. */
  async entries(): Promise<string[]> {
    const path = `${this.path}/audit?after=${this.#seq}`;
    const entries = await this.#child.json<{ seq: number; kind: string }[]>({
      method: 'GET',
      path,
      headers: this.#auditor,
    });
    this.#seq = entries.at(-1)?.seq ?? this.#seq;
    return entries.map(({ kind }) => kind);
  }

  /** What the people around the recovery know, in place of each `$name` in a body. */
  async filled(text: string): Promise<string> {
    const known: Record<string, () => unknown> = {
      $account: () => this.accountId,
      $device: () => this.deviceId,
      $secret: () => SECRET,
      $contact: () => idOf(this.accountId, 'k1'),
      $contact2: () => idOf(this.accountId, 'k2'),
      $contact3: () => idOf(this.accountId, 'k3'),
      $code: async () => (await this.#inbox(this.phone)).findLast(({ code }) => code !== undefined)?.code,
      $link: async () => (await this.#inbox(idOf(this.accountId, 'k1'))).at(-1)?.token,
      $institution: async () =>
        (await this.#child.json<{ token: string }>({ method: 'POST', path: '/sandbox/institution-tokens', body: {} }))
          .token,
      $question: () => this.#question(),
      $answer: async () => {
        const body = { accountId: this.accountId, recoveryId: this.recoveryId, questionId: this.#question() };
        const path = '/sandbox/quiz-answers';
        return (await this.#child.json<{ answer: unknown }>({ method: 'POST', path, body })).answer;
      },
    };
    let whole = text;
    for (const [name] of text.matchAll(/"\$[a-z]+\d?"/g)) {
      const value = await known[JSON.parse(name)]?.();
      whole = whole.replace(name, JSON.stringify(value ?? 'none'));
    }
    return whole;
  }

  #question(): string {
    const questions = (this.details.questions ?? []) as { questionId: string }[];
    return questions[this.version % Math.max(questions.length, 1)]?.questionId ?? 'none';
  }

  #inbox(to: string): Promise<Message[]> {
    return this.#child.json({ method: 'GET', path: `/sandbox/inbox/${encodeURIComponent(to)}` });
  }
}
