import type { RecoveryView } from '../../src/host/view.ts';
import type { AuditEntry } from '../../src/store/types.ts';
import type { HostOptions, Place } from './host.ts';

/**
 * Everything that a reader of the recoveries is shown. Nothing waits for a notice, nor a notice for anything: their entries stand
 * anywhere among those of the same instant, and are held against each other by themselves.
 */
export type Left = { view: RecoveryView; trail: AuditEntry[]; notices: AuditEntry[] }[];

const withoutNumber = ({ at, kind, data }: AuditEntry): AuditEntry => ({ at, kind, data });
const isNotice = ({ kind }: AuditEntry) => kind === 'notice';
const inOrder = (one: AuditEntry, other: AuditEntry) =>
  one.at - other.at || String(one.data.key).localeCompare(String(other.data.key));

/** A place that can be looked at when a case has left it. */
export class Watched implements Place {
  readonly #place: Place;
  #options: HostOptions | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  open(options: HostOptions) {
    this.#options = options;
    return this.#place.open(options);
  }

  restartsBefore(step: number): boolean {
    return this.#place.restartsBefore?.(step) ?? true;
  }

  /** What it keeps is still to be looked at. */
  async close(): Promise<void> {}

  /** All recoveries and their trails, as one more host finds them: it must have nothing to add. */
  async left(): Promise<Left> {
    if (!this.#options) throw new Error('no host was opened');
    const host = await this.#place.open(this.#options);
    await host.idle();
    const left: Left = [];
    for (const { id } of await host.list({ limit: 1_000 })) {
      const entries = (await host.audit(id)).map(withoutNumber);
      const trail = entries.filter((entry) => !isNotice(entry));
      left.push({ view: await host.get(id), trail, notices: entries.filter(isNotice).sort(inOrder) });
    }
    return left;
  }
}
