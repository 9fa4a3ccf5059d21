import { pathToFileURL } from 'node:url';
import { UnusableFile } from '../scenario/parse.ts';
import type { Check } from './mutate-judge.ts';

/** What a module of checks has to export as its default: the checks of one of our machines, by its id. */
type ChecksOf = (machine: string) => Check[];

/**
 * The checks that a module brings.
 * @param module absolute path of it.
 * @throws UnusableFile when it cannot be loaded, or brings none.
 */
export async function loadChecks(module: string): Promise<ChecksOf> {
  const unusable = (message: string) => new UnusableFile(module, undefined, message);
  let given: unknown;
  try {
    given = ((await import(pathToFileURL(module).href)) as { default?: unknown }).default;
  } catch (error) {
    throw unusable(`cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof given !== 'function')
    throw unusable('has no function as its default export: expected one that gives the checks of a machine');
  return given as ChecksOf;
}
