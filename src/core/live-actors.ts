import type { AnyStateMachine } from 'xstate';
import { restoreTimers, type Tree, take, treeOf } from './live.ts';
import { Plainness } from './plain.ts';
import { refuseEarlierTimer, step, type TakeStep } from './step.ts';
import type { Instant, Stored } from './types.ts';

/** Trees that are kept, unless another number is given: each takes some tens of kilobytes. */
const MOST = 500;

interface Kept extends Tree {
  machine: AnyStateMachine;
}

/**
 * For hosts of one's own that take many steps: takes them as `step` does, and keeps the actor trees of the last ones: the next input of such a tree is delivered to it
 * instead of restoring it, which takes several times as long. What a step leads to is the same.
 *
 * A tree goes on only from the very snapshot object that its last step returned: of anything else (what another process wrote,
 * what was loaded anew, a step whose commit failed) the tree is restored. A tree is not kept where restoring would give
 * another one, since its context is no plain JSON, nor while a tracer looks on.
 */
export class LiveActors {
  readonly #most: number;
  /** By the snapshot that their last step returned; the one that waits longest is first. */
  readonly #kept = new Map<unknown, Kept>();
  readonly #plainness = new Plainness();

  /** @param most trees that are kept. */
  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#kept.size;
  }

  readonly step: TakeStep = (machine, stored, input, now, tracer) => {
    if (tracer) return step(machine, stored, input, now, tracer);
    refuseEarlierTimer(stored, input, now);
    const tree = (stored && this.#taken(machine, stored, now)) ?? { ...treeOf(machine, stored, input, now), machine };
    const next = take(tree, input, now);
    if (next.status === 'active') this.#keep(next.snapshot, tree);
    return next;
  };

  /** The tree that was kept of what is stored; whatever comes of the step, it will no longer be so. */
  #taken(machine: AnyStateMachine, stored: Stored, now: Instant): Kept | undefined {
    const kept = this.#kept.get(stored.snapshot);
    if (kept?.machine !== machine) return undefined;
    this.#kept.delete(stored.snapshot);
    kept.recorder.begin(now, stored.calls);
    restoreTimers(kept.recorder, kept.actor, stored);
    return kept;
  }

  #keep(snapshot: unknown, tree: Kept): void {
    if (this.#most === 0 || !this.#plainness.holdsFor(tree.actor)) return;
    this.#kept.set(snapshot, tree);
    if (this.#kept.size <= this.#most) return;
    for (const longest of this.#kept.keys()) {
      this.#kept.delete(longest);
      break;
    }
  }
}
