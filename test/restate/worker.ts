import { sandboxAccount } from '../../src/adapters/account.ts';
import { agreeablePorts } from '../../src/adapters/agreeable.ts';
import type { PortCall, Ports } from '../../src/adapters/ports.ts';
import { createRestateRecoveries, openRestate } from '../../src/restate/index.ts';
import type { WorkerOptions } from './stage.ts';

/** A process behind Restate, to be killed. What its ports do, they do at `effects`, which outlives it. */
const { effects, policy, sealingKey, ...restate }: WorkerOptions = JSON.parse(process.argv[2] ?? '');

const agreeable = agreeablePorts(() => sandboxAccount());
const ports = Object.fromEntries(
  Object.entries(agreeable).map(([port, carryOut]) => [
    port,
    async (input: never, call: PortCall) => {
      const answer = await (carryOut as (input: never, call: PortCall) => Promise<unknown>)(input, call);
      await fetch(effects, { method: 'POST', body: JSON.stringify({ port, key: call.key }), signal: call.signal });
      return answer;
    },
  ]),
) as unknown as Ports;

const endpoint = await openRestate(restate);
await createRestateRecoveries({ endpoint, ports, policy, sealingKey });
process.send?.('ready');
