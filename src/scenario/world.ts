import { z } from 'zod';
import type { AccountFacts } from '../../machines/account.ts';
import { parseDuration } from '../../machines/duration.ts';
import { layered } from '../../machines/policy.ts';
import { type PortName, ports as portSpecs } from '../../machines/ports.ts';
import { sandboxAccount } from '../adapters/account.ts';
import {
  agreeablePorts,
  countedPorts,
  type Script,
  type ScriptedAnswer,
  scriptedPorts,
} from '../adapters/agreeable.ts';
import type { Ports } from '../adapters/ports.ts';
import type { VirtualClock } from '../host/clock.ts';
import type { Scenario } from './schema.ts';

/** The outside of a scenario: it lives on while the recovery's process is restarted. */
export interface ScenarioWorld {
  ports: Ports;
  account(): AccountFacts;
  /** The facts change. */
  change(facts: Record<string, unknown>): void;
  /** How often each port was called. */
  calls(): Record<string, number>;
}

const Entry = z.looseObject({
  after: z.string().optional(),
  throws: z.string().optional(),
  hangs: z.boolean().optional(),
});

/**
 * The answers of a scenario, checked against the ports' schemas.
 * @throws Error that names port, position and field.
 */
export function scriptOf(script: Scenario['ports'], account: Record<string, unknown>): Script {
  return Object.fromEntries(
    Object.entries(script).map(([name, answers]) => [
      name,
      (answers ?? []).map((entry, index): ScriptedAnswer => {
        const { after, throws, hangs, ...answer } = Entry.parse(entry);
        const delay = after === undefined ? {} : { after: spanOf(after, name, index) };
        if (throws !== undefined) return { ...delay, throws };
        if (hangs) return { ...delay, hangs };
        const complete = name === 'loadAccount' ? sandboxAccount(layered(account, answer)) : answer;
        const checked = portSpecs[name as PortName].output.safeParse(complete);
        if (!checked.success) {
          const [issue] = checked.error.issues;
          throw new Error(`ports.${name}.${index}.${issue?.path.join('.')}: ${issue?.message}`);
        }
        return { ...delay, answer: checked.data };
      }),
    ]),
  );
}

function spanOf(text: string, name: string, index: number): number {
  const span = parseDuration(text);
  if (span === undefined) throw new Error(`ports.${name}.${index}.after: expected a time span such as 30s or 45m`);
  return span;
}

export function createScenarioWorld(scenario: Scenario, clock: VirtualClock): ScenarioWorld {
  let facts = scenario.account;
  const account = () => sandboxAccount(facts);
  const script = scriptOf(scenario.ports, facts);
  const { ports, calls } = countedPorts(scriptedPorts(agreeablePorts(account), script, clock.wait));
  return {
    ports,
    calls,
    account,
    change: (changed) => {
      facts = layered(facts, changed);
    },
  };
}
