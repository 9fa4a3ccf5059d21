/**
 * What the operating system or a parser says is wrong, without what the caller tells by itself: of
 * `ENOENT: no such file or directory, open 'a.yaml'` the middle.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, reason] = /^E[A-Z]+: (.*?), \w+(?: '.*)?$/.exec(error.message) ?? [];
  return reason ?? error.message;
}
