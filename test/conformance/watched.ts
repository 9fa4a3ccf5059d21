import type { HostOptions, Place } from './host.ts';

/** Everything that a reader of the recoveries is shown. */
export type Left = { view: unknown; audit: unknown }[];

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

  /** What it keeps is still to be looked at. */
  async close(): Promise<void> {}

  /** All recoveries and their trails, as one more host finds them: it must have nothing to add. */
  async left(): Promise<Left> {
    if (!this.#options) throw new Error('no host was opened');
    const host = await this.#place.open(this.#options);
    await host.idle();
    const left: Left = [];
    for (const { id } of await host.list({ limit: 1_000 })) {
      left.push({ view: await host.get(id), audit: await host.audit(id) });
    }
    return left;
  }
}
