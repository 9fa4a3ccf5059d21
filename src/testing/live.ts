import { isDeepStrictEqual } from 'node:util';
import { type Actor, type AnyActorLogic, type AnyStateMachine, createActor, fromPromise, SimulatedClock } from 'xstate';
import { isMachine, withLogic } from '../core/durable.ts';
import { type Instant, nextTimer, type Step } from '../core/index.ts';
import { activeStates, activeTags, machinesOf } from '../core/states.ts';
import { pathOf } from '../core/tree.ts';
import type { ExploreOptions, Input, Persisted } from './exploration.ts';
import { START } from './explore.ts';
import type { System } from './system.ts';

interface Call {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/**
 * The machine as XState itself runs it: an actor that lives on in memory and is never restored, on a clock that is moved by
 * hand, with promise actors that answer as they are told.
 */
export class LiveActor implements System {
  readonly #clock = new SimulatedClock();
  readonly #calls = new Map<string, Call>();
  readonly #known = new WeakMap<AnyStateMachine, AnyStateMachine>();
  readonly #actor: Actor<AnyStateMachine>;
  readonly #stamp: NonNullable<ExploreOptions['stamp']>;
  #now: Instant;

  constructor(machine: AnyStateMachine, { input, at = START, stamp = (event) => event }: ExploreOptions = {}) {
    this.#now = at;
    this.#stamp = stamp;
    this.#actor = createActor(this.#steered(machine), { input, clock: this.#clock, logger: () => {} });
    this.#actor.subscribe({ error: () => {} }); // it shows in the status
    this.#actor.start();
  }

  #steered(machine: AnyStateMachine): AnyStateMachine {
    return withLogic(machine, this.#known, (logic) => {
      if (isMachine(logic)) return this.#steered(logic);
      return 'start' in logic && logic.start !== undefined ? this.#waiting() : logic;
    });
  }

  #waiting(): AnyActorLogic {
    return fromPromise(
      ({ self }) => new Promise((resolve, reject) => this.#calls.set(pathOf(self), { resolve, reject })),
    );
  }

  async apply(input: Input, at: Instant): Promise<void> {
    this.#clock.increment(at - this.#now);
    this.#now = at;
    if (input.type === 'event') this.#actor.send(this.#stamp(input.event, at));
    if (input.type === 'answer') this.#call(input).resolve(input.answer);
    if (input.type === 'failure') this.#call(input).reject({ name: 'Error', message: input.throws });
    for (let turn = 0; turn < 8; turn++) await Promise.resolve(); // until XState has heard of the answer
  }

  #call({ call, port }: { call: string; port: string }): Call {
    const found = this.#calls.get(call);
    if (!found) throw new Error(`the live actor '${call}' never called '${port}'`);
    return found;
  }

  check(step: Step): void {
    if ((nextTimer(step)?.dueAt ?? Number.POSITIVE_INFINITY) <= this.#now) return; // of one instant the clock fires all
    const { status, output } = this.#actor.getSnapshot();
    const seen = {
      status,
      states: activeStates(this.#actor),
      tags: activeTags(this.#actor),
      contexts: [...machinesOf(this.#actor)].map(({ snapshot }) => snapshot.context),
      output,
    };
    const { snapshot, states, tags } = step;
    const expected = { status: step.status, states, tags, contexts: contextsOf(snapshot), output: step.output };
    if (isDeepStrictEqual(plain(seen), plain(expected))) return;
    throw new Error(
      `a live actor stands elsewhere:\n${JSON.stringify(seen)}\nrestored at each step it is\n${JSON.stringify(expected)}`,
    );
  }

  stop(): void {
    this.#actor.stop();
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Contexts of the machines of a persisted tree, the root's first. */
function contextsOf(snapshot: unknown): unknown[] {
  const { context, value, children = {} } = snapshot as Persisted;
  if (value === undefined) return []; // a call
  return [context, ...Object.values(children).flatMap((child) => contextsOf(child.snapshot))];
}
