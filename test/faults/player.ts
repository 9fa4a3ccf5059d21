import { setTimeout } from 'node:timers/promises';
import type { Client, Staff } from './client.ts';
import type { World } from './world.ts';

/** Instants of a campaign, in ms from its begin: everybody waits for the last before the clock moves on. */
export const TIMES = {
  contactsOpen: 12 * 60_000,
  afterCodes: 40 * 60_000, // long before minute 45 of any contacts, however long all take then
  entrance: 62 * 60_000,
  codeOver: 3 * 3_600_000,
  callOverdue: 75 * 3_600_000,
  weekOver: 8 * 86_400_000,
  watchOver: 17 * 86_400_000,
} as const;
export type Time = keyof typeof TIMES;

interface Shown {
  state: string;
  tags: string[];
  version: number;
  details?: { questions?: { questionId: string }[] };
  output?: { outcome: string };
}

interface Entry {
  kind: string;
  data: { port?: string } | null;
}

const AUDITOR: Staff = { id: 'u1', role: 'auditor' };

type Event = { type: string } & Record<string, unknown>;

/** Plays all the people of one recovery: the owner, the contacts, the agents, an institution. */
export class Player {
  readonly name: string;
  readonly accountId: string;
  readonly phone: string;
  recoveryId = '';
  readonly #client: Client;
  readonly #world: World;
  readonly #time: (time: Time) => Promise<void>;
  readonly #patience: number;
  #token = '';

  constructor(
    name: string,
    number: number,
    {
      client,
      world,
      time,
      patience,
    }: { client: Client; world: World; time(time: Time): Promise<void>; patience: number },
  ) {
    this.#patience = patience;
    this.name = name;
    this.accountId = `a${number}`;
    this.phone = `+86138${String(number).padStart(8, '0')}`;
    this.#client = client;
    this.#world = world;
    this.#time = time;
  }

  account(facts: Record<string, unknown> = {}): void {
    this.#world.sandbox.world.setAccount({ ...ACCOUNT(this.phone), ...facts, accountId: this.accountId });
  }

