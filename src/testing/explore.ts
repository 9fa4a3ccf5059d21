import type { AnyStateMachine } from 'xstate';
import { Branches } from '../core/branches.ts';
import {
  DurabilityError,
  type Instant,
  nextTimer,
  restore,
  type Step,
  StepError,
  step,
  type TakeStep,
  type Timer,
  type Tracer,
} from '../core/index.ts';
import { Plainness } from '../core/plain.ts';
import { childPath } from '../core/tree.ts';
import {
  type Exploration,
  type ExploreOptions,
  type Input,
  type Outcome,
  type Persisted,
  type State,
  type Transition,
  timerName,
  type View,
} from './exploration.ts';
import { createKeys } from './normal-form.ts';

/** Where a timer that may fall due at any moment is kept until it does. */
const FAR = Date.parse('9000-01-01T00:00:00Z');
/** Where explorations begin, unless they say. */
export const START = Date.parse('2026-01-01T00:00:00Z');
const PROGRESS_EVERY = 250;
/** Restored trees that are kept until their states are looked into: each takes some tens of kilobytes. */
const MOST_RESTORED = 500;

/**
 * Walks through every state that a machine and all that it invokes can be in, nearest first: each event, each outcome of each
 * port, the next timer. Nothing is carried out and no time passes: it is `step` over and over.
 *
 * @throws Error for a port for which no outcome is given: what is not tried would be taken for shown.
 * @throws DurabilityError for a machine that cannot be stepped.
 */
export function explore(machine: AnyStateMachine, options: ExploreOptions = {}): Exploration {
  return new Explorer(machine, options).run();
}

class Explorer {
  readonly #machine: AnyStateMachine;
  readonly #options: ExploreOptions & { at: Instant };
  readonly #key: (step: Step, at: Instant) => string;
  readonly #known = new Map<string, State>();
  readonly #states: State[] = [];
  readonly #transitions: Transition[] = [];
  /** Those of the states that come next. */
  readonly #restored = new Map<State, Branches>();
  readonly #plainness = new Plainness();
  readonly #begun = performance.now();

  constructor(machine: AnyStateMachine, options: ExploreOptions) {
    this.#machine = machine;
    this.#options = { ...options, at: options.at ?? START };
    this.#key = createKeys(this.#options);
  }

