/** An argument that cannot be used. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/**
 * Errors whose message says all that an operator needs: what is wrong, where, and what would be right. By their names: to have
 * their classes, every command would load every driver.
 */
const TOLD = [
  'CannotListen',
  'ConfigError',
  'CoverageError',
  'PolicyError',
  'StoreDamaged',
  'StoreInUse',
  'StoreUnavailable',
  'Unusable',
  'UnusableFile',
  'UnusableStore',
  'VersionError',
];

/** Says what went wrong and ends the process with 2; an error that nobody thought of is printed with its trace. */
export function endWith(error: unknown): never {
  console.error(error instanceof Error && TOLD.includes(error.name) ? error.message : error);
  process.exit(2);
}
