/** PostgreSQL cannot be reached, or takes no writes, and did not for as long as was waited. Nothing is known to be lost. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  constructor(what: string, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message || cause.name : cause}`, { cause });
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** Serialisation failures, dead locks, locks that were waited for in vain: the same transaction may go through later. */
const CONFLICTS = ['40001', '40P01', '55P03'];

export const isConflict = (error: unknown): boolean => CONFLICTS.includes(codeOf(error));

/** SQLSTATEs of a server that goes, comes, or is a stand-by that is not promoted yet; and what the operating system says. */
const GONE = /^(08|57P0|25006|25P03|53300|ECONN|EPIPE|ENOENT|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|EAI_AGAIN)/;
/** What the driver says of a connection without giving a code. */
const TOLD =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (was closed|has encountered a connection error))/;

/** Whether an error says that the connection is lost or that the server takes none: another may be had later. */
export const isLost = (error: unknown): boolean =>
  GONE.test(codeOf(error)) || (error instanceof Error && TOLD.test(error.message));

/** A full disk, no memory, a statement that took too long. */
const CANNOT = /^(53|57014|58)/;

/** Whether an error says that the database cannot be written now, though it may later: nothing of that transaction was. */
export const isPostgresUnavailable = (error: unknown): boolean =>
  error instanceof StoreUnavailable || isConflict(error) || isLost(error) || CANNOT.test(codeOf(error));