  run(): Exploration {
    const { maxStates = 100_000, maxMs = 60_000, maxDepth = Number.POSITIVE_INFINITY, stopWhen } = this.#options;
    let stoppedBy: Exploration['stoppedBy'];
    this.#meet(this.#started(), undefined);
    for (let next = 0; next < this.#states.length; next++) {
      const state = this.#states[next] as State;
      if (next % PROGRESS_EVERY === 0) this.#tell(next);
      if (this.#states.length >= maxStates) stoppedBy = 'maxStates';
      if (performance.now() - this.#begun > maxMs) stoppedBy = 'maxMs';
      if (stoppedBy === 'maxStates' || stoppedBy === 'maxMs') break;
      if (state.step.status === 'done') state.expanded = true;
      else if (stopWhen?.(state.step)) continue;
      else if (state.depth >= maxDepth) stoppedBy = 'maxDepth';
      else this.#expand(state);
    }
    this.#tell(this.#states.length);
    return {
      states: this.#states,
      transitions: this.#transitions,
      closed: stoppedBy === undefined,
      ...(stoppedBy === undefined ? {} : { stoppedBy }),
      elapsedMs: performance.now() - this.#begun,
      depth: this.#states.at(-1)?.depth ?? 0,
      pathTo,
      after: ({ from, input }, tracer) => this.#apply(from.step, input, tracer),
      replay: (inputs, tracer) => this.#replay(inputs, tracer),
    };
  }

  #tell(done: number): void {
    this.#options.onProgress?.({
      states: this.#states.length,
      transitions: this.#transitions.length,
      waiting: this.#states.length - done,
      depth: this.#states.at(-1)?.depth ?? 0,
      elapsedMs: performance.now() - this.#begun,
    });
  }

  #started(tracer?: Tracer): Step {
    const { input, at } = this.#options;
    return this.#held(step(this.#machine, null, { type: 'start', input }, at, tracer));
  }

  #expand(state: State): void {
    const { filter } = this.#options;
    const before = once(() => storedText(state.step));
    const { step: takeStep } = this.#restored.get(state) ?? new Branches(this.#machine, state.step);
    this.#restored.delete(state);
    for (const input of this.#inputsIn(state.step)) {
      if (!filter || filter(state.step, input)) this.#take(state, input, before, takeStep);
    }
    state.expanded = true;
  }

  #take(from: State, input: Input, before: () => string, takeStep: TakeStep): void {
    let after: Step;
    try {
      after = this.#apply(from.step, input, undefined, takeStep);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const failed = { result: 'failed', changed: false, emitted: [], requests: [], error: error.message } as const;
      this.#transitions.push({ from, to: from, input, at: from.at, ...failed });
      return;
    }
    const { isRefusal } = this.#options;
    const refused = after.emitted.some(({ event }) => isRefusal?.(event));
    const result = !after.accepted ? 'dropped' : refused ? 'refused' : 'taken';
    const changed = result === 'taken' || before() !== storedText(after);
    const { at, emitted, requests } = after;
    const transition: Transition = { from, to: from, input, at, result, changed, emitted, requests };
    if (changed) transition.to = this.#meet(after, transition);
    this.#transitions.push(transition);
  }

  /** The state that a step led to: a new one, or one that is known. */
  #meet(after: Step, via: Transition | undefined): State {
    const key = this.#key(after, after.at);
    const known = this.#known.get(key);
    if (known) return known;
    const branches = new Branches(this.#machine, after);
    const restart = this.#restartChanges(after, key, branches);
    const state: State = {
      index: this.#states.length,
      depth: via ? via.from.depth + 1 : 0,
      at: after.at,
      step: after,
      ...(via ? { via } : {}),
      expanded: false,
      ...(restart === undefined ? {} : { restart }),
    };
    this.#known.set(key, state);
    this.#states.push(state);
    if (this.#restored.size < MOST_RESTORED) this.#restored.set(state, branches);
    return state;
  }

  /** What would be otherwise after everything in memory was dropped. What is plain JSON is the same once it was written and read. */
  #restartChanges(after: Step, key: string, branches: Branches): string | undefined {
    const { snapshot, timers, calls } = after;
    try {
      const again = this.#plainness.holdsForStored(after)
        ? branches.restore({ snapshot, timers, calls }, after.at)
        : restore(this.#machine, JSON.parse(JSON.stringify({ snapshot, timers, calls })), after.at);
      if (again.requests.length > 0) return `calls ${again.requests.map((request) => request.key).join()} again`;
      return this.#key(again, after.at) === key ? undefined : 'what is restored differs from what was stored';
    } catch (error) {
      if (error instanceof StepError || error instanceof DurabilityError) return error.message;
      throw error;
    }
  }

  #inputsIn(view: View): Input[] {
    const { events = [], ports = {}, waits } = this.#options;
    const next = nextTimer(view);
    const timer: Input[] = next && next.dueAt < FAR ? [{ type: 'timer', id: timerName(next) }] : [];
    if (next && next.dueAt <= view.at) return timer; // it comes before all else
    const anytime = view.timers
      .filter(({ dueAt }) => dueAt === FAR)
      .map((late): Input => ({ type: 'timer', id: timerName(late), anytime: true }));
    const before = next && waits === 'justBefore' && next.dueAt < FAR ? next.dueAt - 1 - view.at : 0;
    return [
      ...callsIn(view.snapshot as Persisted).flatMap(({ call, port }) => {
        const outcomes = ports[port];
        if (!outcomes) throw new Error(`no outcome is given for port '${port}': ports: { ${port}: [{ answer: … }] }`);
        return listed(outcomes, view).map((outcome) => answered(call, port, outcome));
      }),
      ...listed(events, view).map((event): Input => ({ type: 'event', event })),
      ...timer,
      ...anytime,
      ...(before > 0 ? [{ type: 'wait' as const, ms: before }] : []),
    ];
  }

  #apply(view: View, input: Input, tracer?: Tracer, takeStep: TakeStep = step): Step {
    const { stamp } = this.#options;
    switch (input.type) {
      case 'wait':
        return { ...view, at: view.at + input.ms, requests: [], emitted: [], accepted: true };
      case 'timer': {
        const timer = view.timers.find((each) => timerName(each) === input.id);
        if (!timer) throw new Error(`timer '${input.id}' is not pending`);
        const at = input.anytime ? view.at : timer.dueAt;
        const timers = input.anytime
          ? [{ ...timer, dueAt: at }, ...view.timers.filter((e) => e !== timer)]
          : view.timers;
        return this.#held(takeStep(this.#machine, { ...view, timers }, { type: 'timer', id: timer.id }, at, tracer));
      }
      case 'event': {
        const event = stamp ? stamp(input.event, view.at) : input.event;
        return this.#held(takeStep(this.#machine, view, { type: 'event', event }, view.at, tracer));
      }
      case 'answer':
      case 'failure': {
        const key = callsIn(view.snapshot as Persisted).find(({ call }) => call === input.call)?.key;
        if (key === undefined) throw new Error(`nobody waits for the call '${input.call}'`);
        const said =
          input.type === 'answer'
            ? ({ type: 'answer', key, output: input.answer } as const)
            : ({ type: 'failure', key, error: { name: 'Error', message: input.throws } } as const);
        return this.#held(takeStep(this.#machine, view, said, view.at, tracer));
      }
    }
  }

  /** Keeps timers that may fall due at any moment out of the way of the others. */
  #held(after: Step): Step {
    const { anytime = [] } = this.#options;
    const isAnytime = ({ id }: Timer) => anytime.some((end) => id.endsWith(end));
    if (!after.timers.some(isAnytime)) return after;
    return { ...after, timers: after.timers.map((timer) => (isAnytime(timer) ? { ...timer, dueAt: FAR } : timer)) };
  }

  #replay(inputs: readonly Input[], tracer?: Tracer): { input: Input | undefined; step: Step }[] {
    const steps: { input: Input | undefined; step: Step }[] = [{ input: undefined, step: this.#started(tracer) }];
    for (const input of inputs) steps.push({ input, step: this.#apply(steps.at(-1)?.step as Step, input, tracer) });
    return steps;
  }
}

function pathTo(state: State): Transition[] {
  const path: Transition[] = [];
  for (let via = state.via; via; via = via.from.via) path.unshift(via);
  return path;
}

const listed = <T>(given: readonly T[] | ((view: View) => readonly T[]), view: View): readonly T[] =>
  typeof given === 'function' ? given(view) : given;

const answered = (call: string, port: string, outcome: Outcome): Input =>
  'throws' in outcome
    ? { type: 'failure', call, port, throws: outcome.throws }
    : { type: 'answer', call, port, answer: outcome.answer };

/** What is worked out only when it is asked for. */
function once<T>(work: () => T): () => T {
  let known: { value: T } | undefined;
  return () => {
    known ??= { value: work() };
    return known.value;
  };
}

/** `#` only numbers what has no name, anew at each step. */
const storedText = ({ snapshot, timers, calls: { '#': _, ...calls } }: Step) =>
  JSON.stringify([snapshot, timers, calls]);

/** Calls that are awaited: the path of the actor that waits, the port, and the key. */
function callsIn({ key, status, children }: Persisted, path = ''): { call: string; port: string; key: string }[] {
  if (key !== undefined) return status === 'active' ? [{ call: path, port: key.split('/').at(-2) ?? '', key }] : [];
  return Object.entries(children ?? {}).flatMap(([id, child]) => callsIn(child.snapshot, childPath(path, id)));
}
