import { randomBytes } from 'node:crypto';
import { parse } from 'zod';
import type { AccountFacts } from '../../machines/account.ts';
import type { PortRegistry } from '../../machines/own-parts.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { portsOf } from '../../machines/paths.ts';
import { type Policy, policyOf } from '../../machines/policy.ts';
import type { CodeStore } from '../code-store.ts';
import { Institutions } from './institutions.ts';
import { createOneTimeCodes } from './one-time-codes.ts';
import { simulatedPorts } from './own-ports.ts';
import { Passwords } from './passwords.ts';
import { population } from './population.ts';
import type { AnyPort, OwnPorts, PortCall, Ports } from './ports.ts';
import { createQuiz, ELEMENTS } from './quiz.ts';
import { sandboxPorts } from './sandbox-ports.ts';
import { realWait, type Wait } from './wait.ts';
import { type Fault, SandboxWorld } from './world.ts';

export interface SandboxOptions {
  /** Who there is; one account of every kind by default. */
  accounts?: readonly AccountFacts[];
  /** Key of hashes, signatures and quizzes: 32 random bytes, or a passphrase of 16 characters or more; made by default. */
  key?: Uint8Array | string;
  /** Now, in ms; the time of the machine by default. */
  clock?: () => number;
  policy?: Policy;
  /** Paths of one's own, whose ports are wanted: each answers by its function `sandbox`. */
  paths?: readonly RecoveryPath[];
  /** What answers in the place of that function, by the port's name. */
  ports?: OwnPorts;
  /** Ports that go wrong from the start. */
  faults?: Readonly<Record<string, Fault>>;
  /** How long a port takes, in ms. */
  delays?: Readonly<Record<string, number>>;
  /** How late a port with the fault `slow` is, in ms: longer than any port is waited for, by default. */
  slowMs?: number;
  /** Where delays are spent; real time by default. */
  wait?: Wait;
  /** Where one-time codes are kept: `store.codes` for good; memory by default. */
  codeStore?: CodeStore;
  /** Cost of the password hashes: scrypt's N. */
  passwordCost?: number;
}

/** The outside world in a sandbox: the ports for a host, and the world for whoever looks on. */
export interface Sandbox {
  ports: Ports & OwnPorts;
  world: SandboxWorld;
  passwords: Passwords;
  /** How often the password of an account was set. */
  passwordsSet(accountId: string): number;
  /** A token for the staff of an institution to scan, good for an hour. */
  institutionToken(witness?: { type?: string; place?: string; lifetimeMs?: number }): string;
  /** What the owner would answer to a question of the quiz; undefined for what was not asked. For those who play the owner. */
  rightAnswer(which: { accountId: string; recoveryId: string; questionId: string }): string | number | undefined;
  /** Amounts (fen) to make up a wrong one by, as the owner would be shown them. */
  choices(which: { accountId: string; recoveryId: string; quizId: string; questionId: string }): number[] | undefined;
}

const KEY_BYTES = 32;
const SLOW = 24 * 60 * 60 * 1_000;
const TOKEN_LIFETIME = 60 * 60 * 1_000;

/**
 * Bank, registry, gateways and account system, simulated: the checks are real, only the outside is not. A call that
 * comes again with the same key has no second effect and gets the same answer; one that failed may be tried again.
 * @throws RangeError for a short key, TypeError for a port that no path knows.
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const { key = randomBytes(KEY_BYTES), clock = Date.now, policy = policyOf() } = options;
  const { wait = realWait, slowMs = SLOW, delays = {}, codeStore } = options;
  const world = new SandboxWorld(options.accounts ?? population(options.paths).map(({ facts }) => facts));
  for (const [port, fault] of Object.entries(options.faults ?? {})) world.setFault(port, fault);
  const codes = createOneTimeCodes({ key, policy: policy.code, ...(codeStore ? { store: codeStore } : {}) });
  const institutions = new Institutions(key);
  const passwords = new Passwords(options.passwordCost);
  const quiz = createQuiz(key, (accountId) => world.transactions(accountId));
  const services = { world, codes, passwords, institutions, quiz, policy };
  const { paths = [], ports: own = {} } = options;
  const specs = portsOf(paths);
  const unknown = [own, options.faults ?? {}, delays].flatMap(Object.keys).find((name) => !specs[name]);
  if (unknown !== undefined) {
    throw new TypeError(`there is no port '${unknown}'; there are ${Object.keys(specs).join(', ')}`);
  }
  const behave = misbehaving(world, specs, wait, slowMs, delays);
  const simulated = simulatedPorts(paths, {
    account: (accountId) => world.account(accountId),
    captured: (ref) => world.captured(ref),
  });
  const carriedOut = Object.entries<AnyPort>({ ...simulated, ...sandboxPorts(services), ...own }).map(
    ([name, port]) => [name, behave(name, port)] as const,
  );
  return {
    ports: Object.fromEntries(carriedOut) as unknown as Ports & OwnPorts,
    world,
    passwords,
    passwordsSet: (accountId) => passwords.timesSet(accountId),
    institutionToken: ({ type = 'hospital', place = 'sandbox', lifetimeMs = TOKEN_LIFETIME } = {}) =>
      institutions.token({ type, place, expiresAt: clock() + lifetimeMs }),
    rightAnswer: ({ accountId, recoveryId, questionId }) => {
      const counts = policy.transactionHistory.questions;
      const answers = ELEMENTS.map((element) => quiz.answer({ accountId, questionId, element, counts }, recoveryId));
      return answers.find((answer) => answer !== undefined);
    },
    choices: ({ recoveryId, ...which }) =>
      quiz.choices({ ...which, count: policy.transactionHistory.makeUpChoices }, recoveryId),
  };
}

/** Gives a port its faults and delays, and sees to it that each key has its effect once. */
function misbehaving(
  world: SandboxWorld,
  specs: PortRegistry,
  wait: Wait,
  slowMs: number,
  delays: Readonly<Record<string, number>>,
) {
  return (name: string, port: AnyPort): AnyPort => {
    const input = specs[name]?.input;
    const effects = new Map<string, Promise<unknown>>();
    const since = new Map<string, number>();
    const once = (given: unknown, call: PortCall) => {
      const effect = effects.get(call.key) ?? port((input && parse(input, given)) as never, call);
      effects.set(call.key, effect);
      effect.catch(() => effects.delete(call.key));
      return effect;
    };
    /** What is left of a span that began with the first call of the key. */
    const rest = (ms: number, { key, at, signal }: PortCall) => {
      const left = (since.get(key) ?? at) + ms - at;
      return left > 0 ? wait(left, signal) : undefined;
    };
    return async (given: unknown, call: PortCall) => {
      world.noteCall(name, call.key);
      if (!since.has(call.key)) since.set(call.key, call.at);
      const fault = effects.has(call.key) ? undefined : world.takeFault(name);
      if (fault === 'throws') throw new Error(`the sandbox's ${name} is out of order`);
      if (fault === 'hangs') await wait(Number.POSITIVE_INFINITY, call.signal);
      await rest(delays[name] ?? 0, call);
      const answer = await once(given, call);
      if (fault === 'slow') await wait(slowMs, call.signal);
      return structuredClone(answer);
    };
  };
}
