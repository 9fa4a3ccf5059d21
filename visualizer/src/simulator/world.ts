import { parse } from 'zod';
import type { AccountFacts } from '../../../machines/account.ts';
import { agreeablePorts, type Script } from '../../../src/adapters/agreeable.ts';
import type { OwnPorts, PortCall, Ports } from '../../../src/adapters/ports.ts';
import type { Instant } from '../../../src/core/index.ts';
import { PATHS, PORTS } from '../registry.ts';
import type { Call, Reply } from './simulation.ts';

/** What answers the calls: a reply, after a while or at once; undefined leaves the call to whoever looks on. */
export interface World {
  reply(call: Call, now: Instant): Promise<{ reply: Reply; after: number } | undefined>;
}

/** How a port's calls are answered. */
export type Answering = 'world' | 'hand' | 'hangs' | 'fails';

export interface WorldOptions {
  /** What answers where the script says nothing; by default the well-behaved world, in which everything passes. */
  ports?: Ports & OwnPorts;
  account: () => AccountFacts;
  /** Answers of a port, in the order of its calls; the last one repeats. */
  script?: Script;
  recoveryId?: string;
  /** The host's own knowledge of an account that is read. */
  ledger?: (facts: AccountFacts) => AccountFacts;
}

type AnyPort = (input: unknown, call: PortCall) => Promise<unknown>;
const never = new AbortController().signal;

/** A world of the machines' ports. What it answers is checked by the ports' schemas, as a host does. */
export function createWorld({
  account,
  ports = agreeablePorts(account, PATHS),
  script = {},
  recoveryId = 'r1',
  ledger = (facts) => facts,
}: WorldOptions): World {
  return {
    reply: async (call, now) => {
      const name = call.port;
      const spec = PORTS[name];
      if (!spec) return undefined;
      const answers = script[name];
      const scripted = answers?.[Math.min(call.number, answers.length) - 1];
      const after = scripted?.after ?? 0;
      if (scripted?.hangs) return { reply: 'hangs', after };
      if (scripted?.throws !== undefined) return { reply: { throws: scripted.throws }, after };
      try {
        const said = scripted
          ? scripted.answer
          : await (ports[name] as AnyPort)(call.input, portCall(call, recoveryId, now));
        const output = parse(spec.output, said);
        return { reply: { output: name === 'loadAccount' ? ledger(output as AccountFacts) : output }, after };
      } catch (error) {
        return { reply: { throws: error instanceof Error ? error.message : String(error) }, after };
      }
    },
  };
}

const portCall = ({ key, path, port, attempt }: Call, recoveryId: string, at: Instant): PortCall => ({
  key: `${recoveryId}/${path === '' ? `recovery${key}` : key}`,
  recoveryId,
  path: path === '' ? 'recovery' : path,
  step: port,
  attempt,
  at,
  signal: never,
});
