import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { restoreTimers, type Tree, take, treeOf } from './live.ts';
import { refuseEarlierTimer, step, type TakeStep } from './step.ts';
import { isStopped, setSnapshot } from './tree.ts';
import type { Instant, Step, Stored } from './types.ts';

interface Restored {
  tree: Tree;
  /** What is counted once the tree is restored: `#` counts its actors, too. */
  calls: Readonly<Record<string, number>>;
  /** The actors at work, with where each stands. */
  actors: ReadonlyMap<AnyActorRef, unknown>;
}

/**
 * Takes many steps from one stored tree, each as `step` does. The tree is restored once, and after a step that ended
 * none of its actors and left no new one its actors are put back to where they stood, since snapshots are not altered in place.
 * After any other step it is restored anew.
 */
export class Branches {
  readonly #machine: AnyStateMachine;
  readonly #snapshot: unknown;
  #restored: Restored | undefined;

  constructor(machine: AnyStateMachine, { snapshot }: Pick<Stored, 'snapshot'>) {
    this.#machine = machine;
    this.#snapshot = snapshot;
  }

  readonly step: TakeStep = (machine, stored, input, now, tracer) => {
    if (!stored || tracer || machine !== this.#machine || stored.snapshot !== this.#snapshot) {
      return step(machine, stored, input, now, tracer);
    }
    refuseEarlierTimer(stored, input, now);
    const restored = this.#back(stored, now) ?? remembered(treeOf(machine, stored, input, now));
    return this.#taken(restored, () => take(restored.tree, input, now));
  };

  /** As `restore` does; the tree is kept for the steps that follow. */
  restore(stored: Stored, now: Instant): Step {
    const restored = remembered(treeOf(this.#machine, stored, { type: 'restore' }, now));
    return this.#taken(restored, () => take(restored.tree, { type: 'restore' }, now));
  }

  #taken(restored: Restored, taking: () => Step): Step {
    this.#restored = undefined; // unless all goes well
    const isNews = restored.tree.recorder.requests.length > 0;
    const next = taking();
    if (!isNews && isAtWork(restored)) this.#restored = restored;
    return next;
  }

  #back(stored: Stored, now: Instant): Restored | undefined {
    const restored = this.#restored;
    if (!restored) return undefined;
    const { tree, actors, calls } = restored;
    for (const [actor, snapshot] of actors) setSnapshot(actor, snapshot);
    tree.recorder.beginAgain(now, calls);
    restoreTimers(tree.recorder, tree.actor, stored);
    return restored;
  }
}

function remembered(tree: Tree): Restored {
  const actors = new Map<AnyActorRef, unknown>();
  for (const actor of tree.recorder.actors) if (!isStopped(actor)) actors.set(actor, actor.getSnapshot());
  return { tree, calls: { ...tree.recorder.calls }, actors };
}

/** Whether the actors that were at work are, and no other. */
function isAtWork({ tree, actors }: Restored): boolean {
  for (const actor of tree.recorder.actors) if (isStopped(actor) === actors.has(actor)) return false;
  return true;
}
