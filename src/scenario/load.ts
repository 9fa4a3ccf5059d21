import { readFile } from 'node:fs/promises';
import type { RecoveryPath } from '../../machines/path.ts';
import { type PolicyInput, policyOf } from '../../machines/policy.ts';
import { systemReason } from '../system-reason.ts';
import { checked, parseScenario, parseSource, type Source, UnusableFile } from './parse.ts';
import type { Scenario } from './schema.ts';

export { checked, parseScenario, type Source, UnusableFile };

/** @throws UnusableFile when a file cannot be read. */
async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UnusableFile(file, undefined, `cannot be read: ${systemReason(error)}`);
  }
}

/**
 * @param paths the ways back that it may speak of; the eight by default.
 * @throws UnusableFile, also when it cannot be read.
 */
export async function loadScenario(file: string, paths?: readonly RecoveryPath[]): Promise<Scenario> {
  return parseScenario(file, await read(file), paths);
}

/** @throws UnusableFile, also when it cannot be read. */
export async function loadSource(file: string): Promise<Source> {
  return parseSource(file, await read(file));
}

/**
 * Any part of a policy from a file, checked.
 * @throws UnusableFile with the line of what is wrong.
 */
export async function loadPolicy(file: string): Promise<PolicyInput> {
  const source = await loadSource(file);
  const input = (source.value ?? {}) as PolicyInput;
  checked(source, [], () => policyOf(input));
  return input;
}
