/** The host in this tab cannot do what it was asked. Nothing was written. */
export class TabError extends Error {
  override readonly name = 'TabError';
  /**
   * `noLocks`: the page is no secure context, so the browser gives it no Web Locks. `machineChanged`: what is stored began
   * with another chart. `notMigrated`: a migration gave what cannot be gone on with. `unknownPort`: the machine calls a
   * port that was not given. `closed`: this actor was closed. `gone`: what was stored is there no more.
   */
  readonly code: 'noLocks' | 'machineChanged' | 'notMigrated' | 'unknownPort' | 'closed' | 'gone';
  constructor(code: TabError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
