import type { Instant, Step } from '../core/index.ts';
import type { Input } from './exploration.ts';

/** What paths are replayed on: something other than the machine they were generated from. */
export interface System {
  /** Gives it one input, as of an instant in ms. */
  apply(input: Input, at: Instant): unknown;
  /** Throws where it does not stand where the machine does. It is asked after the start and after each input. */
  check(step: Step): unknown;
  /** Ends it; each path gets one of its own. */
  stop?(): unknown;
}
