import {
  type AnyActor,
  type AnyStateMachine,
  type AnyStateNode,
  createActor,
  fromPromise,
  SimulatedClock,
  type Snapshot,
} from 'xstate';
import { AccountFacts, type Device } from '../../machines/account.ts';
import type { PathOutput } from '../../machines/outcome.ts';
import type { RecoveryPath, Standing } from '../../machines/path.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { type PortName, ports } from '../../machines/ports.ts';

/** Noon of 2 March 2026 in Shanghai. */
export const NOON = Date.parse('2026-03-02T12:00:00+08:00');
export const MINUTE = 60_000;

type Plain = Record<string, unknown>;

/** An account that may use every path. */
function accountWith(over: Plain = {}): AccountFacts {
  return AccountFacts.parse({
    accountId: 'a1',
    phone: '+8613800000000',
    realName: { verified: true, documentExpired: false, birthDate: '1990-04-01' },
    cards: [],
    validTransactions: 42,
    contacts: [],
    device: { deviceId: 'd1', loggedInDays: 90, remembered: true },
    biometric: { enabled: true, sensor: 'structuredLight3d', enrolledDeviceId: 'd1' },
    recentAbnormalLogin: false,
    consecutiveWrongPasswords: 2,
    voiceprint: { enrolled: true, dialect: 'mandarin' },
    protectionMode: true,
    attemptsToday: {},
    emergency: { codesInWindow: 0, observedUntil: null, restricted: false },
    ...over,
  });
}

export function standingWith(
  over: Plain = {},
  policy: PolicyInput = {},
  device: Device = { deviceId: 'd1' },
): Standing {
  return { account: accountWith(over), policy: policyOf(policy), device, at: NOON };
}

/** What a port does: answers, throws an Error, or never answers. */
export type Answer = Plain | Error | 'hangs';

interface Options {
  account?: Plain;
  policy?: PolicyInput;
  at?: number;
  asked?: string[];
  /** Answers in order; the last one repeats. */
  answers: Partial<Record<PortName, Answer[]>>;
}

/** One path machine on a virtual clock, alone; outside events carry their instant. */
export class Drive {
  readonly calls: { port: PortName; input: Plain }[] = [];
  readonly emitted: { type: string; [key: string]: unknown }[] = [];
  readonly #clock = new SimulatedClock();
  readonly #begin: number;
  readonly #actor: AnyActor;
  readonly #seen: string[] = [];

  constructor(path: RecoveryPath, { account, policy, at = NOON, asked, answers }: Options) {
    this.#begin = at;
    const actors = Object.fromEntries(
      Object.entries(answers).map(([name, list]) => [name, this.#port(name as PortName, [...(list as Answer[])])]),
    );
    const machine: AnyStateMachine = path.machine.provide({ actors });
    this.#actor = createActor(machine, {
      clock: this.#clock,
      input: { account: accountWith(account), policy: policyOf(policy), at, ...(asked ? { asked } : {}) },
    });
    this.#actor.on('*', (event) => this.emitted.push(event as { type: string }));
    this.#actor.subscribe(() => this.#seen.push(JSON.stringify(this.#actor.getSnapshot())));
    this.#actor.start();
  }

  #port(name: PortName, answers: Answer[]) {
    return fromPromise(async ({ input }: { input: unknown }) => {
      ports[name].input.parse(input);
      this.calls.push({ port: name, input: input as Plain });
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
      if (answer === 'hangs') return new Promise<never>(() => {});
      if (answer instanceof Error) throw answer;
      return ports[name].output.parse(answer);
    });
  }

  /** Sends an event stamped with the instant, and lets the ports answer. */
  async send(event: { type: string; [key: string]: unknown }): Promise<this> {
    this.#actor.send({ ...event, at: this.now } as { type: string });
    await settled();
    return this;
  }

  async wait(ms: number): Promise<this> {
    await settled();
    this.#clock.increment(ms);
    await settled();
    return this;
  }

  /** Lets the ports answer. */
  async settle(): Promise<this> {
    await settled();
    return this;
  }

  get now(): number {
    return this.#begin + this.#clock.now();
  }
  get state(): string {
    return pathOf(this.#actor.getSnapshot().value);
  }
  get context(): Plain {
    return this.#actor.getSnapshot().context;
  }
  get output(): PathOutput | undefined {
    return this.#actor.getSnapshot().output;
  }
  get persisted(): Snapshot<unknown> {
    return this.#actor.getPersistedSnapshot();
  }
  /** Every snapshot so far, as text: what an inspector would have shown. */
  get seen(): string {
    return this.#seen.join('\n');
  }
  get refused() {
    return this.emitted.filter((event) => event.type === 'refused');
  }
  callsOf(port: PortName): Plain[] {
    return this.calls.filter((call) => call.port === port).map((call) => call.input);
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const pathOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Plain)
        .map(([key, inner]) => `${key}.${pathOf(inner)}`)
        .join(',');

/** States of a chart that lack a description or a section of the spec. */
export function undescribed(machine: AnyStateMachine): string[] {
  const bare: string[] = [];
  const visit = (node: AnyStateNode): void => {
    if (!node.description || typeof node.meta?.section !== 'string') bare.push(node.id);
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root);
  return bare;
}
