import { z } from 'zod';
import type { AccountFacts } from '../../machines/account.ts';
import { parseDuration } from '../../machines/duration.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import { portsOf } from '../../machines/paths.ts';
import { layered } from '../../machines/policy.ts';
import { sandboxAccount } from '../adapters/account.ts';
import {
  agreeablePorts,
  countedPorts,
  type Script,
  type ScriptedAnswer,
  scriptedPorts,
} from '../adapters/agreeable.ts';
import type { OwnPorts, Ports } from '../adapters/ports.ts';
import { createSandbox, type Sandbox } from '../adapters/sandbox.ts';
import type { VirtualClock } from '../host/clock.ts';
import type { Scenario } from './schema.ts';

type Sent = { type: string } & Record<string, unknown>;

/** The outside of a scenario: it lives on while the recovery's process is restarted. */
export interface ScenarioWorld {
  ports: Ports & OwnPorts;
  account(): AccountFacts;
  /** The facts change. */
  change(facts: Record<string, unknown>): void;
  /** An event with what the person was sent or remembers in the place of `$code` and the like. */
  filled(event: Sent, recoveryId: string): Sent;
  /** How often each port was called. */
  calls(): Record<string, number>;
}

const Entry = z.looseObject({
  after: z.string().optional(),
  throws: z.string().optional(),
  hangs: z.boolean().optional(),
});

/** A scripted answer that its port could not give. */
export class PortsError extends Error {
  override readonly name = 'PortsError';
  /** Port, position and field. */
  readonly path: readonly PropertyKey[];
  constructor(path: readonly PropertyKey[], message: string) {
    super(`ports.${path.map(String).join('.')}: ${message}`);
    this.path = path;
  }
}

/**
 * The answers of a scenario, checked against the ports' schemas.
 * @param paths those whose ports are known beside the built-in ones.
 * @throws PortsError that names port, position and field.
 */
export function scriptOf(
  script: Scenario['ports'],
  account: Record<string, unknown>,
  paths: readonly RecoveryPath[] = [],
): Script {
  const specs = portsOf(paths);
  return Object.fromEntries(
    Object.entries(script).map(([name, answers]) => [
      name,
      answers.map((entry, index): ScriptedAnswer => {
        const { after, throws, hangs, ...answer } = Entry.parse(entry);
        const delay = after === undefined ? {} : { after: spanOf(after, name, index) };
        if (throws !== undefined) return { ...delay, throws };
        if (hangs) return { ...delay, hangs };
        const complete = name === 'loadAccount' ? sandboxAccount(layered(account, answer)) : answer;
        const checked = specs[name] && z.safeParse(specs[name].output, complete);
        if (!checked?.success) {
          const [issue] = checked?.error.issues ?? [];
          throw new PortsError([name, index, ...(issue?.path ?? [])], issue?.message ?? 'there is no such port');
        }
        return { ...delay, answer: checked.data };
      }),
    ]),
  );
}

function spanOf(text: string, name: string, index: number): number {
  const span = parseDuration(text);
  if (span === undefined) throw new PortsError([name, index, 'after'], 'expected a time span such as 30s or 45m');
  return span;
}

/** @param paths those whose ports are there beside the built-in ones. */
export function createScenarioWorld(
  scenario: Scenario,
  clock: Pick<VirtualClock, 'now' | 'wait'>,
  paths: readonly RecoveryPath[] = [],
): ScenarioWorld {
  let facts = scenario.account;
  const account = () => sandboxAccount(facts);
  const script = scriptOf(scenario.ports, facts, paths);
  const sandbox =
    scenario.world === 'sandbox'
      ? createSandbox({
          accounts: [account()],
          key: 'the key of a scenario',
          clock: clock.now,
          wait: clock.wait,
          passwordCost: 2,
          paths,
        })
      : undefined;
  const base = sandbox?.ports ?? agreeablePorts(account, paths);
  const { ports, calls } = countedPorts(scriptedPorts(base, script, clock.wait));
  return {
    ports,
    calls,
    account,
    change: (changed) => {
      facts = layered(facts, changed);
      sandbox?.world.setAccount(changed);
    },
    filled: (event, recoveryId) => (sandbox ? filled(event, sandbox, account(), recoveryId) : event),
  };
}

/** What the person would type or scan: the code that came, the link, the right answer. */
function filled(event: Sent, sandbox: Sandbox, { accountId, phone }: AccountFacts, recoveryId: string): Sent {
  const last = (to: string) => sandbox.world.inbox(to).at(-1);
  const words: Record<string, () => string | number | undefined> = {
    $code: () => last(phone)?.code,
    $link: () => last(String(event.contactId))?.token,
    $institution: () => sandbox.institutionToken(),
    $answer: () => sandbox.rightAnswer({ accountId, recoveryId, questionId: String(event.questionId) }),
  };
  const fill = (value: unknown) => (typeof value === 'string' && value in words ? (words[value]?.() ?? '') : value);
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [name, fill(value)])) as Sent;
}
