const HINTS: Record<string, string> = {
  EACCES: 'the port may not be taken: expected one from 1024',
  EADDRINUSE: 'another process listens there: stop that one, or take another port (0 takes a free one)',
  EADDRNOTAVAIL: 'expected a host that is this machine',
  ENOTFOUND: 'expected a host that is this machine',
};

/** An address that a process cannot listen on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const hint = HINTS[cause.code ?? ''];
    super(`cannot listen on ${host}:${port}: ${cause.message}${hint === undefined ? '' : `; ${hint}`}`, { cause });
  }
}
