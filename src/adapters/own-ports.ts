import type { AccountFacts } from '../../machines/account.ts';
import type { PortRegistry, SandboxView } from '../../machines/own-parts.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import type { AnyPort, OwnPorts } from './ports.ts';

/** What simulated ports of paths of one's own are made over. */
export interface OwnPortsWorld {
  account(accountId: string): AccountFacts;
  captured: SandboxView['captured'];
}

/**
 * The ports that paths bring, simulated: each answers by its own function `sandbox`, for the account that its input names. One
 * that has none fails, and says why, until another answer is given for it.
 */
export function simulatedPorts(paths: readonly RecoveryPath[], { account, captured }: OwnPortsWorld): OwnPorts {
  const own: PortRegistry = Object.assign({}, ...paths.map(({ ports }) => ports ?? {}));
  const simulated = Object.entries(own).map(([name, spec]): [string, AnyPort] => [
    name,
    async (input: Record<string, unknown>) => {
      if (!spec.sandbox) throw new Error(`port '${name}' has no answer here: give it a function 'sandbox' in its path`);
      return spec.sandbox(input, { account: account(String(input.accountId)), captured });
    },
  ]);
  return Object.fromEntries(simulated);
}