  async start(): Promise<void> {
    const { body } = await this.#client.post('/v1/recoveries', {
      accountId: this.accountId,
      device: { deviceId: 'd1' },
    });
    const { recoveryId, token } = body as { recoveryId: string; token: string };
    this.recoveryId = recoveryId;
    this.#token = token;
    await this.until('choosing.offering');
  }

  async choose(path: string): Promise<void> {
    await this.send({ type: 'path.choose', path });
    await this.until(`verifying.${path}`);
  }

  /** Sends what has to be taken. */
  send(event: Event): Promise<void> {
    return this.#taken(event, this.#owner);
  }

  /** Sends what may be refused. */
  async attempt(event: Event): Promise<void> {
    await this.#post(event, this.#owner);
  }

  staff(id: string, role: Staff['role'], event: Event): Promise<void> {
    return this.#taken(event, {}, { id, role });
  }

  contact(contactId: string, event: Event): Promise<void> {
    return this.#taken({ ...event, contactId }, { Authorization: `Bearer ${this.#link(contactId).bearer}` });
  }

  /** Confirms as a contact who has the link. */
  confirm(contactId: string): Promise<void> {
    return this.contact(contactId, { type: 'contact.confirm', method: 'smsLink', token: this.#link(contactId).token });
  }

  /** Cancels as whoever was told of the recovery. */
  object(): Promise<void> {
    const notice = this.#world.sandbox.world.notices.find(({ accountId }) => accountId === this.accountId);
    return this.#taken({ type: 'recovery.cancel' }, { Authorization: `Bearer ${notice?.cancelToken}` });
  }

  /** The last code that the phone got. */
  code(): string {
    return this.#world.sandbox.world.inbox(this.phone).at(-1)?.code ?? '';
  }

  institutionToken(): string {
    return this.#world.sandbox.institutionToken({ lifetimeMs: 365 * 86_400_000 });
  }

  capture(capture: object): string {
    return this.#world.sandbox.world.capture(capture);
  }

  rightAnswer(questionId: string): string | number {
    const { accountId, recoveryId } = this;
    return this.#world.sandbox.rightAnswer({ accountId, recoveryId, questionId }) ?? '';
  }

  async setPassword(password: string): Promise<void> {
    await this.until('settingPassword.awaiting');
    await this.send({ type: 'password.submit', password, confirmation: password });
    await this.until('completed');
  }

  async look(): Promise<Shown> {
    const { body } = await this.#client.get(`/v1/recoveries/${this.recoveryId}`, { ...this.#owner, Prefer: 'wait=1' });
    return body as Shown;
  }

  /** Resolves when the recovery stands in a state, or below it. */
  async until(state: string): Promise<Shown> {
    let last: Shown | undefined;
    for (const until = Date.now() + this.#patience; Date.now() < until; await setTimeout(80)) {
      last = await this.look();
      // Below it nobody is asked anything while a call is under way, which may be for long when it has to be made again.
      if (last.state === state || (last.state.startsWith(`${state}.`) && !last.tags.includes('busy'))) return last;
    }
    throw new Error(`${this.name}: stands in '${last?.state}' and never came to '${state}'`);
  }

  /**
   * Resolves when a port's answers have been taken so many times: what is still on its way when a recovery ends is dropped.
   * @param kind `notice` for a port that nobody waits for.
   */
  async answered(port: string, times: number, kind: 'answer' | 'notice' = 'answer'): Promise<void> {
    let taken = 0;
    for (const until = Date.now() + this.#patience; Date.now() < until; await setTimeout(80)) {
      const { body } = await this.#client.get(`/v1/recoveries/${this.recoveryId}/audit`, {}, AUDITOR);
      taken = (body as Entry[]).filter((entry) => entry.kind === kind && entry.data?.port === port).length;
      if (taken >= times) return;
    }
    throw new Error(`${this.name}: ${taken} answers of '${port}' were taken, not ${times}`);
  }

  time(time: Time): Promise<void> {
    return this.#time(time);
  }

  get #owner() {
    return { Authorization: `Bearer ${this.#token}`, 'Regain-Device': 'd1' };
  }

  async #taken(event: Event, headers: Record<string, string>, staff?: Staff): Promise<void> {
    const { status, body } = await this.#post(event, headers, staff);
    if (status !== 200) throw new Error(`${this.name}: '${event.type}' is refused: ${JSON.stringify(body)}`);
  }

  #post(event: Event, headers: Record<string, string>, staff?: Staff) {
    return this.#client.post(`/v1/recoveries/${this.recoveryId}/events`, event, headers, staff);
  }

  #link(contactId: string) {
    const { accountId } = this;
    const links = this.#world.sandbox.world.inbox(contactId).filter((message) => message.accountId === accountId);
    return links.at(-1) ?? { bearer: '', token: '' };
  }
}

/** An account that has everything. */
const ACCOUNT = (phone: string) => ({
  phone,
  realName: { verified: true, documentExpired: false, birthDate: '1990-04-01' },
  cards: [
    {
      cardId: 'c1',
      bankType: 'stateOwned',
      kind: 'debit',
      status: 'active',
      reservedPhone: phone,
      quickPay: true,
      onlinePayment: true,
      creditSupported: false,
    },
  ],
  validTransactions: 42,
  contacts: ['k1', 'k2', 'k3', 'k4'].map((contactId) => ({ contactId, realNameVerified: true, knownDays: 400 })),
  device: { deviceId: 'd1', loggedInDays: 90, remembered: true },
  biometric: { enabled: true, sensor: 'ultrasonic', enrolledDeviceId: 'd1' },
  consecutiveWrongPasswords: 2,
  voiceprint: { enrolled: true, dialect: 'mandarin' },
});
