import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { events } from '../../machines/events.ts';
import type { By } from '../../src/host/api.ts';
import { Client, type Fields, Running, temporaryFolder, whenOver } from '../http/service.ts';
import type { Happening } from './composed.ts';
import { type Expected, inOrder } from './expected.ts';
import type { Observed, System } from './replay.ts';
import { type Completed, START } from './subjects.ts';
import { type ToldServer, toldServer } from './told-server.ts';

const PATIENCE = 15_000; // ms
const PAUSE = 4; // ms
const LONG = '3650d';
const MANY = { most: 1_000_000 };
const EVERY_ROLE = ['agent', 'staff', 'auditor'];

/** Waits for something to be there. @throws Error when it is not in time. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const since = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - since > PATIENCE) throw new Error(`waited in vain for ${what}`);
    await pause(PAUSE);
  }
}

/** The service with its clock, and ports of which the tests say what they answer. */
export interface Served {
  running: Running;
  server: ToldServer;
  accounts: number;
  /** Headers of one who may see everything. */
  staff?: Fields | undefined;
}

/** Starts a service for the paths of one subject. */
export async function serve({ policyInput }: Completed): Promise<Served> {
  const server = await toldServer();
  whenOver(server.close);
  const policy = join(temporaryFolder(), 'policy.yaml');
  writeFileSync(policy, JSON.stringify(policyInput)); // JSON is YAML
  const running = await Running.start({
    ports: server.ports,
    policy,
    tokens: { owner: LONG, contact: LONG, cancel: LONG },
    limits: {
      ...{ startsByAccount: MANY, startsByDevice: MANY, startsByAddress: MANY },
      ...{ eventsByRecovery: MANY, eventsByAddress: MANY },
    },
  });
  return { running, server, accounts: 0 };
}

/** One recovery of an account of its own, by HTTP alone. */
export class HttpSystem implements System {
  readonly #served: Served;
  readonly #accountId: string;
  #began = 0;
  #owner: Client | undefined;
  #version = 0;
  #deadlines: Expected['deadlines'] = [];

  constructor(served: Served) {
    this.#served = served;
    served.accounts += 1;
    this.#accountId = `m${served.accounts}`;
  }

  get #recovery(): Client {
    if (!this.#owner) throw new Error('it has not begun');
    return this.#owner;
  }

  async #bearer(by: By): Promise<Client> {
    const { running, server } = this.#served;
    const { recoveryId } = this.#recovery;
    switch (by.role) {
      case 'owner':
        return this.#recovery;
      case 'contact': {
        const token = await until(() => server.contactToken(recoveryId, by.id), `the token of ${by.id}`);
        return running.bearer(recoveryId, token);
      }
      case 'agent':
      case 'staff':
        return new Client(running, recoveryId, await running.staff(by.id ?? 'sam', by.role));
    }
  }

  /** Sets the clock. Its answer waits for calls that here wait for the test: it is not waited for. */
  async #set(instant: number): Promise<void> {
    const { running } = this.#served;
    running.request('POST', '/sandbox/clock', {}, { set: iso(instant) }).catch(() => {}); // it shows below
    await until(
      async () => {
        const { body } = await running.request<{ now: string }>('GET', '/sandbox/clock');
        const off = Date.parse(body.now) - instant;
        return off >= 0 && off < PATIENCE ? true : undefined;
      },
      `the clock to be at ${iso(instant)}`,
    );
  }

  async #start(): Promise<void> {
    this.#began = performance.now();
    await this.#set(START);
    const { body, status, text } = await this.#served.running.begin(this.#accountId);
    if (status !== 201) throw new Error(`no recovery began: ${text}`);
    const { recoveryId, token } = body;
    const headers = { Authorization: `Bearer ${token}`, 'Regain-Device': 'd1' };
    this.#owner = new Client(this.#served.running, recoveryId, headers);
  }

  async #say(happening: Extract<Happening, { do: 'answer' | 'fail' }>, place: number): Promise<void> {
    const { owner, port } = happening;
    const { server } = this.#served;
    const call = await until(
      () => server.waiting(this.#recovery.recoveryId, owner, port)[place],
      `call ${place + 1} of '${port}' by '${owner}'`,
    );
    if (happening.do === 'fail') call.respond(500, {});
    else if (port !== 'loadAccount') call.respond(200, happening.output);
    else call.respond(200, { ...(happening.output as object), accountId: this.#accountId });
    await this.#moved();
  }

  /** Waits until the recovery is in another version than it was seen in. */
  async #moved(): Promise<void> {
    const before = this.#version;
    await until(async () => {
      const { body } = await this.#recovery.get();
      return body.version > before ? true : undefined;
    }, 'the next version');
  }

  async apply(happening: Happening, place: number, _dueAt: number, due: string[]): Promise<Observed['refused']> {
    switch (happening.do) {
      case 'start':
        await this.#start();
        return null;
      case 'wait': {
        const instants = this.#deadlines.filter(({ name }) => due.includes(name)).map(({ at }) => at);
        await this.#set(Math.max(...instants));
        await this.#moved();
        return null;
      }
      case 'answer':
      case 'fail':
        await this.#say(happening, place);
        return null;
      case 'send': {
        const { status, problem, text } = await (await this.#bearer(happening.by)).send(happening.event);
        if (status === 200) return null;
        if (status >= 500) throw new Error(text);
        const { code, reason, field } = problem;
        return { code, ...(reason === undefined ? {} : { reason }), ...(field === undefined ? {} : { field }) };
      }
      default:
        throw new Error(`no driver for ${JSON.stringify(happening satisfies never)}`);
    }
  }

  /** What staff sees; where the clock was set, the token may be good no more. */
  async #seenByStaff() {
    const served = this.#served;
    const look = async () => {
      served.staff ??= await served.running.staff('eve', ...EVERY_ROLE);
      return new Client(served.running, this.#recovery.recoveryId, served.staff).get();
    };
    const seen = await look();
    if (seen.status !== 401) return seen.body;
    served.staff = undefined;
    return (await look()).body;
  }

  async see(): Promise<Expected> {
    const { body } = await this.#recovery.get();
    const other = await this.#seenByStaff();
    const allowed = [...body.allowed, ...other.allowed].map(({ type }) => type).sort();
    const deadlines = inOrder(body.deadlines.map(({ name, at }) => ({ name, at: Date.parse(at) })));
    this.#version = body.version;
    this.#deadlines = deadlines;
    return { status: body.status, state: body.state, tags: body.tags, allowed, deadlines, output: body.output };
  }

  /**
   * Whether what was seen is what the model says. The clock of the service runs on while it works: no deadline may be
   * earlier than the model's, nor later by more than has passed since the recovery began.
   */
  same = (seen: Expected, expected: Expected): boolean => {
    const passed = performance.now() - this.#began + 50;
    const byName = (deadlines: Expected['deadlines']) => [...deadlines].sort((a, b) => (a.name < b.name ? -1 : 1));
    const [shown, said] = [byName(seen.deadlines), byName(expected.deadlines)];
    const inTime = shown.every(({ name, at }, index) => {
      const other = said[index];
      return other?.name === name && at >= other.at && at <= other.at + passed;
    });
    const notContacts = (type: string) => events[type as keyof typeof events].from !== 'contact';
    const rest = (view: Expected) => ({ ...view, deadlines: [], allowed: view.allowed.filter(notContacts) });
    return shown.length === said.length && inTime && isDeepStrictEqual(rest(seen), rest(expected));
  };

  async close(): Promise<void> {}
}

const iso = (instant: number) => new Date(instant).toISOString();
