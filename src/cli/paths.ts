import pc from 'picocolors';
import { z } from 'zod';
import { type Situation, whyNot } from '../../machines/availability.ts';
import { policyOf } from '../../machines/policy.ts';
import { sandboxAccount } from '../adapters/index.ts';
import { checked, loadPolicy, loadSource } from '../scenario/load.ts';
import { loadPaths } from '../scenario/load-paths.ts';

export interface PathsFlags {
  json?: boolean;
  /** Instant (ms); now by default. */
  at?: number;
  risk: NonNullable<Situation['risk']>['level'];
  policy?: string;
  paths?: string;
}

const Facts = z.record(z.string(), z.unknown());

/**
 * Prints which paths an account may use and why not the others.
 * @returns the exit code.
 * @throws UnusableFile
 */
export async function showPaths(file: string, flags: PathsFlags): Promise<number> {
  const paths = await loadPaths(flags.paths);
  const facts = await loadSource(file);
  const account = checked(facts, [], () => sandboxAccount(Facts.parse(facts.value)));
  const policy = policyOf(flags.policy === undefined ? {} : await loadPolicy(flags.policy));
  const situation: Situation = {
    account,
    policy,
    device: { deviceId: account.device.deviceId },
    risk: { level: flags.risk, signals: [] },
    spent: [],
    wrongCodes: 0,
    exhausted: [],
    proofs: [],
    manualReview: false,
  };
  const at = flags.at ?? Date.now();
  const rows = paths.map((path) => ({
    path: path.id,
    title: path.title,
    reason: whyNot(path, paths, situation, at) ?? null,
  }));
  if (flags.json) {
    console.log(JSON.stringify(rows, null, 2));
    return 0;
  }
  for (const { path, title, reason } of rows) {
    const verdict = reason === null ? pc.green('open') : pc.yellow(reason);
    console.log(`${path.padEnd(20)} ${title.en.padEnd(22)} ${verdict}`);
  }
  return 0;
}
