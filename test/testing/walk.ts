import type { AnyStateMachine } from 'xstate';
import { type Step, type StepInput, step, type Tracer } from '../../src/core/index.ts';
import { type CoverageKind, coverageOf } from '../../src/testing/index.ts';

/** Keys of what can be covered of a machine, or of another that it invokes. */
export const keys = (machine: AnyStateMachine, kind: CoverageKind, which = 0) =>
  coverageOf(machine)[which]?.parts[kind].map(({ key }) => key);

/** Takes inputs to a tree one a step, so that it is restored between every two. */
export class Walk {
  readonly #machine: AnyStateMachine;
  readonly #tracer: Tracer;
  #tree: Step;

  constructor(machine: AnyStateMachine, tracer: Tracer) {
    this.#machine = machine;
    this.#tracer = tracer;
    this.#tree = step(machine, null, { type: 'start' }, 0, tracer);
  }

  get states() {
    return this.#tree.states;
  }

  take(input: StepInput, now: number): this {
    this.#tree = step(this.#machine, this.#tree, input, now, this.#tracer);
    return this;
  }

  send = (type: string, now = 0) => this.take({ type: 'event', event: { type } }, now);
}
