import { DurabilityError, type Instant, type Step, StepError, type StepInput } from '../core/index.ts';
import type { Sent } from './records.ts';

/** The call that an input settles. */
export const settledBy = (input: StepInput) => ('key' in input ? [input.key] : []);

/** Why, as the log has it. */
export const refusalIn = ({ taken: _, ...details }: Sent) => details;

/** Why an input is not taken; undefined when it is. */
export function refusalOf(next: Step | null): Extract<Sent, { taken: false }> | undefined {
  const refused = next?.emitted.find(({ event }) => event.type === 'refused')?.event;
  if (next?.accepted && !refused) return undefined;
  const { type: _, ...details } = refused ?? { type: '' };
  return { code: 'notAccepted', ...details, taken: false };
}

/** A machine never reads a clock: an event says when it came. */
export function stamped(input: StepInput, at: Instant): StepInput {
  return input.type === 'event' ? { type: 'event', event: { ...input.event, at } } : input;
}

/** Whatever a chart does to fail, the same input would bring it again. */
export function stepped<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isMachineError(error) ? error : new StepError('an input', error);
  }
}

/** An error that the same input would bring again. */
export const isMachineError = (error: unknown): error is StepError | DurabilityError =>
  error instanceof StepError || error instanceof DurabilityError;
