import type { Place } from './host.ts';

/** Something that has to come out the same wherever it happens. */
export interface Case {
  name: string;
  /**
   * Happens at an empty place.
   * @returns what has to be equal: JSON.
   * @throws Error when it does not come out as it must anywhere.
   */
  run(place: Place): Promise<unknown>;
}
