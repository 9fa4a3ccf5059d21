/** A machine that cannot be made durable, or a snapshot that does not fit its machine. */
export class DurabilityError extends Error {
  override readonly name = 'DurabilityError';
  readonly code:
    | 'unsupportedActor'
    | 'unknownActor'
    | 'inlineActor'
    | 'unreachableActor'
    | 'badTimer'
    | 'earlierTimer'
    | 'unfitSnapshot';
  constructor(code: DurabilityError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** A machine threw, or a child failed and nobody handled it. The step has no result: nothing may be written. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly code = 'machineFailed';
  constructor(input: string, cause: unknown) {
    super(`the machine failed while processing ${input}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
