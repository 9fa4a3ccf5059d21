import type {
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  InspectionEvent,
  MachineContext,
} from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import { isMachine, withLogic } from '../../core/durable.ts';
import type { Tracer } from '../../core/index.ts';
import { type CoverageData, type CoverageKind, count, hitsOf, mergeCoverage, noCoverage } from './data.ts';
import { candidatesOf, eventKey, guardKey, isNamed, nodesOf, placesOf, type Transition } from './keys.ts';
import { TreeRecorder } from './tree-recorder.ts';

/** Guards that note what they say. */
const watching = new WeakSet<object>();

/**
 * Counts what actors do, from XState's inspection events. For an actor of your own give it the watched machine, so that
 * guards are seen, too, and the inspector:
 *
 *     const coverage = new CoverageRecorder();
 *     const actor = createActor(coverage.watch(machine), { inspect: coverage.inspect });
 *
 * For the durable core pass `coverage.tracer()` to `step` or `catchUp`: one tracer for each tree, the same at each step.
 */
export class CoverageRecorder {
  readonly #data = noCoverage();
  readonly #watched = new WeakMap<AnyStateMachine, AnyStateMachine>();
  readonly #trees = new WeakMap<AnyActorRef, TreeRecorder>();

  /** What was counted so far. */
  get data(): CoverageData {
    return mergeCoverage(this.#data);
  }

  /** How many different parts of some kinds were met so far. */
  countMet(kinds: readonly CoverageKind[]): number {
    let met = 0;
    for (const hits of Object.values(this.#data.machines)) {
      for (const kind of kinds) met += Object.keys(hits[kind]).length;
    }
    return met;
  }

  /** Adds what was counted elsewhere. */
  add(data: CoverageData): void {
    const { machines } = mergeCoverage(this.#data, data);
    Object.assign(this.#data.machines, machines);
  }

  /**
   * The same machine, in which each guarded transition notes what its guard says, and so do the machines that it invokes.
   * `snapshot.can(…)` asks guards and is counted, too.
   */
  watch(machine: AnyStateMachine): AnyStateMachine {
    const known = this.#watched.get(machine);
    if (known) return known;
    const made = withLogic(machine, this.#watched, (logic) => (isMachine(logic) ? this.watch(logic) : logic));
    this.#watchGuards(made);
    return made;
  }

  /** An inspector for `createActor`. */
  readonly inspect = (event: InspectionEvent): void => {
    const root = rootOf(event.actorRef as AnyActorRef);
    let tree = this.#trees.get(root);
    if (!tree) {
      tree = this.#tree();
      this.#trees.set(root, tree);
    }
    tree.inspect(event);
  };

  /** Counts the steps of one actor tree. */
  tracer(): Tracer {
    const tree = this.#tree();
    return {
      watch: (machine) => this.watch(machine),
      inspect: (event) => tree.inspect(event),
      restored: (root, timers) => tree.restored(root, timers),
    };
  }

  #tree(): TreeRecorder {
    return new TreeRecorder(this.#data, (guard) => typeof guard === 'function' && watching.has(guard));
  }

  /** The copy is ours: its guards are replaced where they stand, so each knows its transition. */
  #watchGuards(machine: AnyStateMachine): void {
    const places = placesOf(machine);
    for (const node of nodesOf(machine.root)) {
      for (const [type, candidates] of candidatesOf(node)) {
        for (const transition of candidates) {
          const place = places.get(transition);
          const { guard } = transition;
          if (guard === undefined || !place) continue;
          const note = (outcome: boolean) => {
            const hits = hitsOf(this.#data, machine.id);
            count(hits.guards, guardKey(place.key, outcome));
            if (place.index === 0 && isNamed(type)) count(hits.events, eventKey(node, type));
            return outcome;
          };
          transition.guard = watchedGuard(guard, note);
        }
      }
    }
  }
}

type Guard = NonNullable<Transition['guard']>;

interface Asked {
  context: MachineContext;
  event: AnyEventObject;
}

/** XState asks a guard that has `check` with the snapshot, as it does with its own `and`, `or` and `not`. */
function watchedGuard(guard: Guard, note: (outcome: boolean) => boolean): Guard {
  const check = (snapshot: AnyMachineSnapshot, { context, event }: Asked) =>
    note(evaluateGuard(guard, context, event, snapshot));
  const watched = Object.assign(() => false, { check });
  watching.add(watched);
  return watched as Guard;
}

const rootOf = (actor: AnyActorRef): AnyActorRef => (actor._parent ? rootOf(actor._parent) : actor);
